#include "collectors/exec/exec_collector.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace lockstep {
namespace {

using Lines = std::vector<std::string>;
using std::chrono::milliseconds;

class Facts final : public ObservationSink {
 public:
  void observe(PortObservation p) override {
    lines.push_back(fmt::format("{} {}/{}", p.node, p.port, to_string(p.protocol)));
  }
  void measure(const ValueObservation& v) override {
    const double* const number = std::get_if<double>(&v.value);
    lines.push_back(fmt::format(
        "{} {}/{}={}", v.node, v.instance, v.name,
        number != nullptr ? fmt::format("{}", *number) : std::get<std::string>(v.value)));
  }
  void cover(Coverage c) override {
    lines.push_back(fmt::format("{} {} {}{}", c.node, c.address.to_string(), to_string(c.gap),
                                c.note.empty() ? "" : ": " + c.note));
  }
  Lines lines;
};

std::vector<CollectTarget> targets(int count) {
  std::vector<CollectTarget> result;
  for (int i = 1; i <= count; ++i) {
    CollectTarget target;
    target.node = fmt::format("n{}", i);
    target.address = IpAddress::v4(0xc6120000U + static_cast<std::uint32_t>(i));
    target.network = "management";
    result.push_back(target);
  }
  return result;
}

/// Python's own lines before it have the request as `r`, and say() and cover().
ExecOptions python(const std::string& script) {
  const std::string begin =
      "import json, sys, os, time, signal\nr = json.load(sys.stdin)\n"
      "def say(**m): print(json.dumps(m), flush=True)\n"
      "def cover(n): say(covered={'node': n})\n"
      "nodes = [n['name'] for n in r['nodes']]\n";
  return {.instance = "mine", .command = {{"python3", "-c", begin + script}}};
}

struct Ran {
  explicit Ran(const ExecOptions& options, int nodes = 2, CollectControl control = {}) {
    ExecCollector collector(options);
    const auto done = collector.collect(targets(nodes), facts, control);
    if (done) summary = *done;
    if (!done) error = done.error().message();
  }
  Facts facts;
  CollectSummary summary{};
  std::string error;
};

TEST(ExecCollector, AsksAndTellsWhatItHears) {
  ExecOptions options = python(
      "for n in r['nodes']:\n"
      "  say(value={'node': n['name'], 'name': 'a', 'value': n['addresses'][0]['address']})\n"
      "  say(port={'node': n['name'], 'port': int(r['parameters']['port'])})\n"
      "  cover(n['name'])\n");
  options.parameters = {{"port", "8080"}};
  const Ran ran(options);
  EXPECT_EQ(ran.error, "");
  EXPECT_EQ(ran.summary.problem, "");
  EXPECT_EQ(ran.facts.lines, Lines({"n1 mine/a=198.18.0.1", "n1 8080/tcp", "n2 mine/a=198.18.0.2",
                                    "n2 8080/tcp", "n1 198.18.0.1 none", "n2 198.18.0.2 none"}));
}

TEST(ExecCollector, SaysWhatTheContractSaysOfTheRequest) {
  ExecOptions options{.instance = "mine", .command = {{"true"}}, .parameters = {{"k", "v"}}};
  EXPECT_EQ(
      plugin_request(options,
                     {{"n1", {{IpAddress::v4(0xc6120001), "management"}}, {"compute", "gpu"}}}),
      R"({"version":1,"instance":"mine","parameters":{"k":"v"},"deadline_s":6E1,)"
      R"("nodes":[{"name":"n1","addresses":[{"address":"198.18.0.1","network":"management"}],)"
      R"("classes":["compute","gpu"]}]})"
      "\n");
}

TEST(ExecCollector, RunsInBatches) {
  ExecOptions options = python(
      "for n in nodes: say(value={'node': n, 'name': 'of', 'value': "
      "len(nodes)}); cover(n)");
  options.batch = 2;
  const Ran ran(options, 3);
  EXPECT_EQ(ran.facts.lines,
            Lines({"n1 mine/of=2", "n2 mine/of=2", "n3 mine/of=1", "n1 198.18.0.1 none",
                   "n2 198.18.0.2 none", "n3 198.18.0.3 none"}));
}

TEST(ExecCollector, LeavesNodesAlone) {
  LeaveList leave;
  leave.add("n1");
  CollectControl control;
  control.leave = &leave;
  const Ran ran(python("[cover(n) for n in nodes]"), 2, control);
  EXPECT_EQ(ran.facts.lines, Lines({"n1 198.18.0.1 left", "n2 198.18.0.2 none"}));
}

TEST(ExecCollector, KeepsGoodLinesOfABadPlugin) {
  const struct {
    const char* description;
    const char* script;
    const char* problem;
    const char* gap;  ///< of n2, of which nothing good was said
  } rows[] = {
      {"hangs", "time.sleep(61)", "it did not end within 2 s and was told to",
       "interrupted: the plug-in was ended before"},
      {"hangs, and ignores SIGTERM", "signal.signal(15, signal.SIG_IGN)\ntime.sleep(61)",
       "it did not end within 2 s and was killed", "interrupted"},
      {"crashes", "os.kill(os.getpid(), 11)", "it was ended by signal 11",
       "inconclusive: the plug-in said nothing of it"},
      {"raises", "raise ValueError('why')", "ValueError: why", "inconclusive"},
      {"writes garbage", "print('\\x1b[2Jhaha')",
       "line 3: it is no JSON: syntax error: \"\\x1b[2Jhaha\"", "inconclusive"},
      {"floods with a line", "while True: sys.stdout.write('x' * 65536)",
       "line 3: the line has more", "in"},
      {"speaks of others", "cover('n3')", "line 3: it was not asked about the node \"n3\"",
       "inconclusive"},
      {"fails for a node", "say(error={'node': 'n2', 'message': 'no \\u202e route'})", "",
       "inconclusive: the plug-in says: \"no \\u{202e} route\""},
      {"fails", "say(error={'message': 'no map'})", "it says: \"no map\"", "inconclusive"},
      {"leaves a daemon", "if os.fork() == 0:\n  os.setsid()\n  time.sleep(61)",
       "it left 1 of its processes behind", "inconclusive"},
  };
  for (const auto& row : rows) {
    ExecOptions options =
        python(std::string("say(value={'node': 'n1', 'name': 'a', 'value': 1})\ncover('n1')\n") +
               row.script);
    options.limits.time = milliseconds(2000);
    options.limits.grace = milliseconds(1000);
    options.limits.output_bytes = 1 << 20;
    const Ran ran(options);
    EXPECT_EQ(ran.error, "") << row.description;
    EXPECT_TRUE(ran.summary.problem.contains(row.problem))
        << row.description << ": " << ran.summary.problem;
    if (row.problem[0] == '\0') {
      EXPECT_EQ(ran.summary.problem, "") << row.description;
    }
    ASSERT_EQ(ran.facts.lines.size(), 3U) << row.description;
    EXPECT_EQ(ran.facts.lines[0], "n1 mine/a=1") << row.description;
    EXPECT_EQ(ran.facts.lines[1], "n1 198.18.0.1 none") << row.description;
    EXPECT_TRUE(ran.facts.lines[2].starts_with(std::string("n2 198.18.0.2 ") + row.gap))
        << row.description << ": " << ran.facts.lines[2];
  }
}

TEST(ExecCollector, CannotStartWhatIsNotThere) {
  const Ran ran({.instance = "mine", .command = {{"/nowhere/mine"}}});
  EXPECT_TRUE(ran.error.contains("/nowhere/mine")) << ran.error;
}

TEST(ExecCollector, StopsWhenTold) {
  std::atomic<bool> stop{false};
  CollectControl control;
  control.stop = &stop;
  ExecOptions options =
      python("say(value={'node': nodes[0], 'name': 'a', 'value': 1})\ntime.sleep(61)");
  options.batch = 1;
  class Stopping final : public ObservationSink {
   public:
    explicit Stopping(std::atomic<bool>& flag) : flag_(flag) {}
    void observe(PortObservation) override {}
    void measure(const ValueObservation&) override { flag_ = true; }
    void cover(Coverage c) override { gaps.push_back(c.gap); }
    std::vector<CoverageGap> gaps;

   private:
    std::atomic<bool>& flag_;
  } sink(stop);
  ExecCollector collector(options);
  const auto start = std::chrono::steady_clock::now();
  const auto done = collector.collect(targets(2), sink, control);
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->interrupted);
  EXPECT_EQ(done->problem, "");
  EXPECT_EQ(sink.gaps, std::vector(2, CoverageGap::interrupted));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace lockstep
