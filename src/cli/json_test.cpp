// What scripts read of scans, sweeps, the inventory and the machine.

#include "documents/documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "cli/render_machine.h"
#include "cli/test_reports.h"

namespace lockstep::cli {
namespace {

using namespace documents;

namespace json = boost::json;
using testing::ElementsAre;

TEST(ScanJson, KeepsItsPromise) {
  const SweepRecord record =
      record_of({seen("node1", 22), seen("node1", 80, PortState::filtered, Evidence::no_reply)},
                {covered("node1", CoverageGap::unanswered),
                 left_out("x1", CoverageGap::not_resolved, "not found")});
  const std::string text = scan_json(record);
  EXPECT_EQ(text.find('\n'), text.size() - 1) << "one document, one line";
  const json::value parsed = json::parse(text);
  EXPECT_THAT(keys_of(parsed), ElementsAre("started", "duration_ms", "probes_sent", "engine",
                                           "complete", "ports", "coverage"));
  EXPECT_EQ(parsed.at("started"), "2026-09-21T14:13:20Z");
  EXPECT_EQ(parsed.at("duration_ms"), 1500);
  EXPECT_EQ(parsed.at("probes_sent"), 2002U);
  EXPECT_EQ(parsed.at("engine"), "packet");
  EXPECT_EQ(parsed.at("complete"), false);
  EXPECT_EQ(parsed.at("ports"), json::parse(R"([
    {"node":"node1","address":"198.18.0.1","network":"management","protocol":"tcp","port":22,
     "state":"open","evidence":"syn-ack"},
    {"node":"node1","address":"198.18.0.1","network":"management","protocol":"tcp","port":80,
     "state":"filtered","evidence":"no-reply"}])"));
  EXPECT_EQ(parsed.at("coverage"), json::parse(R"([
    {"node":"node1","address":"198.18.0.1","network":"management","protocol":"tcp","wanted":1000,
     "asked":1000,"answered":998,"unanswered":2,"open":3,"closed":995,"passes":2,
     "gap":"unanswered"},
    {"node":"x1","address":null,"network":"management","protocol":"tcp","wanted":0,
     "asked":0,"answered":0,"unanswered":0,"open":0,"closed":0,"passes":0,
     "gap":"not-resolved","note":"not found"}])"));
}

TEST(ScanJson, HasTheStackWhereItWasSeen) {
  Coverage coverage = covered("node1");
  coverage.stack.rst = {.ttl = 64, .window = 0};
  const json::value parsed = json::parse(scan_json(record_of({}, {coverage})));
  EXPECT_EQ(parsed.at("coverage").at(0).at("stack"), "RST: TTL 64, window 0");
}

TEST(ScanJson, NamesTheProblem) {
  SweepRecord record = record_of({}, {});
  EXPECT_EQ(json::parse(scan_json(record)).at("complete"), true);
  record.summary.interrupted = true;
  record.summary.problem = "the \"link\"\nwent away";
  const json::value parsed = json::parse(scan_json(record));
  EXPECT_EQ(parsed.at("complete"), false);
  EXPECT_EQ(parsed.at("problem"), "the \"link\"\nwent away");
}

TEST(ScanJson, IsUtf8WhateverComesIn) {
  const struct {
    const char* description;
    std::string text;
    const char* becomes;
  } kRows[] = {
      {"ASCII", "eth0", "eth0"},
      {"two, three and four bytes", "\xc3\xb6\xe2\x82\xac\xf0\x9f\x99\x82",
       "\xc3\xb6\xe2\x82\xac\xf0\x9f\x99\x82"},
      {"controls", std::string("\x1b\x00\x07", 3), nullptr},
      {"a lone byte",
       "a\xff"
       "b",
       "a\xef\xbf\xbd"
       "b"},
      {"cut short", "a\xe2\x82", "a\xef\xbf\xbd\xef\xbf\xbd"},
      {"overlong", "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"a surrogate", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"beyond Unicode", "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    SweepRecord record = record_of({}, {});
    record.summary.problem = row.text;
    const json::value parsed = json::parse(scan_json(record));
    EXPECT_EQ(parsed.at("problem").as_string(),
              row.becomes == nullptr ? row.text : std::string(row.becomes));
  }
}

TEST(SweepJson, KeepsItsPromise) {
  control::SweepReport report = deviating();
  report.rows[0].last_closed = kStarted - std::chrono::hours(1);
  report.rows[0].finding.subject.clones = "8 of 10 closed";
  report.rows.push_back(pending_row());
  control::SweepRow gap;
  gap.finding.subject =
      finding_of(FindingKind::coverage_gap, Severity::medium, std::nullopt, std::nullopt);
  gap.finding.subject.detail = "why";
  gap.finding.nodes = {"node9"};
  gap.status = AlertStatus::pending;
  gap.first_seen = kStarted;
  report.rows.push_back(gap);
  report.resolved = {alert_row(3, AlertStatus::resolved, {"node1"})};
  const json::value parsed = json::parse(sweep_json(report));
  EXPECT_THAT(keys_of(parsed),
              ElementsAre("started", "duration_ms", "probes_sent", "engine", "complete", "sweep",
                          "state", "nodes", "proven", "findings", "resolved", "coverage"));
  EXPECT_EQ(parsed.at("sweep"), 12);
  EXPECT_EQ(parsed.at("state"), "finished");
  EXPECT_EQ(parsed.at("nodes"), 2U);
  EXPECT_EQ(parsed.at("proven"), 2U);
  EXPECT_EQ(parsed.at("findings"), json::parse(R"([
    {"kind":"unexpected-port","severity":"high","class":"compute","network":"management",
     "nodes":"node[3,7]","node_count":2,"protocol":"tcp","port":4444,"state":"open","detail":"",
     "first_seen":"2026-09-21T14:16:20Z","alert":"A-2","status":"open","new":true,
     "last_closed":"2026-09-21T13:13:20Z","expected":"closed","clones":"8 of 10 closed",
     "owner":null,"until":null},
    {"kind":"missing-port","severity":"low","class":"compute","network":"management",
     "nodes":"node5","node_count":1,"protocol":"tcp","port":9100,"state":"closed","detail":"",
     "first_seen":"2026-09-21T14:13:20Z","alert":null,"status":"pending","new":false,
     "last_closed":null,"expected":"","clones":"","owner":null,"until":null},
    {"kind":"coverage-gap","severity":"medium","class":"compute","network":"management",
     "nodes":"node9","node_count":1,"protocol":null,"port":null,"state":null,"detail":"why",
     "first_seen":"2026-09-21T14:13:20Z","alert":null,"status":null,"new":false,
     "last_closed":null,"expected":"","clones":"","owner":null,"until":null}])"));
  EXPECT_EQ(parsed.at("resolved").at(0).at("id"), "A-3");
  EXPECT_EQ(parsed.at("coverage").as_array().size(), 2U);
}

TEST(SweepJson, HasWhatServicesSaidWhereTheyWereAsked) {
  control::SweepReport report;
  EXPECT_FALSE(json::parse(sweep_json(report)).as_object().contains("services"));
  report.record.identified_in = std::chrono::milliseconds(1500);
  ServiceObservation& seen = report.record.services.emplace_back();
  seen.node = "node1";
  seen.port = 111;
  seen.service.name = "rpcbind";
  seen.service.programs = {{100000, 2, 4}};
  seen.service.doubt = ServiceDoubt::two_answers;
  const json::value parsed = json::parse(sweep_json(report));
  EXPECT_EQ(parsed.at("services_ms"), 1500);
  const json::value& row = parsed.at("services").at(0);
  EXPECT_EQ(row.at("node"), "node1");
  EXPECT_EQ(row.at("service").at("name"), "rpcbind");
  EXPECT_EQ(row.at("service").at("answer"), "spoke");
  EXPECT_EQ(row.at("service").at("doubt"), "two-answers");
  EXPECT_EQ(row.at("service").at("programs").at(0).at("highest"), 4);
}

TEST(SweepJson, NamesWhoHasIt) {
  control::SweepReport report = deviating();
  report.rows[0].status = AlertStatus::acknowledged;
  report.rows[0].is_new = false;
  report.rows[0].owner = "kim";
  report.rows[0].until = kStarted;
  const json::value row = json::parse(sweep_json(report)).at("findings").at(0);
  EXPECT_EQ(row.at("status"), "acknowledged");
  EXPECT_EQ(row.at("owner"), "kim");
  EXPECT_EQ(row.at("until"), "2026-09-21T14:13:20Z");
}

TEST(NodesJson, KeepsItsPromise) {
  const std::vector<Node> nodes = {
      {"node1",
       {"compute", "gpu"},
       "rack1",
       {{kFirst, kDefaultNetwork}, {*IpAddress::parse("fd00::1"), "hsn"}}},
      {"x1", {}, {}, {}}};
  EXPECT_EQ(json::parse(nodes_json(nodes)), json::parse(R"({"nodes":[
    {"node":"node1","classes":["compute","gpu"],"group":"rack1","addresses":[
      {"address":"198.18.0.1","network":"management"},{"address":"fd00::1","network":"hsn"}]},
    {"node":"x1","classes":[],"group":null,"addresses":[]}]})"));
}

TEST(DoctorJson, KeepsItsPromise) {
  const std::vector<DoctorCheck> checks = {
      {"rights", DoctorCheck::Verdict::good, "all there", ""},
      {"clock", DoctorCheck::Verdict::limited, "not synchronised", "run chrony"},
      {"store", DoctorCheck::Verdict::bad, "cannot be opened", "make the folder"}};
  EXPECT_EQ(json::parse(doctor_json(checks)), json::parse(R"({"checks":[
    {"check":"rights","verdict":"good","finding":"all there","remedy":""},
    {"check":"clock","verdict":"limited","finding":"not synchronised","remedy":"run chrony"},
    {"check":"store","verdict":"bad","finding":"cannot be opened","remedy":"make the folder"}]})"));
}

}  // namespace
}  // namespace lockstep::cli
