// Alerts, as every store keeps them.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <vector>

#include "store/sql/sql_store.h"
#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::alert;
using samples::at;
using testing::HasSubstr;
using Records = std::vector<AlertRecord>;

class AlertConformance : public StoreTest {};
LOCKSTEP_ON_ALL_BACKENDS(AlertConformance);

DecideAlerts write(const Records& records) {
  return [records](const Records&) -> Result<AlertChanges> { return AlertChanges{records, {}}; };
}

TEST_P(AlertConformance, StartsEmpty) {
  const auto store = open();
  EXPECT_TRUE(store->alerts().value().empty());
  EXPECT_TRUE(store->change_alerts(samples::no_change).value().empty());
}

TEST_P(AlertConformance, ReturnsEveryField) {
  AlertRecord bare;
  bare.id = 9;
  bare.subject.kind = FindingKind::profile_changed;
  bare.subject.node_class = "compute";
  const AlertRecord full = alert(1'000'000'000'000, "n1");
  const auto store = open();
  const auto after = store->change_alerts(write({full, bare}));
  ASSERT_TRUE(after.has_value()) << after.error().message();
  EXPECT_EQ(*after, (Records{bare, full}));
  EXPECT_EQ(open()->alerts().value(), (Records{bare, full}));
}

TEST_P(AlertConformance, ReturnsEveryWord) {
  Records records;
  std::int64_t id = 0;
  const auto add = [&](auto change) { change(records.emplace_back(alert(++id, "n1"))); };
  for (const auto each :
       {FindingKind::unexpected_port, FindingKind::transient_port, FindingKind::unexpected_filtered,
        FindingKind::missing_port, FindingKind::node_unreachable, FindingKind::coverage_gap,
        FindingKind::profile_changed}) {
    add([&](AlertRecord& record) { record.subject.kind = each; });
  }
  for (const auto each : {Severity::informational, Severity::low, Severity::medium, Severity::high,
                          Severity::critical}) {
    add([&](AlertRecord& record) { record.severity = each; });
  }
  for (const auto each :
       {AlertStatus::pending, AlertStatus::open, AlertStatus::reopened, AlertStatus::acknowledged,
        AlertStatus::silenced, AlertStatus::resolved}) {
    add([&](AlertRecord& record) { record.status = each; });
  }
  for (const auto each :
       {PortState::open, PortState::closed, PortState::filtered, PortState::open_filtered}) {
    add([&](AlertRecord& record) { record.subject.state = each; });
  }
  const auto store = open();
  EXPECT_EQ(store->change_alerts(write(records)).value(), records);
}

TEST_P(AlertConformance, ReadsThoseThatAreMeantAlone) {
  const auto store = open();
  const Records all = {alert(1, "n1"), alert(1, "n2"),   alert(2, ""),
                       alert(2, "n1"), alert(3, "it's"), alert(3, "n1")};
  ASSERT_TRUE(store->change_alerts(write(all)));
  const struct {
    const char* description;
    std::vector<AlertChoice> choices;
    Records expected;
  } kRows[] = {
      {"nothing", {}, {}},
      {"all nodes of an id", {{.id = 1}}, {all[0], all[1]}},
      {"one node of an id", {{.id = 1, .nodes = {"n2"}}}, {all[1]}},
      {"no node", {{.id = 2, .nodes = {"", "n9"}}}, {all[2]}},
      {"two ids", {{.id = 3, .nodes = {"n1"}}, {.id = 1, .nodes = {"n1"}}}, {all[0], all[5]}},
      {"a name that is no word of SQL", {{.id = 3, .nodes = {"it's"}}}, {all[4]}},
      {"what is not there", {{.id = 9}, {.id = 1, .nodes = {"N1"}}}, {}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    EXPECT_EQ(store->alerts_of(row.choices).value(), row.expected);
  }
  const std::vector<std::string> one = {"n1"};
  EXPECT_EQ(store->alerts_on(one).value(), (Records{all[0], all[3], all[5]}));
  const std::vector<std::string> odd = {"it's", "n2"};
  EXPECT_EQ(store->alerts_on(odd).value(), (Records{all[1], all[4]}));
  EXPECT_TRUE(store->alerts_on({}).value().empty());
  std::vector<AlertChoice> many;
  for (std::int64_t id = 1; id <= 1500; ++id) many.push_back({.id = id, .nodes = {"n1"}});
  EXPECT_EQ(store->alerts_of(many).value(), (Records{all[0], all[3], all[5]}));
}

TEST_P(AlertConformance, ReplacesAndForgets) {
  const auto store = open();
  ASSERT_TRUE(store->change_alerts(write({alert(1, "n1"), alert(1, "n2"), alert(2, "n1")})));
  AlertRecord changed = alert(1, "n2");
  changed.status = AlertStatus::resolved;
  changed.until.reset();
  changed.note = "";
  const auto after = store->change_alerts([&](const Records& book) -> Result<AlertChanges> {
    EXPECT_EQ(book.size(), 3U);
    return AlertChanges{{changed, alert(3, "")}, {{1, "n1"}, {7, "no such"}}};
  });
  EXPECT_EQ(after.value(), (Records{changed, alert(2, "n1"), alert(3, "")}));
}

TEST_P(AlertConformance, WritesTheLastOfWhatIsGivenTwice) {
  const auto store = open();
  AlertRecord later = alert(1, "n1");
  later.note = "later";
  EXPECT_EQ(store->change_alerts(write({alert(1, "n1"), later})).value(), Records{later});
}

TEST_P(AlertConformance, AreInTheOrderOfBytes) {
  const auto store = open();
  const Records records = {alert(2, "N1"), alert(2, "n1"),        alert(2, "n10"),
                           alert(2, "n2"), alert(2, "n\xc3\xa4"), alert(10, "a")};
  const Records shuffled = {records[3], records[5], records[0], records[4], records[2], records[1]};
  EXPECT_EQ(store->change_alerts(write(shuffled)).value(), records);
}

TEST_P(AlertConformance, KeepsHostileText) {
  AlertRecord record = alert(1, "n1");
  record.note = "tab\t newline\n return\r back\\slash \\N \\. 'quote' \"double\" ; -- %s $1 ?";
  record.detail = "gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x8e \xe2\x80\xae \x01\x1b[31m";
  record.clones = std::string(300'000, 'x');
  const auto store = open();
  EXPECT_EQ(store->change_alerts(write({record})).value(), Records{record});

  record.node = "n\xff";
  record.note = std::string("NUL\0 here", 9);
  record.owner = "Ren\xe9";  // Latin-1
  AlertRecord shown = record;
  shown.node = "n\\xff";
  shown.note = "NUL\\x00 here";
  shown.owner = "Ren\\xe9";
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(store->change_alerts(write({record})).value().back(), shown);
  }
  const auto after = store->change_alerts([](const Records&) -> Result<AlertChanges> {
    return AlertChanges{{}, {{1, "n\xff"}}};
  });
  EXPECT_EQ(after.value().size(), 1U) << "it is found under the name that it was given";
}

TEST_P(AlertConformance, RefusesWhatItCannotKeep) {
  const auto store = open();
  ASSERT_TRUE(store->change_alerts(write({alert(1, "n1")})));
  const auto expect_refused = [&](const AlertRecord& record, const char* says) {
    const auto done = store->change_alerts([&](const Records&) -> Result<AlertChanges> {
      return AlertChanges{{alert(5, "first"), record}, {{1, "n1"}}};
    });
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().kind(), ErrorKind::invalid) << done.error().message();
    EXPECT_THAT(done.error().message(), HasSubstr(says));
    EXPECT_EQ(store->alerts().value(), Records{alert(1, "n1")}) << "nothing is half written";
  };
  expect_refused(alert(6, std::string(256, 'n')), "the table alerts holds 255 at most");
  AlertRecord record = alert(6, "n1");
  record.owner = std::string(256, 'o');
  expect_refused(record, "the owner \"ooo");
  record = alert(6, "n1");
  record.subject.network = std::string(300, 'w');
  expect_refused(record, "the network \"www");
  expect_refused(alert(0, "n1"), "has no id");
  record = alert(6, "n1");
  record.subject.port = Port{0};
  expect_refused(record, "port 0");

  Records many;
  for (int i = 0; i < 1000; ++i) many.push_back(alert(10 + i, "n1"));
  many.push_back(alert(9999, std::string(256, 'n')));
  EXPECT_FALSE(store->change_alerts(write(many)).has_value());
  EXPECT_EQ(store->alerts().value().size(), 1U);
  EXPECT_TRUE(store->change_alerts(write({alert(7, "n7")})).has_value()) << "and it still works";
}

TEST_P(AlertConformance, AnErrorOfTheDecisionUndoesTheSweep) {
  const auto store = open();
  ASSERT_TRUE(store->change_alerts(write({alert(1, "n1")})));
  const std::int64_t id = store->begin_sweep(samples::claim({"n1"}, 1), samples::alive).value();
  const std::vector<PortObservation> observations = {samples::seen("n1", 1, 22)};
  const std::vector<Coverage> coverage = {samples::covered("n1", 1)};
  const auto done = store->finish_sweep(id, samples::end(2), {observations, coverage},
                                        [](const Records&) -> Result<AlertChanges> {
                                          return fail(ErrorKind::denied, "it is not to be");
                                        });
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind(), ErrorKind::denied);
  EXPECT_THAT(done.error().message(), HasSubstr("it is not to be"));
  EXPECT_TRUE(store->port_states().value().empty());
  EXPECT_TRUE(store->looks().value().looks.empty());
  EXPECT_EQ(store->sweeps(1).value().front().state, SweepState::running);
  EXPECT_EQ(store->alerts().value(), Records{alert(1, "n1")});

  const auto again =
      store->finish_sweep(id, samples::end(3), {observations, coverage}, write({alert(2, "n1")}));
  EXPECT_EQ(again.value(), (Records{alert(1, "n1"), alert(2, "n1")}));
  EXPECT_EQ(store->port_states().value().size(), 1U);
}

/// Raises one subject for `node`, under the id that it has or the next one.
DecideAlerts raise(const std::string& node) {
  return [node](const Records& book) -> Result<AlertChanges> {
    AlertRecord record = alert(1, node);
    for (const AlertRecord& each : book) record.id = std::max(record.id, each.id);
    return AlertChanges{{record}, {}};
  };
}

TEST_P(AlertConformance, TwoStoresRaiseTheSameAlertUnderOneId) {
  const auto one = open();
  const auto two = open();
  EXPECT_TRUE(one->alerts().value().empty());
  EXPECT_TRUE(two->alerts().value().empty()) << "both have looked before either writes";
  ASSERT_TRUE(one->change_alerts(raise("n1")).has_value());
  ASSERT_TRUE(two->change_alerts(raise("n2")).has_value());
  EXPECT_EQ(one->change_alerts(raise("n1")).value(), (Records{alert(1, "n1"), alert(1, "n2")}));
}

TEST_P(AlertConformance, OthersWaitWhileOneDecides) {
  const auto one = open();
  const auto impatient = open_store(url_, std::chrono::milliseconds(50)).value();
  const auto decided = one->change_alerts([&](const Records&) -> Result<AlertChanges> {
    const auto refused = impatient->change_alerts(write({alert(1, "n2")}));
    EXPECT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind(), ErrorKind::unavailable);
    EXPECT_THAT(refused.error().message(), HasSubstr("another program keeps it locked"));
    EXPECT_TRUE(impatient->alerts().value().empty()) << "who only reads does not wait";
    return AlertChanges{{alert(1, "n1")}, {}};
  });
  ASSERT_TRUE(decided.has_value()) << decided.error().message();
  EXPECT_EQ(impatient->change_alerts(write({alert(1, "n2")})).value(),
            (Records{alert(1, "n1"), alert(1, "n2")}));
}

TEST_P(AlertConformance, KeepsThousands) {
  Records records;
  const char* const kNotes[] = {"",      "\\N",   "\\.", "tab\t line\n return\r back\\slash\\",
                                "\\t\\", "'\"$1?"};
  for (int i = 0; i < 12'000; ++i) {
    AlertRecord& record = records.emplace_back(alert(1 + i / 100, fmt::format("n{:05}", i)));
    record.note = kNotes[i % std::size(kNotes)];
    if (i % 3 == 0) record.until.reset();
    if (i % 5 == 0) record.subject.port.reset();
  }
  const auto store = open();
  ASSERT_TRUE(store->change_alerts(write(records)).value() == records);
  Records half;
  std::vector<std::pair<std::int64_t, std::string>> forgotten;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i % 2 == 0) {
      forgotten.emplace_back(records[i].id, records[i].node);
    } else {
      records[i].note = fmt::format("note {}", i);
      half.push_back(records[i]);
    }
  }
  const auto after = store->change_alerts([&](const Records&) -> Result<AlertChanges> {
    return AlertChanges{half, forgotten};
  });
  ASSERT_TRUE(after.value() == half);
}

TEST_P(AlertConformance, TellsARowWithoutSense) {
  const auto store = open();
  ASSERT_TRUE(store->change_alerts(write({alert(17, "n1")})));
  const std::pair<const char*, const char*> kRows[] = {
      {"kind", "odd"},   {"protocol", "sctp"}, {"severity", "dire"}, {"status", "shut"},
      {"state", "ajar"}, {"changed", "now"},   {"until", "later"},   {"first_seen", ""}};
  for (const auto& [column, value] : kRows) {
    sql(fmt::format("UPDATE alerts SET {} = '{}';", column, value));
    const auto told = store->alerts();
    ASSERT_FALSE(told.has_value()) << column;
    EXPECT_EQ(told.error().kind(), ErrorKind::corrupt);
    EXPECT_THAT(told.error().message(),
                HasSubstr(fmt::format(
                    "table alerts, the row id \"17\", node \"n1\": its {} has no sense", column)));
    sql("DELETE FROM alerts;");
    ASSERT_TRUE(store->change_alerts(write({alert(17, "n1")})));
  }
}

}  // namespace
}  // namespace lockstep
