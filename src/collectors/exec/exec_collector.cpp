#include "collectors/exec/exec_collector.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "base/text.h"

namespace lockstep {
namespace {

namespace json = boost::json;
using exec::PluginNode;
using exec::PluginReader;

constexpr std::size_t kShownComplaint = 4096;

json::object to_json(const PluginNode& node) {
  json::array addresses;
  for (const exec::PluginAddress& each : node.addresses) {
    addresses.push_back(
        json::object{{"address", each.address.to_string()}, {"network", each.network}});
  }
  json::array classes;
  for (const std::string& each : node.classes) classes.push_back(json::string(each));
  return {
      {"name", node.name}, {"addresses", std::move(addresses)}, {"classes", std::move(classes)}};
}

/// One round: batch after batch, and what came of each node.
class Round {
 public:
  Round(const ExecOptions& options, const std::vector<CollectTarget>& targets,
        ObservationSink& sink, const CollectControl& control)
      : options_(options), targets_(targets), sink_(sink), control_(control) {
    for (const CollectTarget& target : targets) {
      const auto [place, fresh] = places_.try_emplace(target.node, nodes_.size());
      if (fresh) {
        nodes_.push_back({target.node, {}, {}});
        if (options_.classes_of) nodes_.back().classes = options_.classes_of(target.node);
      }
      nodes_[place->second].addresses.push_back({target.address, target.network});
    }
    gaps_.assign(nodes_.size(), {CoverageGap::interrupted, "the plug-in was not asked"});
  }

  Result<CollectSummary> run() {
    const std::size_t batch = std::max<std::size_t>(options_.batch, 1);
    for (std::size_t first = 0; first < nodes_.size(); first += batch) {
      if (control_.stopped()) break;
      const Result<void> ran = run_batch(first, std::min(first + batch, nodes_.size()));
      if (!ran && first == 0) return std::unexpected(ran.error());
      if (!ran) complain(ran.error().message());
      if (!ran) break;
    }
    report_coverage();
    summary_.method = "exec";
    summary_.interrupted = control_.stopped();
    return std::move(summary_);
  }

 private:
  struct Gap {
    CoverageGap gap = CoverageGap::none;
    std::string note;
  };

  /// The first problem is told, whatever comes of it later.
  void complain(const std::string& problem) {
    if (summary_.problem.empty()) summary_.problem = problem;
  }

  Result<void> run_batch(std::size_t first, std::size_t end) {
    std::vector<PluginNode> asked;
    for (std::size_t i = first; i < end; ++i) {
      if (control_.leave != nullptr && control_.leave->contains(nodes_[i].name)) {
        gaps_[i] = {CoverageGap::left, ""};
      } else {
        asked.push_back(nodes_[i]);
      }
    }
    if (asked.empty()) return {};
    PluginReader reader(options_.instance, asked,
                        {.value = [&](const ValueObservation& value) { sink_.measure(value); },
                         .port = [&](const PortObservation& port) { sink_.observe(port); },
                         .look = [&](const ReportedLook& look) { note(look); }});
    LOCKSTEP_TRY(const GuardedOutcome outcome,
                 run_plugin(
                     options_, plugin_request(options_, asked),
                     [&](std::string_view text) { return reader.take(text); }, control_.stop));
    reader.finish(outcome.end != GuardedEnd::by_itself);
    summary_.probes_sent += asked.size();
    judge(reader, outcome);
    for (const PluginNode& node : asked) {
      gaps_[places_.at(node.name)] = gap_of(reader.of(node.name), outcome);
    }
    report_progress();
    return {};
  }

  void judge(const PluginReader& reader, const GuardedOutcome& outcome) {
    if (outcome.end == GuardedEnd::stopped) return;
    std::vector<std::string> problems;
    if (reader.violation_count() > 0) {
      std::string told = to_string(reader.violations().front());
      if (reader.violation_count() > 1) {
        told += fmt::format(" (and {} more)", with_thousands(reader.violation_count() - 1));
      }
      problems.push_back(std::move(told));
    }
    if (!reader.error().empty()) {
      problems.push_back(fmt::format("it says: {}", lockstep::quoted(reader.error(), 300)));
    }
    std::string end = told_end(outcome, options_.limits);
    if (!end.empty()) problems.push_back(std::move(end));
    if (problems.empty()) return;
    const std::string_view complaint = trimmed(outcome.complaint);
    if (!complaint.empty()) {
      problems.push_back(
          fmt::format("on its standard error: {}", lockstep::quoted(complaint, kShownComplaint)));
    }
    complain(fmt::format("{}", fmt::join(problems, "; ")));
  }

  static Gap gap_of(const PluginReader::NodeAnswer& answer, const GuardedOutcome& outcome) {
    switch (answer.answer) {
      case PluginReader::Answer::covered: return {};
      case PluginReader::Answer::failed:
        return {CoverageGap::inconclusive,
                "the plug-in says: " + lockstep::quoted(answer.error, 200)};
      case PluginReader::Answer::none: break;
    }
    if (outcome.end == GuardedEnd::by_itself) {
      return {CoverageGap::inconclusive, "the plug-in said nothing of it"};
    }
    return {CoverageGap::interrupted, "the plug-in was ended before it said that it is covered"};
  }

  void note(const ReportedLook& look) const {
    if (options_.looks != nullptr) options_.looks->push_back(look);
  }

  void report_progress() const {
    if (!control_.progress) return;
    CollectProgress progress;
    progress.done = summary_.probes_sent;
    progress.planned = nodes_.size();
    progress.pass = 1;
    control_.progress(progress);
  }

  void report_coverage() {
    for (const CollectTarget& target : targets_) {
      const Gap& gap = gaps_[places_.at(target.node)];
      Coverage coverage;
      coverage.node = target.node;
      coverage.address = target.address;
      coverage.network = target.network;
      coverage.wanted = 1;
      coverage.asked = coverage.answered = gap.gap == CoverageGap::none ? 1 : 0;
      coverage.passes = 1;
      coverage.gap = gap.gap;
      coverage.note = gap.note;
      sink_.cover(std::move(coverage));
    }
  }

  const ExecOptions& options_;
  const std::vector<CollectTarget>& targets_;
  ObservationSink& sink_;
  const CollectControl& control_;
  std::vector<PluginNode> nodes_;
  std::map<std::string, std::size_t> places_;
  std::vector<Gap> gaps_;  // of nodes_
  CollectSummary summary_{};
};

}  // namespace

std::string plugin_request(const ExecOptions& options, const std::vector<PluginNode>& nodes) {
  json::object parameters;
  for (const auto& [key, value] : options.parameters) parameters[key] = json::string(value);
  json::array asked;
  for (const PluginNode& node : nodes) asked.push_back(to_json(node));
  const double deadline =
      static_cast<double>(options.limits.time.count()) / 1000.0;  // the contract's unit is seconds
  return json::serialize(json::object{{"version", 1},
                                      {"instance", options.instance},
                                      {"parameters", std::move(parameters)},
                                      {"deadline_s", deadline},
                                      {"nodes", std::move(asked)}}) +
         "\n";
}

Result<GuardedOutcome> run_plugin(const ExecOptions& options, std::string_view request,
                                  const TakeOutput& take, const std::atomic<bool>* stop) {
  if (options.runner == nullptr) {
    return run_guarded(options.command, request, options.limits, take, stop);
  }
  return options.runner->run(options.command, request, options.limits, take, stop);
}

std::string told_end(const GuardedOutcome& outcome, const GuardLimits& limits) {
  const double seconds = static_cast<double>(limits.time.count()) / 1000.0;
  constexpr int kFirstSignal = 128;
  std::string told;
  switch (outcome.end) {
    case GuardedEnd::stopped: return "";
    case GuardedEnd::refused: told = "it was ended for too many lines that are wrong"; break;
    case GuardedEnd::late:
      told = fmt::format("it did not end within {} s and was {}", seconds,
                         outcome.ended_on_term ? "told to" : "killed");
      break;
    case GuardedEnd::too_much_output:
      told = fmt::format("it was killed for more than {} bytes of output",
                         with_thousands(limits.output_bytes));
      break;
    case GuardedEnd::too_much_memory:
      told = fmt::format("it was killed for more than {} MiB of memory", limits.memory_bytes >> 20);
      break;
    case GuardedEnd::too_many_processes:
      told = fmt::format("it was killed for more than {} processes", limits.processes);
      break;
    case GuardedEnd::by_itself:
      if (outcome.status > kFirstSignal) {
        told = fmt::format("it was ended by signal {}", outcome.status - kFirstSignal);
      } else if (outcome.status != 0) {
        told = fmt::format("it ended with status {}", outcome.status);
      } else if (outcome.left_behind > 0) {
        told = fmt::format("it left {} of its processes behind, which were killed",
                           outcome.left_behind);
      }
      break;
  }
  if (outcome.something_stays) told += "; NOT all of its processes could be ended";
  return told;
}

Result<CollectSummary> ExecCollector::do_collect(const std::vector<CollectTarget>& targets,
                                                 ObservationSink& sink,
                                                 const CollectControl& control) {
  return Round(options_, targets, sink, control).run();
}

}  // namespace lockstep
