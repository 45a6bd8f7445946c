#include "collectors/exec/plugin_trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace lockstep {
namespace {

using exec::PluginNode;
using exec::PluginReader;
using std::chrono::milliseconds;

constexpr int kManyNodes = 1000;

/// One run, and all that it said.
struct TrialRun {
  GuardedOutcome outcome;
  std::vector<ValueObservation> values;
  std::vector<PortObservation> ports;
  std::vector<ReportedLook> looks;
  std::vector<TrialNode> nodes;
  std::vector<std::string> wrong;

  void note(const ReportedLook& look) {
    if (look.declares()) looks.push_back(look);
  }

  /// What it measures, whatever the values are.
  std::set<std::pair<std::string, std::string>> names() const {
    std::set<std::pair<std::string, std::string>> result;
    for (const ValueObservation& value : values) result.emplace(value.node, value.name);
    return result;
  }
};

Result<TrialRun> run_once(const ExecOptions& options, const std::vector<PluginNode>& nodes,
                          const std::atomic<bool>* stop) {
  TrialRun run;
  PluginReader reader(options.instance, nodes,
                      {.value = [&](const ValueObservation& each) { run.values.push_back(each); },
                       .port = [&](const PortObservation& each) { run.ports.push_back(each); },
                       .look = [&](const ReportedLook& each) { run.note(each); }});
  LOCKSTEP_TRY(run.outcome, run_plugin(
                                options, plugin_request(options, nodes),
                                [&](std::string_view text) { return reader.take(text); }, stop));
  if (run.outcome.end == GuardedEnd::stopped) return fail(ErrorKind::unavailable, "stopped");
  reader.finish(run.outcome.end != GuardedEnd::by_itself);
  for (const exec::Violation& each : reader.violations()) run.wrong.push_back(to_string(each));
  const std::size_t untold = reader.violation_count() - reader.violations().size();
  if (untold > 0) run.wrong.push_back(fmt::format("and {} lines more", with_thousands(untold)));
  if (!reader.error().empty()) {
    run.wrong.push_back(fmt::format("it says: {}", lockstep::quoted(reader.error(), 300)));
  }
  const std::string end = told_end(run.outcome, options.limits);
  if (!end.empty()) run.wrong.push_back(end);
  for (const PluginNode& node : nodes) {
    const PluginReader::NodeAnswer& answer = reader.of(node.name);
    run.nodes.push_back({node.name, answer.answer, answer.error});
  }
  return run;
}

std::vector<PluginNode> many_nodes() {
  std::vector<PluginNode> nodes;
  for (int i = 1; i <= kManyNodes; ++i) {
    constexpr std::uint32_t kOurs = 0x7f010000;  // 127.1.0.0
    nodes.push_back({fmt::format("trial{:04}", i),
                     {{IpAddress::v4(kOurs + static_cast<std::uint32_t>(i)), "management"}},
                     {"trial"}});
  }
  return nodes;
}

/// Those of which the plug-in said nothing.
std::vector<std::string> uncovered(const TrialRun& run) {
  constexpr std::size_t kShown = 5;
  std::vector<std::string> wrong;
  std::size_t count = 0;
  for (const TrialNode& node : run.nodes) {
    if (node.answer != PluginReader::Answer::none) continue;
    if (++count <= kShown) {
      wrong.push_back(
          fmt::format("the node {} is neither covered nor in error", lockstep::quoted(node.node)));
    }
  }
  if (count > kShown) wrong.push_back(fmt::format("and {} nodes more", count - kShown));
  return wrong;
}

TrialCheck compare(const TrialRun& first, const TrialRun& second) {
  TrialCheck check{"says the same of the same nodes", second.wrong};
  const auto before = first.names();
  const auto after = second.names();
  std::set<std::pair<std::string, std::string>> differing;
  std::ranges::set_symmetric_difference(before, after, std::inserter(differing, differing.end()));
  if (!differing.empty()) {
    const auto& [node, name] = *differing.begin();
    check.wrong.push_back(
        fmt::format("{} values are there in one run and not in the next, such as {} of {}",
                    differing.size(), lockstep::quoted(name), lockstep::quoted(node)));
  }
  return check;
}

/// Told to end in the middle of its work.
Result<TrialCheck> check_end(ExecOptions options, const std::vector<PluginNode>& nodes,
                             std::chrono::nanoseconds usual, const std::atomic<bool>* stop) {
  constexpr milliseconds kLeast{20};
  constexpr milliseconds kMost{500};
  options.limits.time =
      std::clamp(std::chrono::duration_cast<milliseconds>(usual / 2), kLeast, kMost);
  options.limits.grace = milliseconds(2000);
  LOCKSTEP_TRY(const TrialRun run, run_once(options, nodes, stop));
  TrialCheck check{"ends on SIGTERM", {}};
  if (run.outcome.end == GuardedEnd::by_itself) {
    check.note = "it was done before it could be told";
  } else if (run.outcome.end == GuardedEnd::late && !run.outcome.ended_on_term) {
    check.wrong.emplace_back("it did not end within 2 s of SIGTERM, and had to be killed");
  }
  return check;
}

}  // namespace

bool PluginTrial::good() const {
  return std::ranges::all_of(checks, [](const TrialCheck& check) { return check.wrong.empty(); });
}

Result<PluginTrial> try_plugin(const ExecOptions& options, const std::vector<PluginNode>& nodes,
                               const std::atomic<bool>* stop) {
  PluginTrial trial;
  LOCKSTEP_TRY(const TrialRun first, run_once(options, nodes, stop));
  trial.values = first.values;
  trial.ports = first.ports;
  trial.looks = first.looks;
  trial.nodes = first.nodes;
  trial.complaint = first.outcome.complaint;
  trial.checks.push_back({"writes what the contract says, and ends with status 0", first.wrong});
  trial.checks.push_back({"covers each node", uncovered(first)});
  // The rest would tell the same once more.
  if (first.outcome.end != GuardedEnd::by_itself) return trial;

  LOCKSTEP_TRY(const TrialRun second, run_once(options, nodes, stop));
  trial.checks.push_back(compare(first, second));
  LOCKSTEP_TRY(const TrialRun none, run_once(options, {}, stop));
  trial.checks.push_back({"bears an empty list of nodes", none.wrong});
  const std::vector<PluginNode> many = many_nodes();
  LOCKSTEP_TRY(const TrialRun all, run_once(options, many, stop));
  TrialCheck check{"bears a thousand nodes", all.wrong};
  for (std::string& each : uncovered(all)) check.wrong.push_back(std::move(each));
  check.note = fmt::format("{:.1f} s", std::chrono::duration<double>(all.outcome.duration).count());
  trial.checks.push_back(std::move(check));
  LOCKSTEP_TRY(TrialCheck end, check_end(options, many, all.outcome.duration, stop));
  trial.checks.push_back(std::move(end));
  return trial;
}

}  // namespace lockstep
