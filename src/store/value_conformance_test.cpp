// Values of nodes and the rules of them, as every store keeps them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::at;
using testing::HasSubstr;
using Nodes = std::vector<std::string>;
using Facts = std::vector<ValueFact>;

ValueObservation value(const std::string& node, const std::string& name, Value held,
                       const std::string& unit = "", const std::string& instance = "mine") {
  return {node, instance, name, std::move(held), unit};
}

class ValueConformance : public StoreTest {
 protected:
  static Result<void> save(Store& store, const Nodes& nodes,
                           const std::vector<ValueObservation>& values, std::int64_t second,
                           std::string_view instance = "mine") {
    return store.save_values(instance, nodes, values, at(second));
  }
};
LOCKSTEP_ON_ALL_BACKENDS(ValueConformance);

TEST_P(ValueConformance, ComeBackAsTheyWere) {
  const std::string hostile("\x1b[2J\xff\0'--", 9);
  ASSERT_TRUE(save(
      *open(), {"n2", "n1"},
      {value("n2", "load", 0.1), value("n1", "memory", 1e300, "byte"), value("n1", "kernel", "6.1"),
       value("n1", "small", -5e-324), value("n1", "text", hostile), value("n1", "empty", "")},
      5));
  EXPECT_EQ(open()->values().value(), (Facts{{value("n1", "empty", ""), at(5)},
                                             {value("n1", "kernel", "6.1"), at(5)},
                                             {value("n1", "memory", 1e300, "byte"), at(5)},
                                             {value("n1", "small", -5e-324), at(5)},
                                             {value("n1", "text", "\x1b[2J\\xff\\x00'--"), at(5)},
                                             {value("n2", "load", 0.1), at(5)}}));
  EXPECT_EQ(sql("SELECT node, instance, name, number, unit, measured_at FROM node_values WHERE "
                "name = 'load';"),
            "n2|mine|load|0.1||2026-01-01T00:00:05Z\n");
}

TEST_P(ValueConformance, AreReplacedForCoveredNodesAlone) {
  const auto store = open();
  ASSERT_TRUE(save(*store, {"n1", "n2"},
                   {value("n1", "a", 1.0), value("n1", "b", 1.0), value("n2", "a", 1.0)}, 1));
  ASSERT_TRUE(save(*store, {"n1"}, {value("n1", "a", "x", "", "other")}, 1, "other"));
  ASSERT_TRUE(save(*store, {"n1"}, {value("n1", "b", "two"), value("n1", "b", "last")}, 2));
  EXPECT_EQ(store->values().value(), (Facts{{value("n1", "b", "last"), at(2)},
                                            {value("n1", "a", "x", "", "other"), at(1)},
                                            {value("n2", "a", 1.0), at(1)}}));
  EXPECT_EQ(store->values("other").value().size(), 1U);
  EXPECT_EQ(store->values("mine", "n2").value(), (Facts{{value("n2", "a", 1.0), at(1)}}));
  EXPECT_TRUE(store->values("it's").value().empty());
  EXPECT_TRUE(store->values("", "n'3").value().empty());
}

TEST_P(ValueConformance, AreRefusedWhereTheyAreOfOthers) {
  const auto store = open();
  for (const ValueObservation& each :
       {value("n2", "a", 1.0), value("n1", "a", 1.0, "", "other"), value("n1", "", 1.0),
        value("n1", "a", std::nan("")), value("n1", "a", INFINITY)}) {
    const auto saved = save(*store, {"n1"}, {each}, 1);
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().kind(), ErrorKind::invalid);
  }
  EXPECT_TRUE(store->values().value().empty());
}

TEST_P(ValueConformance, AreSavedWithTheAlertsThatComeOfThem) {
  const auto store = open();
  ASSERT_TRUE(save(*store, {"n2", "n3"}, {value("n2", "a", 2.0), value("n3", "a", 3.0)}, 1));
  ASSERT_TRUE(save(*store, {"n3"}, {value("n3", "a", 3.0)}, 10));
  const Nodes covered = {"n1"};
  const std::vector<ValueObservation> values = {value("n1", "a", 1.0)};
  Facts shown;
  const auto alerts = store->save_values(
      {.instance = "mine", .nodes = covered, .values = values, .now = at(20), .shows_since = at(5)},
      [&](const Facts& facts, const std::vector<AlertRecord>& book) -> Result<AlertChanges> {
        EXPECT_TRUE(book.empty());
        shown = facts;
        return AlertChanges{{samples::alert(1, "n1")}, {}};
      });
  ASSERT_TRUE(alerts);
  EXPECT_EQ(alerts->size(), 1U);
  EXPECT_EQ(shown, (Facts{{value("n1", "a", 1.0), at(20)}, {value("n3", "a", 3.0), at(10)}}));
}

TEST_P(ValueConformance, AreNotSavedWhereTheDecisionFails) {
  const auto store = open();
  const Nodes covered = {"n1"};
  const std::vector<ValueObservation> values = {value("n1", "a", 1.0)};
  const auto alerts = store->save_values(
      {.instance = "mine", .nodes = covered, .values = values, .now = at(20)},
      [](const Facts& facts, const std::vector<AlertRecord>&) -> Result<AlertChanges> {
        EXPECT_TRUE(facts.empty());
        return fail(ErrorKind::invalid, "no");
      });
  EXPECT_FALSE(alerts);
  EXPECT_TRUE(store->values().value().empty());
}

TEST_P(ValueConformance, GoWhenNobodyMeasuresThemAnyMore) {
  const auto store = open();
  constexpr std::int64_t kDay = 86'400;
  ASSERT_TRUE(save(*store, {"n1"}, {value("n1", "a", 1.0)}, 0));
  ASSERT_TRUE(save(*store, {"n2"}, {value("n2", "a", 1.0)}, kDay));
  EXPECT_EQ(store->prune(at(90 * kDay), {}).value(), (Pruned{.points = 2}));
  EXPECT_EQ(store->prune(at(91 * kDay), {}).value(), (Pruned{.values = 1}));
  EXPECT_EQ(store->values().value().size(), 1U);
}

TEST_P(ValueConformance, RulesAreReadAsHandsWriteThem) {
  const auto store = open();
  EXPECT_TRUE(store->value_rules().value().empty());
  sql("INSERT INTO value_rules (host_type, instance, name, rule) VALUES "
      "('compute', ' mine', 'kernel ', ' = 6.1 '), ('compute', 'mine', 'kernel', '= 6.1'), "
      "('*', 'pcp', 'disk.*', '1..10');");
  EXPECT_EQ(store->value_rules().value(),
            (std::vector<ValueRule>{{"*", "pcp", "disk.*", "1..10"},
                                    {"compute", "mine", "kernel", "= 6.1"}}));
  sql("INSERT INTO value_rules (host_type, instance, name) VALUES ('compute', 'mine', 'memory');");
  const auto rules = store->value_rules();
  ASSERT_FALSE(rules);
  EXPECT_EQ(rules.error().kind(), ErrorKind::corrupt);
  EXPECT_THAT(rules.error().message(), HasSubstr("name \"memory\""));
}

}  // namespace
}  // namespace lockstep
