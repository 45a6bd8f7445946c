// What people and scripts read.

#include "cli/render.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <functional>
#include <sstream>

#include "cli/format.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/table.h"

namespace lockstep::cli {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const IpAddress kFirst = IpAddress::v4(0xc6120001);  // 198.18.0.1

PortObservation seen(const std::string& node, Port port, PortState state = PortState::open,
                     Evidence evidence = Evidence::syn_ack) {
  return {node, kFirst, kDefaultNetwork, Protocol::tcp, port, state, evidence};
}

Coverage covered(const std::string& node, CoverageGap gap = CoverageGap::none,
                 std::string note = "") {
  Coverage coverage;
  coverage.node = node;
  coverage.address = kFirst;
  coverage.network = kDefaultNetwork;
  coverage.wanted = coverage.asked = 1000;
  coverage.answered = 998;
  coverage.unanswered = 2;
  coverage.open = 3;
  coverage.closed = 995;
  coverage.passes = 2;
  coverage.gap = gap;
  coverage.note = std::move(note);
  return coverage;
}

Coverage left_out(const std::string& node, CoverageGap gap, std::string note) {
  Coverage coverage = covered(node, gap, std::move(note));
  coverage.wanted = coverage.asked = coverage.answered = coverage.unanswered = 0;
  coverage.open = coverage.closed = coverage.passes = 0;
  if (gap == CoverageGap::not_resolved) coverage.address = {};
  return coverage;
}

SweepRecord record_of(std::vector<PortObservation> observations, std::vector<Coverage> coverage) {
  SweepRecord record;
  record.started = WallTime(seconds(1'790'000'000));  // 2026-09-21T14:13:20Z
  record.summary.method = "packet";
  record.summary.probes_sent = 2002;
  record.summary.duration = milliseconds(1500);
  record.observations = std::move(observations);
  record.coverage = std::move(coverage);
  return record;
}

FindingRow row_of(FindingKind kind, Severity severity, std::optional<Port> port,
                  std::vector<std::string> nodes, std::string detail = "") {
  FindingRow row;
  row.subject = {.kind = kind,
                 .severity = severity,
                 .node_class = "compute",
                 .node = nodes.front(),
                 .network = kDefaultNetwork,
                 .address = kFirst,
                 .protocol = std::nullopt,
                 .port = port,
                 .state = std::nullopt,
                 .detail = std::move(detail)};
  if (port) {
    row.subject.protocol = Protocol::tcp;
    row.subject.state = PortState::open;
  }
  row.nodes = std::move(nodes);
  return row;
}

control::SweepReport deviating() {
  control::SweepReport report;
  report.record =
      record_of({seen("node3", 4444), seen("node7", 4444)}, {covered("node3"), covered("node7")});
  report.rows = {row_of(FindingKind::unexpected_port, Severity::high, 4444, {"node3", "node7"})};
  report.nodes = report.proven = 2;
  return report;
}

std::vector<std::string> keys_of(const json::value& value) {
  std::vector<std::string> keys;
  for (const auto& [key, member] : value.as_object()) keys.emplace_back(key);
  return keys;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// --- Text. ---

TEST(ScanText, FoldsNodesThatShowTheSame) {
  const SweepRecord record =
      record_of({seen("node2", 22), seen("node1", 22), seen("node3", 22), seen("node3", 40404),
                 seen("node1", 80, PortState::filtered, Evidence::no_reply)},
                {covered("node1"), covered("node2"), covered("node3")});
  EXPECT_THAT(
      lines_of(scan_text(record)),
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

TEST(SweepText, ShowsARowACause) {
  EXPECT_THAT(
      lines_of(sweep_text(deviating())),
      ElementsAre("sweep 2026-09-21T14:13:20Z: 2,002 probes in 1.50 s (1 kpps), engine packet",
                  "2/2 nodes proven.", "1 finding", "",
                  "SEVERITY  KIND             CLASS    WHAT           NODES      DETAIL",
                  "high      unexpected-port  compute  4444/tcp open  node[3,7]", "",
                  "Next: lockstep nodes \"node[3,7]\""));
}

TEST(SweepText, SaysThatNothingDeviates) {
  control::SweepReport report = deviating();
  report.rows.clear();
  EXPECT_THAT(sweep_text(report), HasSubstr("2/2 nodes proven.\nIn step: nothing deviates.\n"));
}

TEST(SweepText, ClaimsNoProofThatItDoesNotHave) {
  control::SweepReport report = deviating();
  report.record.coverage[0].gap = CoverageGap::unreachable;
  report.proven = 1;
  EXPECT_THAT(sweep_text(report), HasSubstr("1/2 nodes proven. NOT:\n  unreachable: node3\n"));
}

TEST(SweepText, NamesTheSubjectOfEveryKindOfRow) {
  const struct {
    const char* description;
    std::function<void(Finding&)> change;
    const char* says;
  } kRows[] = {
      {"a port on the default network", [](Finding&) {}, "  compute  4444/tcp open  node1"},
      {"a port on another", [](Finding& f) { f.network = "hsn"; },
       "  compute@hsn  4444/tcp open  node1"},
      {"many ports as one cause", [](Finding& f) { f.port.reset(); },
       "  compute  */tcp open  node1"},
      {"the node itself",
       [](Finding& f) {
         f.port.reset();
         f.protocol.reset();
         f.state.reset();
       },
       "  compute  -     node1"},
      {"the node itself on no network in particular", [](Finding& f) { f.network = ""; },
       "  compute  4444/tcp open  node1"},
      {"a node without class",
       [](Finding& f) {
         f.network = "";
         f.node_class = "";
       },
       "  -      4444/tcp open  node1"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    control::SweepReport report = deviating();
    report.rows = {row_of(FindingKind::unexpected_port, Severity::high, 4444, {"node1"})};
    row.change(report.rows[0].subject);
    EXPECT_THAT(sweep_text(report), HasSubstr(row.says));
  }
}

TEST(SweepText, TheNextStepNamesAllNodes) {
  control::SweepReport report = deviating();
  report.rows[0].nodes.clear();
  std::string set;
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    report.rows[0].nodes.push_back(fmt::format("{}-node7", letter));
    set += fmt::format("{}{}-node7", set.empty() ? "" : ",", letter);
  }
  EXPECT_THAT(sweep_text(report), HasSubstr(fmt::format("Next: lockstep nodes \"{}\"\n", set)));
}

TEST(ProfilesText, IsTableOne) {
  EXPECT_EQ(profiles_text({}), "PORT  PROTOCOL  SERVICE  HOST_TYPE\n");
  EXPECT_THAT(
      lines_of(profiles_text({{"compute", {{22, Protocol::tcp, "ssh"}, {80, Protocol::tcp, ""}}},
                              {"login@hsn", {{53, Protocol::udp, ""}}}})),
      ElementsAre("PORT  PROTOCOL  SERVICE  HOST_TYPE", "22    tcp       \"ssh\"    compute",
                  "80    tcp       -        compute", "53    udp       -        login@hsn"));
}

TEST(ProfilesText, HostileTextIsQuoted) {
  const std::string text =
      profiles_text({{"login\x1b[2J", {{22, Protocol::tcp, "ssh\x1b]0;x\x07\n80 tcp"}}}});
  EXPECT_EQ(text.find_first_of("\x1b\x07"), std::string::npos);
  EXPECT_THAT(lines_of(text), testing::SizeIs(2)) << "no forged row";
  EXPECT_THAT(text, HasSubstr("\"ssh\\x1b"));
  EXPECT_THAT(text, HasSubstr("\"login\\x1b[2J\""));
}

TEST(LearnText, SaysHowMuchWasLearned) {
  control::LearnReport report;
  report.record = record_of({seen("node1", 22)}, {covered("node1")});
  report.profiles = {{"compute", {{22, Protocol::tcp, ""}}}};
  EXPECT_THAT(learn_text(report), StartsWith("compute learned: 1 open port\n"));
  EXPECT_THAT(learn_text(report), HasSubstr("22    tcp       -        compute\n"));
}

const std::vector<Node> kNodes = {
    {"node1",
     {"compute", "gpu"},
     "rack1",
     {{kFirst, kDefaultNetwork}, {*IpAddress::parse("fd00::1"), "hsn"}}},
    {"x1", {}, {}, {}}};

TEST(NodesText, HasALineANode) {
  EXPECT_THAT(lines_of(nodes_text(kNodes)),
              ElementsAre("NODE   CLASSES      GROUP  ADDRESSES",
                          "node1  compute,gpu  rack1  198.18.0.1,fd00::1@hsn",
                          "x1                  -      by name"));
}

const std::vector<DoctorCheck> kChecks = {
    {"rights", DoctorCheck::Verdict::good, "all there", ""},
    {"clock", DoctorCheck::Verdict::limited, "not synchronised", "run chrony"},
    {"store", DoctorCheck::Verdict::bad, "cannot be opened", "make the folder"}};

TEST(DoctorText, NamesRemedies) {
  EXPECT_THAT(lines_of(doctor_text(kChecks)),
              ElementsAre("CHECK   VERDICT  FOUND", "rights  ok       all there",
                          "clock   limited  not synchronised", "store   MISSING  cannot be opened",
                          "", "What to do:", "  clock: run chrony", "  store: make the folder"));
  EXPECT_THAT(doctor_text({kChecks[0]}), Not(HasSubstr("What to do")));
}

TEST(Table, IsAsWideAsItsCells) {
  Table table({"A", "LONGER", "C"});
  EXPECT_TRUE(table.empty());
  table.add({"wide cell", "b", ""});
  EXPECT_FALSE(table.empty());
  EXPECT_EQ(table.to_string(), "A          LONGER  C\nwide cell  b\n");
}

// --- Times and rates. ---

TEST(Format, Durations) {
  const struct {
    nanoseconds duration;
    const char* text;
  } kRows[] = {
      {nanoseconds(0), "0.00 s"},           {milliseconds(842), "0.84 s"},
      {milliseconds(9990), "9.99 s"},       {seconds(10), "10.0 s"},
      {milliseconds(59900), "59.9 s"},      {seconds(60), "1 min 0 s"},
      {seconds(125), "2 min 5 s"},          {seconds(3599), "59 min 59 s"},
      {seconds(3600), "1 h 0 min"},         {seconds(11520), "3 h 12 min"},
      {seconds(1'000'000), "277 h 46 min"},
  };
  for (const auto& row : kRows) EXPECT_EQ(format_duration(row.duration), row.text);
}

TEST(Format, Rates) {
  const struct {
    double rate;
    const char* text;
  } kRows[] = {{0, "0 pps"},          {0.4, "0 pps"},    {950, "950 pps"},       {1000, "1 kpps"},
               {374'000, "374 kpps"}, {1e6, "1.0 Mpps"}, {3'440'000, "3.4 Mpps"}};
  for (const auto& row : kRows) EXPECT_EQ(format_rate(row.rate), row.text) << row.rate;
}

TEST(Format, Times) {
  EXPECT_EQ(format_time(WallTime(seconds(0))), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_time(WallTime(seconds(1'790'000'000) + milliseconds(999))),
            "2026-09-21T14:13:20Z");
}

TEST(Progress, TellsShareRateTimeLeftAndPorts) {
  const struct {
    const char* description;
    CollectProgress progress;
    const char* text;
  } kRows[] = {
      {"nothing is planned yet", {}, "finding the nodes ..."},
      {"in the middle",
       {.done = 370, .planned = 1000, .pass = 1, .open_ports = 1024, .per_second = 90},
       "pass 1  37 %  90 pps  7 s left  1,024 open"},
      {"a long way",
       {.done = 0, .planned = 1'000'000, .pass = 2, .open_ports = 0, .per_second = 100},
       "pass 2  0 %  100 pps  2 h 46 min left  0 open"},
      {"no rate yet", {.done = 1, .planned = 4, .pass = 1}, "pass 1  25 %  0 pps  0 open"},
      {"more done than planned",
       {.done = 9, .planned = 4, .pass = 1, .per_second = 1},
       "pass 1  100 %  1 pps  0 s left  0 open"},
      {"a rate of next to nothing",
       {.done = 0, .planned = 1ULL << 40, .pass = 1, .per_second = 1e-12},
       "pass 1  0 %  0 pps  0 open"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(format_progress(row.progress), row.text) << row.description;
  }
}

// --- JSON. ---

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

TEST(ScanJson, NamesTheProblem) {
  SweepRecord record = record_of({}, {});
  EXPECT_EQ(json::parse(scan_json(record)).at("complete"), true);
  record.summary.interrupted = true;
  record.summary.problem = "the \"link\"\nwent away";
  const json::value parsed = json::parse(scan_json(record));
  EXPECT_EQ(parsed.at("complete"), false);
  EXPECT_EQ(parsed.at("problem"), "the \"link\"\nwent away");
}

TEST(SweepJson, KeepsItsPromise) {
  control::SweepReport report = deviating();
  report.rows.push_back(
      row_of(FindingKind::coverage_gap, Severity::medium, std::nullopt, {"node9"}, "why"));
  const json::value parsed = json::parse(sweep_json(report));
  EXPECT_THAT(keys_of(parsed), ElementsAre("started", "duration_ms", "probes_sent", "engine",
                                           "complete", "nodes", "proven", "findings", "coverage"));
  EXPECT_EQ(parsed.at("nodes"), 2U);
  EXPECT_EQ(parsed.at("proven"), 2U);
  EXPECT_EQ(parsed.at("findings"), json::parse(R"([
    {"kind":"unexpected-port","severity":"high","class":"compute","network":"management",
     "nodes":"node[3,7]","node_count":2,"protocol":"tcp","port":4444,"state":"open","detail":"",
     "first_seen":"2026-09-21T14:13:20Z"},
    {"kind":"coverage-gap","severity":"medium","class":"compute","network":"management",
     "nodes":"node9","node_count":1,"protocol":null,"port":null,"state":null,"detail":"why",
     "first_seen":"2026-09-21T14:13:20Z"}])"));
}

TEST(OtherJson, KeepsItsPromise) {
  const std::vector<Profile> profiles = {{"compute", {{22, Protocol::tcp, "ssh"}}}};
  const json::value table =
      json::parse(R"([{"port":22,"protocol":"tcp","service":"ssh","host_type":"compute"}])");
  EXPECT_EQ(json::parse(profiles_json(profiles)).at("open_ports"), table);
  control::LearnReport report;
  report.record = record_of({}, {});
  report.profiles = profiles;
  EXPECT_EQ(json::parse(learn_json(report)).at("open_ports"), table);
  EXPECT_EQ(json::parse(nodes_json(kNodes)), json::parse(R"({"nodes":[
    {"node":"node1","classes":["compute","gpu"],"group":"rack1","addresses":[
      {"address":"198.18.0.1","network":"management"},{"address":"fd00::1","network":"hsn"}]},
    {"node":"x1","classes":[],"group":null,"addresses":[]}]})"));
  const json::value checks = json::parse(doctor_json(kChecks)).at("checks");
  ASSERT_EQ(checks.as_array().size(), 3U);
  EXPECT_EQ(checks.at(2), json::parse(R"({"check":"store","verdict":"bad",
    "finding":"cannot be opened","remedy":"make the folder"})"));
  EXPECT_EQ(checks.at(0).at("verdict"), "good");
  EXPECT_EQ(checks.at(1).at("verdict"), "limited");
}

}  // namespace
}  // namespace lockstep::cli
