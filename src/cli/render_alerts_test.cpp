// What people read of alerts.

#include "cli/render_alerts.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "cli/test_reports.h"

namespace lockstep::cli {
namespace {

using control::AlertListing;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(AlertsText, HasARowAnAlertAndSaysHowFarToTrustIt) {
  AlertRow acknowledged = alert_row(71, AlertStatus::acknowledged, {"login1", "login2"});
  acknowledged.first.severity = Severity::medium;
  acknowledged.first.subject.kind = FindingKind::missing_port;
  acknowledged.first.subject.node_class = "login";
  acknowledged.first.subject.state = PortState::closed;
  acknowledged.first.owner = "kim";
  acknowledged.first.until = kStarted + std::chrono::days(3);
  acknowledged.first.note = "asked the vendor";
  acknowledged.first_seen = kStarted - std::chrono::days(2);
  AlertListing listing =
      listing_of({alert_row(1093, AlertStatus::open, {"node017", "node201"}), acknowledged});
  listing.unproven = 1126;
  EXPECT_THAT(
      text_lines(alerts_text(listing)),
      ElementsAre("SEV   ID      STATE  KIND             CLASS    WHAT             NODES          "
                  "SINCE  ASKED  OWNER",
                  "HIGH  A-1093  NEW    unexpected-port  compute  4444/tcp open    node[017,201]  "
                  "1h     5m     -",
                  "MED   A-71    ACK    missing-port     login    4444/tcp closed  login[1-2]     "
                  "2d     5m     kim>2026-09-24",
                  "  note: \"asked the vendor\"", "2 rows, 4 nodes; 1,126 unproven; data 5m old"));
}

TEST(AlertsText, States) {
  const struct {
    AlertStatus status;
    const char* state;
    const char* owner;
  } kRows[] = {
      {AlertStatus::pending, "  PENDING  ", "  -"},
      {AlertStatus::open, "  NEW    ", "  -"},
      {AlertStatus::reopened, "  AGAIN  ", "  -"},
      {AlertStatus::acknowledged, "  ACK    ", "  kim>2026-09-21"},
      {AlertStatus::silenced, "  SILENCED  ", "  kim>2026-09-21"},
      {AlertStatus::resolved, "  RESOLVED  ", "  -"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.state);
    AlertRow alert = alert_row(1, row.status, {"node1"});
    alert.first.owner = "kim";
    alert.first.until = kStarted;
    const std::string line = text_lines(alerts_text(listing_of({alert})))[1];
    EXPECT_THAT(line, HasSubstr(row.state));
    EXPECT_THAT(line, testing::EndsWith(row.owner));
  }
}

TEST(AlertsText, AClassIsNoNode) {
  AlertRow row = alert_row(1, AlertStatus::open, {});
  row.first.subject = {.kind = FindingKind::profile_changed,
                       .node_class = "compute",
                       .network = "hsn",
                       .protocol = {},
                       .port = {},
                       .state = {},
                       .reason = ""};
  EXPECT_THAT(text_lines(alerts_text(listing_of({row})))[1],
              "HIGH  A-1  NEW    profile-changed  compute@hsn  not as approved  -      1h     5m   "
              "  -");
}

TEST(AlertsText, SaysWhyARowIsOver) {
  AlertRow row = alert_row(1, AlertStatus::resolved, {"node1"});
  row.first.resolution = "kim: the test is over";
  EXPECT_THAT(alerts_text(listing_of({row})), HasSubstr("\n  resolved: kim: the test is over\n"));
  row.status = AlertStatus::reopened;
  EXPECT_THAT(alerts_text(listing_of({row})), Not(HasSubstr("resolved:"))) << "it is not over";
}

TEST(AlertsText, SaysWhatIsWrongWithTheData) {
  const struct {
    const char* description;
    std::function<void(AlertListing&)> change;
    const char* with_rows;
    const char* without;
  } kRows[] = {
      {"all is proven", [](AlertListing&) {}, "1 row, 1 node; 0 unproven; data 5m old\n",
       "No open alert; 10 nodes proven; data 5m old\n"},
      {"rows of other nodes are left out", [](AlertListing& l) { l.of_some_nodes = true; },
       "1 row, 1 node; 0 unproven; data 5m old\n",
       "No open alert of these nodes; 10 nodes proven; data 5m old\n"},
      {"some is not", [](AlertListing& l) { l.unproven = 126; },
       "1 row, 1 node; 126 unproven; data 5m old\n",
       "No open alert in what was examined; 126 nodes unproven; data 5m old\n"},
      {"never swept", [](AlertListing& l) { l.latest.reset(); }, "1 row, 1 node; never swept\n",
       "No alert, and nothing is proven: never swept. Next: lockstep sweep\n"},
      {"plug-ins alone",
       [](AlertListing& l) {
         l.measured = l.latest->ended;
         l.latest.reset();
       },
       "1 row, 1 node; values 5m old, and ports were never asked\n",
       "No open alert of values; values 5m old, and ports were never asked\n"},
      {"interrupted", [](AlertListing& l) { l.latest->state = SweepState::interrupted; },
       "data 5m old; the latest sweep, #12, was interrupted\n",
       "No open alert in what was examined; 0 nodes unproven; data 5m old; the latest sweep, #12, "
       "was interrupted\n"},
      {"failed",
       [](AlertListing& l) {
         l.latest->state = SweepState::failed;
         l.latest->problem = "eth0 went away";
       },
       "; the latest sweep, #12, failed: eth0 went away\n",
       "; the latest sweep, #12, failed: eth0 went away\n"},
      {"lost", [](AlertListing& l) { l.latest->state = SweepState::lost; },
       "; the latest sweep, #12, was lost: its program went away\n",
       "; the latest sweep, #12, was lost: its program went away\n"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    AlertListing listing = listing_of({alert_row(1, AlertStatus::open, {"node1"})});
    row.change(listing);
    EXPECT_THAT(alerts_text(listing), HasSubstr(row.with_rows));
    AlertListing none = listing_of({});
    row.change(none);
    EXPECT_THAT(alerts_text(none), HasSubstr(row.without));
    EXPECT_THAT(text_lines(alerts_text(none)), testing::SizeIs(1));
  }
}

TEST(AlertsText, HostileTextIsQuoted) {
  AlertRow row = alert_row(9, AlertStatus::acknowledged, {kHostile});
  row.first.owner = row.first.note = row.first.detail = kHostile;
  row.first.subject.node_class = row.first.subject.network = kHostile;
  AlertRow over = alert_row(8, AlertStatus::resolved, {"node1"});
  over.first.resolution = kHostile;
  AlertListing listing = listing_of({row, over});
  listing.latest->state = SweepState::failed;
  listing.latest->problem = kHostile;
  const std::string text = alerts_text(listing);
  EXPECT_TRUE(is_safe(text)) << text;
  EXPECT_THAT(text_lines(text), testing::SizeIs(7)) << "no forged row";
}

TEST(AlertsText, ANoteIsNoBook) {
  AlertRow row = alert_row(9, AlertStatus::silenced, {"node1"});
  row.first.note = std::string(100'000, 'x');
  row.first.until.reset();
  EXPECT_LT(alerts_text(listing_of({row})).size(), 1000U);
}

TEST(ActedText, IsTheRowsAlone) {
  const std::string text = acted_text(listing_of({alert_row(1, AlertStatus::resolved, {"node1"})}));
  EXPECT_THAT(text_lines(text), testing::SizeIs(2));
  EXPECT_THAT(text, HasSubstr("A-1"));
  EXPECT_EQ(acted_text(listing_of({})), "No row of these alerts is left.\n");
}

}  // namespace
}  // namespace lockstep::cli
