// What people read of a scan, of the inventory and of the machine.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/render_machine.h"
#include "cli/render_scan.h"
#include "cli/test_reports.h"

namespace lockstep::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(ScanText, FoldsNodesThatShowTheSame) {
  const SweepRecord record =
      record_of({seen("node2", 22), seen("node1", 22), seen("node3", 22), seen("node3", 40404),
                 seen("node1", 80, PortState::filtered, Evidence::no_reply)},
                {covered("node1"), covered("node2"), covered("node3")});
  EXPECT_THAT(
      text_lines(scan_text(record)),
      ElementsAre("PORT       STATE     EVIDENCE  NAME  NODES",
                  "22/tcp     open      syn-ack   ssh   node[1-3]",
                  "80/tcp     filtered  no-reply  http  node1",
                  "40404/tcp  open      syn-ack         node3", "",
                  "3 of 3 addresses examined in full: 3,000 ports asked, 2,994 answered, 9 open",
                  "2,002 probes in 1.50 s (1 kpps), engine packet"));
}

TEST(ScanText, SaysWhatWasNotExaminedAndWhy) {
  SweepRecord record = record_of(
      {}, {covered("node1", CoverageGap::interrupted), covered("node2", CoverageGap::interrupted),
           left_out("x1", CoverageGap::not_resolved, "its name has no address: not found"),
           covered("y1", CoverageGap::unanswered), covered("z1", CoverageGap::unanswered, "cut")});
  record.summary.interrupted = true;
  record.coverage[1].asked = 400;
  const std::string text = scan_text(record);
  EXPECT_THAT(text, StartsWith("INCOMPLETE: interrupted; what was found so far stands\n"));
  EXPECT_THAT(text, HasSubstr("2 of 5 addresses examined in full"));
  EXPECT_THAT(text, HasSubstr("  interrupted: node[1-2] (1,400 of 2,000 ports asked)\n"));
  EXPECT_THAT(text, HasSubstr("  not-resolved: x1 (its name has no address: not found)\n"));
  EXPECT_THAT(text, HasSubstr("  unanswered: z1 (cut)\n"));
  EXPECT_THAT(text, Not(HasSubstr("y1"))) << "filtered ports are no gap";
}

TEST(ScanText, SaysWhatEndedIt) {
  SweepRecord record = record_of({}, {covered("node1", CoverageGap::interrupted)});
  record.summary.interrupted = true;
  record.summary.problem = "eth0: the link went away";
  EXPECT_THAT(scan_text(record), StartsWith("INCOMPLETE: eth0: the link went away\n"));
}

TEST(ScanText, HostileTextIsQuoted) {
  SweepRecord record =
      record_of({seen(kHostile, 22)}, {left_out("x1", CoverageGap::not_resolved, kHostile)});
  record.summary.problem = kHostile;
  EXPECT_TRUE(is_safe(scan_text(record))) << scan_text(record);
}

const std::vector<Node> kNodes = {
    {"node1",
     {"compute", "gpu"},
     "rack1",
     {{kFirst, kDefaultNetwork}, {*IpAddress::parse("fd00::1"), "hsn"}}},
    {"x1", {}, {}, {}}};

TEST(NodesText, HasALineANode) {
  EXPECT_THAT(text_lines(nodes_text(kNodes)),
              ElementsAre("NODE   CLASSES      GROUP  ADDRESSES",
                          "node1  compute,gpu  rack1  198.18.0.1,fd00::1@hsn",
                          "x1                  -      by name"));
}

const std::vector<DoctorCheck> kChecks = {
    {"rights", DoctorCheck::Verdict::good, "all there", ""},
    {"clock", DoctorCheck::Verdict::limited, "not synchronised", "run chrony"},
    {"store", DoctorCheck::Verdict::bad, "cannot be opened", "make the folder"}};

TEST(DoctorText, NamesRemedies) {
  EXPECT_THAT(text_lines(doctor_text(kChecks)),
              ElementsAre("CHECK   VERDICT  FOUND", "rights  ok       all there",
                          "clock   limited  not synchronised", "store   MISSING  cannot be opened",
                          "", "What to do:", "  clock: run chrony", "  store: make the folder"));
  EXPECT_THAT(doctor_text({kChecks[0]}), Not(HasSubstr("What to do")));
}

TEST(NodesText, HostileTextIsQuoted) {
  const std::string text = nodes_text({{kHostile, {kHostile}, kHostile, {{kFirst, kHostile}}}});
  EXPECT_TRUE(is_safe(text)) << text;
  EXPECT_THAT(text_lines(text), testing::SizeIs(2)) << "no forged row";
}

}  // namespace
}  // namespace lockstep::cli
