// How alerts come, wait, are dealt with, and come again. When they are over: alert_life_test.cpp.

#include "analysis/alerts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "analysis/test_book.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;
using Kind = AlertAction::Kind;

World with_port(int nodes, const std::set<int>& on, Port port = 4444) {
  World world(nodes);
  for (const int node : on) world.show(node, port, PortState::open);
  return world;
}

TEST(Alerts, AreRaisedAndSeenAgain) {
  Book book;
  book.sweep(with_port(2, {2}), kNoon);
  EXPECT_THAT(book.told(), ElementsAre("A-1 open unexpected-port n2 4444"));
  const AlertRecord raised = book.records[0];
  EXPECT_EQ(raised.severity, Severity::high);
  EXPECT_EQ(raised.address, address_of(2).to_string());
  EXPECT_EQ(raised.expected, "closed");
  EXPECT_EQ(raised.clones, "1 of 2 closed");
  EXPECT_EQ(raised.first_seen, kNoon);
  EXPECT_EQ(raised.changed, kNoon);
  EXPECT_EQ(raised.last_closed, std::nullopt) << "nobody knows";

  book.sweep(with_port(2, {2}), kNoon + 1h);
  ASSERT_THAT(book.records, SizeIs(1));
  EXPECT_EQ(book.records[0].last_seen, kNoon + 1h);
  EXPECT_EQ(book.records[0].first_seen, kNoon);
  EXPECT_EQ(book.records[0].changed, kNoon);
}

TEST(Alerts, ShareAnIdWhereTheyShareASubject) {
  Book book;
  World world = with_port(3, {1, 3});
  world.show(2, 4445, PortState::open);
  book.sweep(world, kNoon);
  EXPECT_THAT(book.told(),
              ElementsAre("A-1 open unexpected-port n1 4444", "A-1 open unexpected-port n3 4444",
                          "A-2 open unexpected-port n2 4445"));
  book.sweep(with_port(3, {2}, 4446), kNoon + 1h);
  EXPECT_THAT(book.told(), testing::Contains("A-3 open unexpected-port n2 4446"));
}

TEST(Alerts, AreOneForAllAddressesOfANode) {
  World world = with_port(1, {1});
  world.add_address(1, IpAddress::parse("fd00::1").value(), {22, 111, 6818, 4444});
  Book book;
  book.sweep(world, kNoon);
  EXPECT_THAT(book.told(), ElementsAre("A-1 open unexpected-port n1 4444"));
  EXPECT_EQ(book.records[0].address, address_of(1).to_string()) << "the first of them";
}

TEST(Alerts, KnowWhenThePortWasClosedLast) {
  Book book;
  book.last_closed = [](const Finding&) { return kNoon - 1h; };
  World world = with_port(1, {1});
  world.hide(1, 22);
  book.sweep(world, kNoon);
  EXPECT_EQ(book.records[0].last_closed, kNoon - 1h);
  EXPECT_EQ(book.records[1].subject.kind, FindingKind::missing_port);
  EXPECT_EQ(book.records[1].last_closed, std::nullopt);
}

TEST(AlertsPending, BecomeAlertsAfterFiveMinutes) {
  World missing(1);
  missing.hide(1, 6818);
  const std::string pending = "A-1 pending missing-port n1 6818";
  Book book;
  book.sweep(missing, kNoon);
  EXPECT_THAT(book.told(), ElementsAre(pending));
  book.sweep(missing, kNoon + 2min);
  book.sweep(missing, kNoon + 5min - 1s);
  EXPECT_THAT(book.told(), ElementsAre(pending));
  EXPECT_EQ(book.records[0].changed, kNoon) << "a look meanwhile is no new beginning";
  book.sweep(missing, kNoon + 5min);
  EXPECT_THAT(book.told(), ElementsAre("A-1 open missing-port n1 6818"));
  EXPECT_EQ(book.records[0].changed, kNoon + 5min);
  EXPECT_EQ(book.records[0].first_seen, kNoon);
}

TEST(AlertsPending, WaitAnewAfterANodeWasAway) {
  World missing(1);
  missing.hide(1, 6818);
  World away(1);
  away.coverage[0] = none(away.coverage[0], CoverageGap::unreachable);
  Book book;
  book.sweep(missing, kNoon);
  book.sweep(away, kNoon + 3min);
  book.sweep(missing, kNoon + 6min);
  EXPECT_EQ(book.told().front(), "A-1 pending missing-port n1 6818");
  book.sweep(missing, kNoon + 8min);
  EXPECT_EQ(book.told().front(), "A-1 open missing-port n1 6818");
}

TEST(AlertsPending, AreForgottenWhereTheyWereNone) {
  World missing(1);
  missing.hide(1, 6818);
  Book book;
  book.sweep(missing, kNoon);
  const AlertChanges changes = book.sweep(World(1), kNoon + 1min);
  EXPECT_THAT(changes.written, IsEmpty());
  EXPECT_THAT(book.records, IsEmpty());
}

TEST(AlertsPending, AreNoneWhereASiteWaitsForNothing) {
  World missing(1);
  missing.hide(1, 6818);
  Book book;
  book.policy.missing_after = 0s;
  book.sweep(missing, kNoon);
  EXPECT_THAT(book.told(), ElementsAre("A-1 open missing-port n1 6818"));
}

TEST(AlertsPending, WaitAgainWhereTheyWereResolved) {
  World missing(1);
  missing.hide(1, 6818);
  Book book;
  book.sweep(missing, kNoon);
  book.sweep(missing, kNoon + 10min);
  book.sweep(World(1), kNoon + 1h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 resolved missing-port n1 6818 = answered open"));
  book.sweep(missing, kNoon + 2h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 pending missing-port n1 6818"));
  book.sweep(World(1), kNoon + 3h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 resolved missing-port n1 6818 = answered open"))
      << "it had been an alert: it stays in the book";
  book.sweep(missing, kNoon + 4h);
  book.sweep(missing, kNoon + 4h + 5min);
  EXPECT_THAT(book.told(), ElementsAre("A-1 reopened missing-port n1 6818"));
}

/// Whether it refuses or falls silent, it is missing all the while.
TEST(AlertsPending, DoNotBeginAnewWithEachState) {
  World closed(1);
  closed.hide(1, 6818);
  World silent(1);
  silent.show(1, 6818, PortState::filtered);
  Book book;
  book.sweep(closed, kNoon);
  book.sweep(silent, kNoon + 2min);
  EXPECT_THAT(book.told(), ElementsAre("A-2 pending missing-port n1 6818"));
  book.sweep(closed, kNoon + 4min);
  ASSERT_THAT(book.records, SizeIs(1));
  EXPECT_EQ(book.records[0].status, AlertStatus::pending);
  book.sweep(silent, kNoon + 6min);
  ASSERT_THAT(book.records, SizeIs(1));
  EXPECT_EQ(book.records[0].status, AlertStatus::open);
  book.sweep(closed, kNoon + 7min);
  std::set<AlertStatus> statuses;
  for (const AlertRecord& each : book.records) statuses.insert(each.status);
  EXPECT_THAT(statuses, ElementsAre(AlertStatus::open, AlertStatus::resolved))
      << "it was an alert already";
}

TEST(AlertsMuted, AreOpenAgainWhenTheTimeIsUp) {
  for (const bool found : {true, false}) {
    SCOPED_TRACE(found ? "it is still found" : "nothing is known of it");
    Book book;
    book.sweep(with_port(2, {2}), kNoon);
    book.act(Kind::acknowledge, 1, 1h, kNoon);
    World later = found ? with_port(2, {2}) : World(1);
    book.sweep(later, kNoon + 59min);
    EXPECT_THAT(book.told(), ElementsAre("A-1 acknowledged unexpected-port n2 4444"));
    book.sweep(later, kNoon + 1h);
    EXPECT_THAT(book.told(), ElementsAre("A-1 open unexpected-port n2 4444"));
    EXPECT_EQ(book.records[0].owner, "");
    EXPECT_EQ(book.records[0].until, std::nullopt);
    EXPECT_EQ(book.records[0].changed, kNoon + 1h);
    EXPECT_EQ(book.records[0].note, "a note");
  }
}

TEST(AlertsMuted, MuteNoOtherNode) {
  Book book;
  book.sweep(with_port(3, {1}), kNoon);
  book.act(Kind::silence, 1, 24h, kNoon);
  book.sweep(with_port(3, {1, 2}), kNoon + 1h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 silenced unexpected-port n1 4444",
                                       "A-1 open unexpected-port n2 4444"));
}

TEST(AlertsMuted, MuteNoOtherState) {
  Book book;
  book.sweep(with_port(3, {1}), kNoon);
  book.act(Kind::acknowledge, 1, 24h, kNoon);
  World silent(3);
  silent.show(1, 4444, PortState::filtered);
  book.sweep(silent, kNoon + 1h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 acknowledged unexpected-port n1 4444",
                                       "A-2 open unexpected-filtered n1 4444"));
}

TEST(AlertsMuted, MuteNoOtherChangeOfAProfile) {
  Book book;
  World world(1);
  world.approved = world.approvals();
  world.profiles[0].ports.push_back({7000, Protocol::tcp, "", ""});
  world.show(1, 7000, PortState::open);
  book.sweep(world, kNoon);
  book.act(Kind::acknowledge, 1, 24h, kNoon);
  book.sweep(world, kNoon + 1h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 acknowledged profile-changed "));
  world.profiles[0].ports.push_back({7001, Protocol::tcp, "", ""});
  world.show(1, 7001, PortState::open);
  book.sweep(world, kNoon + 2h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 resolved profile-changed  = it has changed again, "
                                       "which is an alert of its own",
                                       "A-2 open profile-changed "));
}

TEST(AlertsReopened, KeepTheirIdAndHistory) {
  Book book;
  book.sweep(with_port(2, {2}), kNoon);
  book.sweep(World(2), kNoon + 1h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 resolved unexpected-port n2 4444 = answered closed"));
  EXPECT_EQ(book.records[0].last_closed, kNoon + 1h);
  book.sweep(World(2), kNoon + 2h);
  EXPECT_EQ(book.records[0].changed, kNoon + 1h) << "it is over already";
  book.last_closed = [](const Finding&) { return kNoon + 2h; };
  book.sweep(with_port(2, {2}), kNoon + 3h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 reopened unexpected-port n2 4444"));
  EXPECT_EQ(book.records[0].first_seen, kNoon);
  EXPECT_EQ(book.records[0].changed, kNoon + 3h);
  EXPECT_EQ(book.records[0].last_closed, kNoon + 2h) << "by a sweep since";
}

TEST(AlertsReopened, AreThoseThatSomebodyHeldToBeOver) {
  Book book;
  book.sweep(with_port(1, {1}), kNoon);
  book.act(Kind::resolve, 1, 1h, kNoon);
  book.sweep(with_port(1, {1}), kNoon + 1h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 reopened unexpected-port n1 4444"));
  EXPECT_EQ(book.records[0].last_closed, std::nullopt);
}

TEST(AlertsOfAStoppedSweep, AreNotAboutWhatItLeftOut) {
  World world = with_port(2, {1});
  world.coverage[0].gap = world.coverage[1].gap = CoverageGap::interrupted;
  world.coverage[0].asked = world.coverage[1].asked = 700;
  Book book;
  book.sweep(world, kNoon, true);
  EXPECT_THAT(book.told(), ElementsAre("A-1 open unexpected-port n1 4444"));
  book.sweep(world, kNoon + 1h);
  EXPECT_THAT(book.records, SizeIs(3)) << "a gap of a sweep that came to its end is one";
}

TEST(AlertsClock, MayBeSetBack) {
  Book book;
  book.sweep(with_port(1, {1}), kNoon);
  book.sweep(with_port(1, {1}), kNoon - 1h);
  EXPECT_EQ(book.records[0].last_seen, kNoon);
}

/// A world of three nodes whose ports, coverage and classes are at random.
World random_world() {
  World world(3);
  world.profiles.push_back({"gpu", {}, {}});
  for (int node = 1; node <= 3; ++node) {
    for (const Port port : {Port{22}, Port{111}, Port{4444}, Port{4445}}) {
      switch (*rc::gen::inRange(0, 4)) {
        case 0: world.show(node, port, PortState::open); break;
        case 1: world.show(node, port, PortState::filtered); break;
        case 2: world.hide(node, port); break;
        default: break;
      }
    }
    const auto index = static_cast<std::size_t>(node - 1);
    if (*rc::gen::inRange(0, 4) == 0) world.nodes[index].classes = {"compute", "gpu"};
    if (*rc::gen::inRange(0, 3) == 0) {
      world.coverage[index].gap = *rc::gen::element(
          CoverageGap::unreachable, CoverageGap::interrupted, CoverageGap::not_resolved);
      world.coverage[index].asked = 100;
    }
  }
  if (*rc::gen::inRange(0, 4) == 0) {
    world.wanted = PortSet();
    world.wanted.of(Protocol::tcp).insert_range(1, 4444);
  }
  return world;
}

bool is_about_ports(const AlertRecord& record) {
  return record.subject.port.has_value();
}

void check_resolved(const AlertRecord& record, const World& world) {
  if (!is_about_ports(record)) return;
  RC_ASSERT(world.wanted.of(Protocol::tcp).contains(*record.subject.port));
  bool any = false;
  for (const Coverage& coverage : world.coverage) {
    if (coverage.node != record.node) continue;
    any = true;
    RC_ASSERT(coverage.examined());
  }
  RC_ASSERT(any);
  const bool open = record.subject.kind == FindingKind::unexpected_port;
  for (const PortObservation& seen : world.observations) {
    const bool same = seen.node == record.node && seen.port == *record.subject.port;
    if (same && open) RC_ASSERT(seen.state == PortState::open);  // of another class now
  }
}

RC_GTEST_PROP(Alerts, KeepTheBookWhateverComes, ()) {
  Book book;
  std::map<AlertSubject, std::int64_t> ids;
  WallTime now = kNoon;
  const int sweeps = *rc::gen::inRange(1, 12);
  for (int i = 0; i < sweeps; ++i) {
    const std::vector<AlertRecord> before = book.records;
    const World world = random_world();
    const AlertChanges changes = book.sweep(world, now, *rc::gen::inRange(0, 4) == 0);
    std::set<std::pair<std::int64_t, std::string>> keys;
    for (const AlertRecord& each : book.records) {
      RC_ASSERT(keys.emplace(each.id, each.node).second);
      RC_ASSERT(each.first_seen <= each.last_seen);
      RC_ASSERT(each.last_seen <= now);
      if (each.status == AlertStatus::pending) continue;  // nobody has seen its id
      const auto [known, fresh] = ids.emplace(each.subject, each.id);
      RC_ASSERT(fresh || known->second == each.id);
    }
    std::set<std::int64_t> used;
    for (const auto& [subject, id] : ids) RC_ASSERT(used.insert(id).second);
    for (const AlertRecord& each : before) {
      if (each.status == AlertStatus::pending) continue;
      RC_ASSERT(keys.contains({each.id, each.node}));
    }
    for (const AlertRecord& each : changes.written) {
      if (each.status == AlertStatus::resolved) check_resolved(each, world);
    }
    for (const Finding& finding : world.judge()) {
      const bool listed = std::ranges::any_of(book.records, [&](const AlertRecord& each) {
        return each.subject == alert_subject(finding) && each.node == finding.node &&
               each.status != AlertStatus::resolved && each.last_seen == now;
      });
      RC_ASSERT(listed || finding.kind == FindingKind::coverage_gap);
    }
    now += std::chrono::minutes(*rc::gen::inRange(1, 10));
    if (ids.empty() || *rc::gen::arbitrary<bool>()) continue;
    AlertAction action;
    action.kind = *rc::gen::element(Kind::acknowledge, Kind::silence, Kind::resolve);
    action.ids = {*rc::gen::elementOf(std::vector<std::int64_t>(used.begin(), used.end()))};
    action.person = "kim";
    action.note = "a note";
    action.duration = std::chrono::minutes(*rc::gen::inRange(1, 30));
    if (const auto acted = act_on_alerts(book.records, action, now)) book.write(*acted);
  }
}

}  // namespace
}  // namespace lockstep
