// What people read of a sweep.

#include "cli/render_sweep.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "cli/test_reports.h"

namespace lockstep::cli {
namespace {

using control::SweepReport;
using control::SweepRow;
using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(SweepText, IsWhatOneNeedsAtThreeInTheMorning) {
  SweepReport report = deviating();
  report.record.coverage.push_back(covered("node9", CoverageGap::unreachable));
  report.record.summary.probes_sent = 655'350;
  report.record.summary.duration = std::chrono::seconds(723);
  report.nodes = 9000;
  report.proven = 8874;
  report.reasked = 2;
  report.rows[0].alert = 1093;
  report.rows[0].last_closed = kStarted - hours(1);
  report.rows[0].finding.subject.clones = "8,278 of 8,280 closed";
  SweepRow acknowledged = new_row(9, {"login1"});
  acknowledged.status = AlertStatus::acknowledged;
  acknowledged.is_new = false;
  acknowledged.finding.subject.port = 5555;
  acknowledged.first_seen = kStarted - hours(48);
  acknowledged.owner = "kim";
  acknowledged.until = kStarted + hours(24);
  report.rows.push_back(acknowledged);
  report.rows.push_back(pending_row());
  AlertRow resolved = alert_row(1071, AlertStatus::resolved, {"login[1]"});
  resolved.nodes = {"login1", "login2"};
  resolved.first.resolution = "answered closed";
  report.resolved = {resolved};
  EXPECT_THAT(
      text_lines(sweep_text(report)),
      ElementsAre(
          "sweep #12 2026-09-21 14:13-14:25Z from mon1, packet, 655,350 probes in 12 min 3 s "
          "(906 pps)",
          "8,874/9,000 nodes proven. NOT:", "  unreachable: node9",
          "1 NEW, 1 at first look, 1 acknowledged, 1 resolved", "",
          "HIGH  A-1093  NEW         unexpected-port  compute  4444/tcp open  node[3,7]",
          "  clones: 8,278 of 8,280 closed; re-asked 2x, still open",
          "  first 14:16Z, last closed 13:13Z",
          "HIGH  A-9     ACK         unexpected-port  compute  5555/tcp open  login1",
          "  re-asked 2x, still open", "  acknowledged by kim until 2026-09-22 14:13Z",
          "  first 2026-09-19 14:13Z",
          "LOW   -       FIRST LOOK  missing-port  compute  9100/tcp closed  node5",
          "  an alert if it is still so after the next look",
          "RESOLVED  A-1071  unexpected-port  compute  4444/tcp open  login[1-2]: answered closed",
          "Next: lockstep nodes 'node[3,7]'; lockstep alert ack A-1093 --note ..."));
}

TEST(SweepText, NothingDeviates) {
  const struct {
    const char* description;
    std::function<void(SweepReport&)> change;
    const char* says;
    const char* says_not;
  } kRows[] = {
      {"all is proven", [](SweepReport&) {}, "2/2 nodes proven.\nIn step: nothing deviates.\n",
       "Next"},
      {"something is not", [](SweepReport& r) { r.record.coverage[0].asked = 4; },
       "Nothing deviates in what was examined.\n", "In step"},
      {"it was interrupted",
       [](SweepReport& r) {
         r.record.summary.interrupted = true;
         r.record.coverage[0].gap = CoverageGap::interrupted;
       },
       "INCOMPLETE: interrupted; what was found so far stands\nNothing deviates in what",
       "In step"},
      {"something is over",
       [](SweepReport& r) { r.resolved = {alert_row(7, AlertStatus::resolved, {"node1"})}; },
       "In step: nothing deviates.\n1 resolved\n\nRESOLVED  A-7  unexpected-port  compute  "
       "4444/tcp open  node1\n",
       "Next"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    SweepReport report = deviating();
    report.rows.clear();
    row.change(report);
    EXPECT_THAT(sweep_text(report), HasSubstr(row.says));
    EXPECT_THAT(sweep_text(report), Not(HasSubstr(row.says_not)));
  }
}

TEST(SweepText, ClaimsNoProofThatItDoesNotHave) {
  SweepReport report = deviating();
  report.record.coverage[0].gap = CoverageGap::unreachable;
  report.proven = 1;
  EXPECT_THAT(sweep_text(report), HasSubstr("1/2 nodes proven. NOT:\n  unreachable: node3\n"));
}

TEST(SweepText, SaysWhatEndedIt) {
  SweepReport report = deviating();
  report.record.summary.problem = "eth0: the link went away";
  EXPECT_THAT(sweep_text(report), HasSubstr("\nINCOMPLETE: eth0: the link went away\n1 NEW\n"));
}

TEST(SweepText, TheHeadLeavesOutWhatIsNotKnown) {
  SweepReport report = deviating();
  report.info = {};
  report.record.summary.method = "";
  EXPECT_THAT(text_lines(sweep_text(report)).front(),
              "sweep 2026-09-21 14:13-14:13Z, 2,002 probes in 1.50 s (1 kpps)");
  report.info.ended = kStarted + hours(12);
  EXPECT_THAT(text_lines(sweep_text(report)).front(),
              HasSubstr("sweep 2026-09-21 14:13-2026-09-22 02:13Z, "));
}

TEST(SweepText, EachRowTellsKindClassSubjectAndNodesOnOneLine) {
  const struct {
    const char* description;
    std::function<void(Finding&)> change;
    const char* says;
  } kRows[] = {
      {"a port on the default network", [](Finding&) {},
       "HIGH  A-2  NEW  unexpected-port  compute  4444/tcp open  node1\n"},
      {"a port on another", [](Finding& f) { f.network = "hsn"; },
       "  unexpected-port  compute@hsn  4444/tcp open  node1\n"},
      {"several classes", [](Finding& f) { f.node_class = "compute+gpu"; },
       "  unexpected-port  compute+gpu  4444/tcp open  node1\n"},
      {"many ports as one cause", [](Finding& f) { f.port.reset(); },
       "  unexpected-port  compute  */tcp open  node1\n"},
      {"gone when asked again", [](Finding& f) { f.kind = FindingKind::transient_port; },
       "  transient-port  compute  4444/tcp open  node1\n"},
      {"filtered",
       [](Finding& f) {
         f.kind = FindingKind::unexpected_filtered;
         f.state = PortState::filtered;
       },
       "  unexpected-filtered  compute  4444/tcp filtered  node1\n"},
      {"missing",
       [](Finding& f) {
         f.kind = FindingKind::missing_port;
         f.state = PortState::closed;
       },
       "  missing-port  compute  4444/tcp closed  node1\n"},
      {"unreachable",
       [](Finding& f) {
         f = finding_of(FindingKind::node_unreachable, f.severity, std::nullopt, std::nullopt);
       },
       "  node-unreachable  compute  no answer  node1\n"},
      {"not examined",
       [](Finding& f) {
         f = finding_of(FindingKind::coverage_gap, f.severity, std::nullopt, std::nullopt);
       },
       "  coverage-gap  compute  not proven  node1\n"},
      {"no class, and no network in particular",
       [](Finding& f) {
         f = finding_of(FindingKind::coverage_gap, f.severity, std::nullopt, std::nullopt);
         f.network = f.node_class = "";
       },
       "  coverage-gap  -  not proven  node1\n"},
      {"a critical one", [](Finding& f) { f.severity = Severity::critical; }, "\nCRIT  A-2  NEW  "},
      {"an informational one", [](Finding& f) { f.severity = Severity::informational; },
       "\nINFO  A-2  NEW  "},
      {"with a detail", [](Finding& f) { f.detail = "more than one port"; },
       "node1\n  more than one port\n"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    SweepReport report = deviating();
    report.rows = {new_row(2, {"node1"})};
    row.change(report.rows[0].finding.subject);
    EXPECT_THAT(sweep_text(report), HasSubstr(row.says));
  }
}

TEST(SweepText, AChangedProfileHasNoNodes) {
  SweepReport report = deviating();
  report.rows[0].finding.subject =
      finding_of(FindingKind::profile_changed, Severity::high, std::nullopt, std::nullopt);
  report.rows[0].finding.subject.network = "hsn";
  report.rows[0].finding.nodes.clear();
  const std::string text = sweep_text(report);
  EXPECT_THAT(text, HasSubstr("  NEW  profile-changed  compute@hsn  not as approved\n"));
  EXPECT_THAT(text, HasSubstr("Next: lockstep profile diff --class compute@hsn; "
                              "lockstep alert ack A-2 --note ...\n"));
}

TEST(SweepText, TellsAStackWithoutAPort) {
  SweepReport report = deviating();
  Finding& subject = report.rows[0].finding.subject;
  subject =
      finding_of(FindingKind::stack_mismatch, Severity::informational, std::nullopt, std::nullopt);
  subject.detail =
      "its TCP stack answers as RST: TTL 128, window 0, its clones' as RST: TTL 64, "
      "window 0";
  report.rows[0].finding.nodes = {"node3"};
  EXPECT_THAT(sweep_text(report),
              HasSubstr("  NEW  stack-mismatch  compute  TCP stack  node3\n  " + subject.detail));
}

TEST(SweepText, TellsHowFarARowIsDealtWith) {
  const struct {
    AlertStatus status;
    bool is_new;
    const char* state;
    const char* count;
  } kRows[] = {
      {AlertStatus::open, true, "HIGH  A-2  NEW  ", "1 NEW\n"},
      {AlertStatus::open, false, "HIGH  A-2  OPEN  ", "1 open before\n"},
      {AlertStatus::reopened, true, "HIGH  A-2  AGAIN  ", "1 AGAIN\n"},
      {AlertStatus::reopened, false, "HIGH  A-2  OPEN  ", "1 open before\n"},
      {AlertStatus::acknowledged, false, "HIGH  A-2  ACK  ", "1 acknowledged\n"},
      {AlertStatus::silenced, false, "HIGH  A-2  SILENCED  ", "1 silenced\n"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.state);
    SweepReport report = deviating();
    report.rows[0].status = row.status;
    report.rows[0].is_new = row.is_new;
    EXPECT_THAT(sweep_text(report), HasSubstr(std::string("\n") + row.state));
    EXPECT_THAT(sweep_text(report), HasSubstr(std::string("\n") + row.count));
  }
}

TEST(SweepText, WhatAnInterruptedSweepLeftOutIsNoAlert) {
  SweepReport report = deviating();
  report.rows = {pending_row()};
  report.rows[0].finding.subject =
      finding_of(FindingKind::coverage_gap, Severity::medium, std::nullopt, std::nullopt);
  const std::string text = sweep_text(report);
  EXPECT_THAT(text, HasSubstr("1 that is no alert\n\nMED   -  -  coverage-gap  compute  "));
  EXPECT_THAT(text, Not(HasSubstr("next look")));
  EXPECT_THAT(text, HasSubstr("Next: lockstep nodes node5\n"));
}

TEST(SweepText, TheNextStepIsAboutWhatIsNew) {
  SweepReport report = deviating();
  SweepRow known = new_row(1, {"node1"});
  known.is_new = false;
  report.rows.insert(report.rows.begin(), known);
  EXPECT_THAT(sweep_text(report),
              HasSubstr("Next: lockstep nodes 'node[3,7]'; lockstep alert ack A-2 --note ...\n"));
  report.rows = {known};
  EXPECT_THAT(sweep_text(report),
              HasSubstr("Next: lockstep nodes node1; lockstep alert ack A-1 --note ...\n"));
  report.rows[0].status = AlertStatus::silenced;
  EXPECT_THAT(sweep_text(report), HasSubstr("Next: lockstep nodes node1\n")) << "somebody has it";
  report.rows[0].finding.subject.kind = FindingKind::hostkey_changed;
  EXPECT_THAT(sweep_text(report), HasSubstr("Next: lockstep keys node1; or, where it was installed "
                                            "again, lockstep key accept node1\n"));
}

TEST(SweepText, TheNextStepNamesAllNodes) {
  SweepReport report = deviating();
  report.rows[0].finding.nodes.clear();
  std::string set;
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    report.rows[0].finding.nodes.push_back(fmt::format("{}-node7", letter));
    set += fmt::format("{}{}-node7", set.empty() ? "" : ",", letter);
  }
  EXPECT_THAT(sweep_text(report), HasSubstr(fmt::format("Next: lockstep nodes {}; ", set)));
}

TEST(SweepText, HostileTextIsQuoted) {
  SweepReport report = deviating();
  report.info.host = kHostile;
  report.record.summary.problem = kHostile;
  report.record.coverage[0] = covered(kHostile, CoverageGap::unreachable, kHostile);
  SweepRow& row = report.rows[0];
  row.status = AlertStatus::acknowledged;
  row.owner = row.finding.subject.node_class = row.finding.subject.network = kHostile;
  row.finding.subject.detail = row.finding.subject.clones = kHostile;
  row.finding.nodes = {kHostile};
  report.resolved = {alert_row(7, AlertStatus::resolved, {kHostile})};
  report.resolved[0].first.resolution = report.resolved[0].first.subject.node_class = kHostile;
  const std::string text = sweep_text(report);
  EXPECT_TRUE(is_safe(text)) << text;
  EXPECT_THAT(text, Not(HasSubstr("\nHIGH  A-1"))) << "no forged row";
}

}  // namespace
}  // namespace lockstep::cli
