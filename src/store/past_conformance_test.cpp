// What the store keeps of the past: when ports changed, numbers as they were measured, when alerts
// stood.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "store/sql/schema_back.h"
#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::at;
using samples::claim;
using samples::covered;
using samples::end;
using samples::no_change;
using samples::ports;
using samples::seen;
using Lines = std::vector<std::string>;

constexpr std::int64_t kDay = 86'400;
constexpr std::size_t kMany = 100'000;

Period ever() {
  return {at(0), at(1000 * kDay)};
}

std::int64_t second_of(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time - at(0)).count();
}

std::string text_of(const std::optional<WallTime>& time) {
  return time ? fmt::format("{}", second_of(*time)) : "-";
}

class PastConformance : public StoreTest {
 protected:
  std::int64_t begin(Store& store, std::int64_t second, const PortSet& asked = ports(1, 100)) {
    return store.begin_sweep(claim({"n1"}, second, asked), samples::dead).value();
  }

  void sweep(Store& store, std::int64_t second, const std::vector<PortObservation>& observations,
             const std::vector<Coverage>& coverage = {covered("n1", 1)},
             const PortSet& asked = ports(1, 100)) {
    finish(store, begin(store, second, asked), second, observations, coverage);
  }

  static void finish(Store& store, std::int64_t id, std::int64_t second,
                     const std::vector<PortObservation>& observations,
                     const std::vector<Coverage>& coverage = {covered("n1", 1)}) {
    const auto done = store.finish_sweep(id, end(second), {observations, coverage}, no_change);
    ASSERT_TRUE(done.has_value()) << done.error().message();
  }

  static void checkpoint(Store& store, std::int64_t id, std::int64_t second,
                         const std::vector<PortObservation>& open,
                         const std::vector<Coverage>& coverage) {
    ASSERT_TRUE(store.checkpoint_sweep(id, at(second), open, coverage).has_value());
  }

  /// "+2 198.18.0.1 22/tcp closed > open"; none: "?".
  static Lines changes(Store& store, const std::string& node = "n1") {
    Lines lines;
    const auto found = store.port_changes(node, ever(), kMany);
    EXPECT_TRUE(found.has_value()) << found.error().message();
    for (const PortChange& each : found.value_or(std::vector<PortChange>{})) {
      lines.push_back(fmt::format("+{} {} {}/{} {} > {}", second_of(each.at),
                                  each.address.to_string(), each.port, to_string(each.protocol),
                                  each.was ? to_string(*each.was) : "?", to_string(each.state)));
    }
    return lines;
  }

  static Result<void> write(Store& store, const std::vector<AlertRecord>& records) {
    const auto done = store.change_alerts([&](const auto&) -> Result<AlertChanges> {
      return AlertChanges{records, {}};
    });
    if (!done) return std::unexpected(done.error());
    return {};
  }

  /// "A-1 n1 5 to 9 high, muted 7"
  static Lines spans(Store& store, const Period& period = ever(), std::size_t limit = kMany) {
    Lines lines;
    const auto found = store.alert_spans(period, limit);
    EXPECT_TRUE(found.has_value()) << found.error().message();
    for (const AlertSpan& each : found.value_or(std::vector<AlertSpan>{})) {
      lines.push_back(fmt::format("{} {} {} to {} {}, muted {}", alert_name(each.id), each.node,
                                  text_of(each.began), text_of(each.ended),
                                  to_string(each.severity), text_of(each.muted)));
    }
    return lines;
  }
};
LOCKSTEP_ON_ALL_BACKENDS(PastConformance);

AlertRecord record(std::int64_t id, const std::string& node, AlertStatus status,
                   std::int64_t changed, Severity severity = Severity::high) {
  AlertRecord result = samples::alert(id, node);
  result.status = status;
  result.severity = severity;
  result.first_seen = at(1);
  result.last_seen = result.changed = at(changed);
  result.until.reset();
  return result;
}

// --- Ports ---

TEST_P(PastConformance, WhatTheFirstLookSeesIsNoChange) {
  const auto store = open();
  sweep(*store, 1, {seen("n1", 1, 22), seen("n1", 1, 9, PortState::filtered)});
  EXPECT_EQ(sql("SELECT COUNT(*) FROM port_changes;"), "0\n");
  EXPECT_EQ(changes(*store), Lines{"+1 198.18.0.1 22/tcp ? > open"}) << "it is open since then";
  sweep(*store, 2, {seen("n1", 1, 22), seen("n1", 1, 9, PortState::filtered)});
  EXPECT_EQ(sql("SELECT COUNT(*) FROM port_changes;"), "0\n");
}

TEST_P(PastConformance, EachChangeOfAPortIsNoted) {
  const auto store = open();
  sweep(*store, 1, {seen("n1", 1, 22), seen("n1", 1, 9, PortState::filtered)});
  sweep(*store, 2, {seen("n1", 1, 22), seen("n1", 1, 9), seen("n1", 1, 80)});
  sweep(*store, 3, {seen("n1", 1, 22), seen("n1", 1, 80, PortState::filtered)});
  sweep(*store, 4, {});
  EXPECT_EQ(
      changes(*store),
      (Lines{"+2 198.18.0.1 9/tcp filtered > open", "+2 198.18.0.1 80/tcp closed > open",
             "+3 198.18.0.1 9/tcp open > closed", "+3 198.18.0.1 80/tcp open > filtered",
             "+4 198.18.0.1 22/tcp open > closed", "+4 198.18.0.1 80/tcp filtered > closed"}));
  EXPECT_EQ(changes(*open()).size(), 6U);
  EXPECT_TRUE(changes(*store, "n2").empty());
  EXPECT_EQ(changes(*store, "").size(), 6U) << "of all nodes";
  const Period second_and_third = {at(2), at(3)};
  EXPECT_EQ(store->port_changes("n1", second_and_third, kMany)->size(), 4U);
  const auto latest = store->port_changes("n1", second_and_third, 1).value();
  ASSERT_EQ(latest.size(), 1U);
  EXPECT_EQ(latest.front().at, at(3));
}

TEST_P(PastConformance, OnlyWhatWasLookedAtBeforeCanChange) {
  const auto store = open();
  sweep(*store, 1, {seen("n1", 1, 22)}, {covered("n1", 1)}, ports(1, 50));
  sweep(*store, 2, {seen("n1", 1, 22), seen("n1", 1, 40), seen("n1", 1, 80), seen("n1", 2, 40)},
        {covered("n1", 1), covered("n1", 2)});
  EXPECT_EQ(sql("SELECT address, port, was FROM port_changes;"), "198.18.0.1|40|closed\n")
      << "neither ports that were not asked, nor another address";
  EXPECT_EQ(changes(*store),
            (Lines{"+1 198.18.0.1 22/tcp ? > open", "+2 198.18.0.1 40/tcp closed > open",
                   "+2 198.18.0.1 80/tcp ? > open", "+2 198.18.0.2 40/tcp ? > open"}));
  const Coverage part = covered("n1", 3, CoverageGap::interrupted);
  sweep(*store, 3, {seen("n1", 3, 22)}, {part});
  sweep(*store, 4, {seen("n1", 3, 22), seen("n1", 3, 23)}, {covered("n1", 3)});
  EXPECT_EQ(sql("SELECT COUNT(*) FROM port_changes;"), "1\n") << "nor what was examined in part";
}

TEST_P(PastConformance, ACheckpointNotesWhatOpenedAndIsNoLookBefore) {
  const auto store = open();
  const std::int64_t first = begin(*store, 1);
  checkpoint(*store, first, 1, {seen("n1", 1, 22)}, {covered("n1", 1)});
  finish(*store, first, 2, {seen("n1", 1, 22), seen("n1", 1, 9, PortState::filtered)});
  EXPECT_EQ(sql("SELECT COUNT(*) FROM port_changes;"), "0\n") << "it is still the first look";
  const std::int64_t next = begin(*store, 3);
  checkpoint(*store, next, 3, {seen("n1", 1, 80)}, {covered("n1", 1)});
  checkpoint(*store, next, 4, {seen("n1", 1, 80)}, {covered("n1", 1)});
  finish(*store, next, 5, {seen("n1", 1, 80), seen("n1", 1, 10, PortState::filtered)});
  EXPECT_EQ(
      changes(*store),
      (Lines{"+3 198.18.0.1 80/tcp closed > open", "+5 198.18.0.1 9/tcp filtered > closed",
             "+5 198.18.0.1 10/tcp closed > filtered", "+5 198.18.0.1 22/tcp open > closed"}));
}

TEST_P(PastConformance, AFirstLookThatWasLostSaysNothingOfOtherPorts) {
  const auto store = open();
  checkpoint(*store, begin(*store, 1), 1, {seen("n1", 1, 22)}, {covered("n1", 1)});
  // Nobody is alive: with the next one it is lost.
  sweep(*store, 2, {seen("n1", 1, 22), seen("n1", 1, 9, PortState::filtered)});
  EXPECT_EQ(sql("SELECT COUNT(*) FROM port_changes;"), "0\n");
  sweep(*store, 3, {seen("n1", 1, 22)});
  EXPECT_EQ(sql("SELECT COUNT(*) FROM port_changes;"), "1\n") << "that one was a look";
}

TEST_P(PastConformance, AFirewallIsNoMillionChanges) {
  const auto store = open();
  sweep(*store, 1, {seen("n1", 1, 500)}, {covered("n1", 1)}, PortSet::all());
  std::vector<PortObservation> silent;
  for (Port port = 1; port <= 1000; ++port) {
    silent.push_back(seen("n1", 1, port, PortState::filtered));
  }
  sweep(*store, 2, silent, {covered("n1", 1)}, PortSet::all());
  const Lines lines = changes(*store);
  EXPECT_EQ(lines.size(), 256U);
  EXPECT_TRUE(std::ranges::find(lines, "+2 198.18.0.1 500/tcp open > filtered") != lines.end());
}

TEST_P(PastConformance, OfAHostileNameAreThoseOfOneNode) {
  const auto store = open();
  const std::string name = "n'\t:x\\N\xff";
  for (const std::int64_t second : {1, 2}) {
    const auto id = store->begin_sweep(claim({"n1"}, second), samples::dead).value();
    finish(*store, id, second, {seen(name, 1, static_cast<Port>(21 + second)), seen("n2", 2, 9)},
           {covered(name, 1), covered("n2", 2)});
  }
  EXPECT_EQ(changes(*store, name),
            (Lines{"+2 198.18.0.1 22/tcp open > closed", "+2 198.18.0.1 23/tcp closed > open"}));
}

// --- Curves ---

ValueObservation value(const std::string& node, const std::string& name, Value held,
                       const std::string& instance = "load") {
  return {node, instance, name, std::move(held), ""};
}

TEST_P(PastConformance, ACurveHasAPointASlot) {
  const auto store = open();
  const auto save = [&](std::int64_t second, const std::vector<ValueObservation>& values,
                        const std::vector<std::string>& nodes) {
    ASSERT_TRUE(store->save_values(values.front().instance, nodes, values, at(second)).has_value());
  };
  save(10, {value("n1", "a", 1.5), value("n1", "b[0]:x/y", 0.1), value("n1", "t", "text")}, {"n1"});
  save(299, {value("n1", "a", 2.0), value("n2", "a", 3.0)}, {"n1", "n2"});
  save(300, {value("n1", "a", -1e300)}, {"n1"});
  save(310, {value("n1", "a", 7.0, "other")}, {"n1"});

  const auto points = [&](const PointQuery& query) { return store->value_points(query).value(); };
  const PointQuery all = {.node = "n1", .period = {at(0), at(1000)}};
  EXPECT_EQ(points(all), (std::vector<ValuePoint>{{"load", "a", at(10), 1.5},
                                                  {"load", "a", at(300), -1e300},
                                                  {"load", "b[0]:x/y", at(10), 0.1},
                                                  {"other", "a", at(310), 7}}));
  PointQuery some = all;
  some.node = "n2";
  EXPECT_EQ(points(some), (std::vector<ValuePoint>{{"load", "a", at(299), 3}}));
  some = all;
  some.instance = "load";
  some.name = "b[0]:x/y";
  EXPECT_EQ(points(some).size(), 1U);
  some.name = "it's";
  EXPECT_TRUE(points(some).empty());
  some = all;
  some.period = {at(11), at(300)};
  EXPECT_EQ(points(some), (std::vector<ValuePoint>{{"load", "a", at(300), -1e300}}));
  some = all;
  some.limit = 2;
  EXPECT_EQ(points(some).front().at, at(300)) << "the latest";
  some = all;
  some.period = {at(1000), at(0)};
  EXPECT_TRUE(points(some).empty());
}

TEST_P(PastConformance, CurvesGoAfterTheirTime) {
  const auto store = open();
  for (std::int64_t hour = 0; hour < 80; ++hour) {
    const std::vector<ValueObservation> values = {value("n1", "a", 1.0)};
    const std::vector<std::string> nodes = {"n1"};
    ASSERT_TRUE(store->save_values("load", nodes, values, at(hour * 3600)).has_value());
  }
  EXPECT_EQ(sql("SELECT COUNT(*) FROM value_points;"), "73\n") << "as others come";
  EXPECT_EQ(store->prune(at(79 * 3600), Retention{}).value(), Pruned{});
  EXPECT_EQ(store->prune(at(80 * 3600), Retention{}).value(), (Pruned{.points = 1}));
  EXPECT_EQ(sql("SELECT COUNT(*) FROM value_points;"), "72\n");
}

// --- Alerts ---

TEST_P(PastConformance, AnAlertStandsFromTimeToTime) {
  const auto store = open();
  ASSERT_TRUE(write(*store, {record(1, "n1", AlertStatus::pending, 1)}));
  EXPECT_TRUE(spans(*store).empty()) << "it is none yet";
  ASSERT_TRUE(write(
      *store, {record(1, "n1", AlertStatus::open, 2), record(1, "n2", AlertStatus::open, 2)}));
  ASSERT_TRUE(write(*store, {record(1, "n1", AlertStatus::open, 3)})) << "seen again";
  ASSERT_TRUE(write(*store, {record(1, "n1", AlertStatus::resolved, 4)}));
  ASSERT_TRUE(write(*store, {record(1, "n1", AlertStatus::reopened, 6)}));
  EXPECT_EQ(spans(*store), (Lines{"A-1 n1 2 to 4 high, muted -", "A-1 n1 6 to - high, muted -",
                                  "A-1 n2 2 to - high, muted -"}));
  EXPECT_EQ(spans(*store, {at(5), at(5)}), Lines{"A-1 n2 2 to - high, muted -"});
  EXPECT_EQ(spans(*store, {at(0), at(5)}, 1), Lines{"A-1 n2 2 to - high, muted -"});
  EXPECT_TRUE(spans(*store, {at(0), at(1)}).empty());
}

TEST_P(PastConformance, WhoeverMutesAnAlertIsInItsSpan) {
  const auto store = open();
  const auto set = [&](AlertStatus status, std::int64_t second, Severity severity = Severity::high,
                       std::optional<std::int64_t> until = std::nullopt) {
    AlertRecord next = record(1, "n1", status, second, severity);
    if (until) next.until = at(*until);
    const auto done = write(*store, {next});
    ASSERT_TRUE(done.has_value()) << done.error().message();
  };
  set(AlertStatus::open, 1);
  set(AlertStatus::acknowledged, 3);
  set(AlertStatus::silenced, 4, Severity::high, 10);
  EXPECT_EQ(spans(*store), Lines{"A-1 n1 1 to - high, muted 3"});
  set(AlertStatus::open, 12);
  EXPECT_EQ(spans(*store), (Lines{"A-1 n1 1 to 10 high, muted 3", "A-1 n1 10 to - high, muted -"}))
      << "it ran out before anybody looked";
  set(AlertStatus::open, 14, Severity::critical);
  set(AlertStatus::acknowledged, 15, Severity::critical);
  set(AlertStatus::acknowledged, 16, Severity::low);
  set(AlertStatus::resolved, 18, Severity::low);
  EXPECT_EQ(spans(*store),
            (Lines{"A-1 n1 1 to 10 high, muted 3", "A-1 n1 10 to 14 high, muted -",
                   "A-1 n1 14 to 16 critical, muted 15", "A-1 n1 16 to 18 low, muted 15"}));
}

TEST_P(PastConformance, AnAcknowledgementThatRanOutIsNotMadeLongerByTheNext) {
  const auto store = open();
  const auto acknowledge = [&](std::int64_t second, std::int64_t until) {
    AlertRecord next = record(1, "n1", AlertStatus::acknowledged, second);
    next.until = at(until);
    ASSERT_TRUE(write(*store, {next}));
  };
  ASSERT_TRUE(write(*store, {record(1, "n1", AlertStatus::open, 1)}));
  acknowledge(3, 10);
  acknowledge(8, 12);
  EXPECT_EQ(spans(*store), Lines{"A-1 n1 1 to - high, muted 3"}) << "in time";
  acknowledge(20, 30);
  EXPECT_EQ(spans(*store),
            (Lines{"A-1 n1 1 to 12 high, muted 3", "A-1 n1 12 to - high, muted 20"}));
}

TEST_P(PastConformance, SpansOfNoLengthAreNone) {
  const auto store = open();
  for (const auto status : {AlertStatus::open, AlertStatus::acknowledged, AlertStatus::open}) {
    ASSERT_TRUE(write(*store, {record(1, "", status, 5)}));
  }
  EXPECT_EQ(spans(*store), Lines{"A-1  5 to - high, muted -"});
  ASSERT_TRUE(write(*store, {record(1, "", AlertStatus::resolved, 4)})) << "a clock was set back";
  EXPECT_EQ(spans(*store), Lines{"A-1  5 to 5 high, muted -"});
}

TEST_P(PastConformance, ManyAlertsAreWrittenAtOnce) {
  const auto store = open();
  std::vector<AlertRecord> all;
  for (std::int64_t id = 1; id <= 1200; ++id)
    all.push_back(record(id, "n'1", AlertStatus::open, 2));
  all.push_back(all.front());
  ASSERT_TRUE(write(*store, all));
  for (AlertRecord& each : all) {
    each.status = AlertStatus::resolved;
    each.changed = at(3);
  }
  ASSERT_TRUE(write(*store, all));
  EXPECT_EQ(sql("SELECT COUNT(*), COUNT(ended) FROM alert_spans;"), "1200|1200\n");
}

// --- Sweeps, and the beginning ---

TEST_P(PastConformance, SweepsOfAPeriodAreTheNewestFirst) {
  const auto store = open();
  for (std::int64_t second = 1; second <= 4; ++second) sweep(*store, second, {});
  const std::int64_t failed = begin(*store, 5);
  SweepEnd how = end(5);
  how.state = SweepState::failed;
  ASSERT_TRUE(store->finish_sweep(failed, how, {}, no_change).has_value());
  begin(*store, 6);
  const auto ids = [&](const Period& period, std::int64_t below, std::size_t limit) {
    std::vector<std::int64_t> result;
    const auto found = store->finished_sweeps(period, below, limit).value();
    for (const SweepInfo& each : found) result.push_back(each.id);
    return result;
  };
  using Ids = std::vector<std::int64_t>;
  EXPECT_EQ(ids(ever(), 100, 100), (Ids{4, 3, 2, 1}));
  EXPECT_EQ(ids(ever(), 100, 2), (Ids{4, 3}));
  EXPECT_EQ(ids(ever(), 3, 2), (Ids{2, 1}));
  EXPECT_EQ(ids({at(2), at(3)}, 100, 100), (Ids{3, 2}));
}

TEST_P(PastConformance, GoesAfterItsTime) {
  const auto store = open();
  sweep(*store, 0, {});
  sweep(*store, kDay, {seen("n1", 1, 22)});
  sweep(*store, 2 * kDay, {});
  ASSERT_TRUE(write(
      *store, {record(1, "n1", AlertStatus::open, 1), record(2, "n1", AlertStatus::open, 1)}));
  ASSERT_TRUE(write(*store, {record(1, "n1", AlertStatus::resolved, kDay)}));
  EXPECT_EQ(store->prune(at(91 * kDay), Retention{}).value(), Pruned{});
  EXPECT_EQ(store->prune(at(91 * kDay + 1), Retention{}).value(),
            (Pruned{.changes = 1, .spans = 1}));
  EXPECT_EQ(changes(*store).size(), 1U);
  EXPECT_EQ(spans(*store), Lines{"A-2 n1 1 to - high, muted -"}) << "what stands stays";
}

TEST_P(PastConformance, AStoreThatWasThereBeforeSaysSinceWhen) {
  EXPECT_EQ(open()->past_begins().value(), std::nullopt);
  sweep(*open(), 7, {});
  ASSERT_TRUE(write(*open(), {record(1, "n1", AlertStatus::acknowledged, 5),
                              record(2, "n1", AlertStatus::resolved, 5),
                              record(3, "n1", AlertStatus::reopened, 5)}));
  constexpr int kBefore = 9;
  ASSERT_TRUE(bring_schema_back(url_, kBefore).has_value());
  const auto store = open();
  EXPECT_EQ(store->past_begins().value(), at(7));
  EXPECT_EQ(spans(*store), (Lines{"A-1 n1 1 to - high, muted 5", "A-3 n1 5 to - high, muted -"}));
  sweep(*store, 8, {seen("n1", 1, 22)});
  EXPECT_EQ(changes(*store), Lines{"+8 198.18.0.1 22/tcp closed > open"})
      << "a look from before is one, too";
}

}  // namespace
}  // namespace lockstep
