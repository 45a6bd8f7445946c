// What goes after its time, and what does not, on every store.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::alert;
using samples::asked;
using samples::covered;
using samples::end;
using samples::seen;

constexpr std::int64_t kDay = 86'400;
constexpr Retention kRetention;

class RetentionConformance : public StoreTest {
 protected:
  /// A sweep of `node` that ends on `day`.
  void sweep(Store& store, std::int64_t day, const std::string& node,
             const PortSet& ports = samples::ports(1, 100), std::int64_t run = 0) {
    SweepClaim claim = samples::claim({node}, day * kDay, ports);
    claim.run = run;
    const auto id = store.begin_sweep(claim, samples::dead);
    ASSERT_TRUE(id.has_value()) << id.error().message();
    ServiceObservation service = asked(node, 1, 22);
    service.service.hostkeys = {{"ssh-ed25519", "SHA256:a"}};
    const std::vector<PortObservation> open = {seen(node, 1, 22), seen(node, 1, 80)};
    const std::vector<Coverage> coverage = {covered(node, 1)};
    const std::vector<ServiceObservation> services = {service};
    const std::vector<KnownKey> keys = {samples::known(node, "SHA256:a", day * kDay)};
    const std::vector<JobListener> tied = {
        {node, "", Protocol::tcp, 8888, {"7 bob"}, samples::at(day * kDay)}};
    const auto done = store.finish_sweep(
        *id, end(day * kDay), {open, coverage, services, keys, tied}, samples::no_change);
    ASSERT_TRUE(done.has_value()) << done.error().message();
  }

  Pruned prune(Store& store, std::int64_t day) {
    const auto pruned = store.prune(samples::at(day * kDay), kRetention);
    EXPECT_TRUE(pruned.has_value()) << pruned.error().message();
    return pruned.value_or(Pruned{});
  }

  static Result<void> know(Store& store, const std::vector<std::string>& nodes) {
    Inventory inventory;
    for (const std::string& node : nodes) inventory.nodes[node] = {node, {}, "", {}};
    return store.replace_inventory(inventory);
  }

  /// How many rows of each table are of `node`.
  std::string rows_of(const std::string& node) const {
    std::string text;
    for (const char* const table :
         {"looks", "port_states", "services", "service_keys", "known_keys", "job_listeners"}) {
      text += sql("SELECT COUNT(*) FROM " + std::string(table) + " WHERE node = '" + node + "';");
    }
    return text;
  }

  std::string sweeps() const { return sql("SELECT id FROM sweeps ORDER BY id;"); }
};
LOCKSTEP_ON_ALL_BACKENDS(RetentionConformance);

TEST_P(RetentionConformance, TakesNothingFromAnEmptyStore) {
  EXPECT_EQ(prune(*open(), 1000), Pruned{});
}

TEST_P(RetentionConformance, TakesStepsOfRunsSooner) {
  const auto store = open();
  ASSERT_TRUE(know(*store, {"n1", "n2"}).has_value());
  for (int i = 0; i < 3; ++i) sweep(*store, 10, "n1", samples::ports(1, 10), 7);
  sweep(*store, 10, "n2");
  sweep(*store, 10, "n2");
  sweep(*store, 10, "n1", samples::ports(1, 10), 8);
  EXPECT_EQ(prune(*store, 13), Pruned{});
  EXPECT_EQ(prune(*store, 14), (Pruned{.sweeps = 3}));
  EXPECT_EQ(sweeps(), "4\n5\n6\n") << "a look is of the last one";
}

TEST_P(RetentionConformance, TakesSweepsAfterTheirTime) {
  const auto store = open();
  ASSERT_TRUE(know(*store, {"n1", "n2"}).has_value());
  sweep(*store, 0, "n1", samples::ports(1, 10));
  sweep(*store, 0, "n2");
  sweep(*store, 1, "n1", samples::ports(1, 10));
  sweep(*store, 1, "n1", samples::ports(1, 10));
  EXPECT_EQ(prune(*store, 400), Pruned{}) << "400 days are not over";
  EXPECT_EQ(prune(*store, 401), (Pruned{.sweeps = 1}));
  EXPECT_EQ(sweeps(), "2\n3\n4\n") << "a look is of the second one";
  EXPECT_EQ(prune(*store, 402), (Pruned{.sweeps = 1}));
  EXPECT_EQ(sweeps(), "2\n4\n");
  EXPECT_EQ(store->looks().value().looks.size(), 2U);
  sweep(*store, 500, "n2");
  EXPECT_EQ(prune(*store, 1000), (Pruned{.sweeps = 1}));
  EXPECT_EQ(sweeps(), "4\n5\n");
}

TEST_P(RetentionConformance, GivesNoIdOfASweepTwice) {
  const auto store = open();
  for (Port i = 1; i <= 2; ++i) {
    const auto id =
        store->begin_sweep(samples::claim({"n1"}, i, samples::ports(1, i)), samples::dead);
    ASSERT_TRUE(store->finish_sweep(id.value(), end(i), {}, samples::no_change).has_value());
  }
  const auto running = store->begin_sweep(samples::claim({"n2"}, 3), samples::dead);
  EXPECT_EQ(running.value(), 3);
  EXPECT_EQ(prune(*store, 1000), (Pruned{.sweeps = 2}));
  EXPECT_EQ(sweeps(), "3\n") << "one that runs does not end so";
  EXPECT_EQ(sql("SELECT ports FROM port_sets;"), "1-100\n") << "nor do ports stay without one";
  ASSERT_TRUE(store->finish_sweep(3, end(4), {}, samples::no_change).has_value());
  EXPECT_EQ(prune(*store, 1000), Pruned{});
  EXPECT_EQ(store->begin_sweep(samples::claim({"n1"}, 5), samples::dead).value(), 4);
}

TEST_P(RetentionConformance, TakesAlertsThatAreOver) {
  const auto store = open();
  const auto in_state = [](std::int64_t id, const char* node, AlertStatus status,
                           std::int64_t day) {
    AlertRecord record = alert(id, node);
    record.status = status;
    record.changed = samples::at(day * kDay);
    return record;
  };
  const std::vector<AlertRecord> all = {
      in_state(1, "n1", AlertStatus::resolved, 0),     in_state(1, "n2", AlertStatus::open, 0),
      in_state(2, "n1", AlertStatus::acknowledged, 0), in_state(3, "n1", AlertStatus::silenced, 0),
      in_state(4, "n1", AlertStatus::resolved, 2),     in_state(5, "n1", AlertStatus::pending, 0),
      in_state(6, "n1", AlertStatus::resolved, 0)};
  ASSERT_TRUE(store
                  ->change_alerts([&](const auto&) -> Result<AlertChanges> {
                    return AlertChanges{all, {}};
                  })
                  .has_value());
  EXPECT_EQ(prune(*store, 400), Pruned{});
  EXPECT_EQ(prune(*store, 401), (Pruned{.alerts = 1}));
  EXPECT_EQ(store->alerts().value(), (std::vector<AlertRecord>{all.begin() + 1, all.end()}))
      << "the greatest id stays: no other alert may get it";
  EXPECT_EQ(prune(*store, 5000), (Pruned{.alerts = 1}));
  EXPECT_EQ(store->alerts().value().size(), 5U);
}

TEST_P(RetentionConformance, TakesWhatIsKnownOfNodesThatAreGone) {
  const auto store = open();
  sweep(*store, 0, "n1");
  sweep(*store, 0, "n2");
  sweep(*store, 5, "n3");
  EXPECT_EQ(prune(*store, 300), Pruned{}) << "nobody has said which nodes there are";
  ASSERT_TRUE(know(*store, {"n2"}).has_value());
  EXPECT_EQ(prune(*store, 90), Pruned{}) << "90 days are not over";
  EXPECT_EQ(prune(*store, 91), (Pruned{.looks = 1, .port_states = 2, .services = 1}));
  EXPECT_EQ(rows_of("n1"), "0\n0\n0\n0\n1\n0\n") << "a name that comes back has to prove itself";
  EXPECT_EQ(rows_of("n2"), "1\n2\n1\n1\n1\n1\n") << "the inventory has it";
  EXPECT_EQ(rows_of("n3"), "1\n2\n1\n1\n1\n1\n") << "it was looked at meanwhile";
  sql("DELETE FROM looks WHERE node = 'n3'; UPDATE services SET asked_at = '2026-01-01T00:00:00Z' "
      "WHERE node = 'n3';");
  EXPECT_EQ(prune(*store, 91), Pruned{}) << "whatever tells of it";
  EXPECT_EQ(prune(*store, 96), (Pruned{.port_states = 2, .services = 1}));
  EXPECT_EQ(store->sweeps(9).value().size(), 3U) << "sweeps stay for longer";
}

TEST_P(RetentionConformance, TakesManyNodesAtOnce) {
  const auto store = open();
  ASSERT_TRUE(know(*store, {"n1"}).has_value());
  std::vector<PortObservation> open;
  std::vector<std::string> nodes;
  for (int i = 0; i < 2000; ++i) {
    nodes.push_back("m'" + std::to_string(i));
    open.push_back(seen(nodes.back(), 1, 22));
  }
  const auto id = store->begin_sweep(samples::claim(nodes, 0), samples::dead).value();
  ASSERT_TRUE(store->finish_sweep(id, end(0), {.observations = open}, samples::no_change));
  EXPECT_EQ(prune(*store, 200), (Pruned{.port_states = 2000}));
}

}  // namespace
}  // namespace lockstep
