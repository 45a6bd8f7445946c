#include "collectors/services/service_collector.h"

#include <algorithm>
#include <optional>
#include <set>

namespace lockstep {
namespace {

/// Which question of which target a job is.
struct Place {
  std::size_t target = 0;
  std::size_t question = 0;
};

/// Coverage of a target: of its ports, those that a dialogue came to an end about.
Coverage coverage_of(const CollectTarget& target, std::size_t answered, bool left) {
  Coverage coverage;
  coverage.node = target.node;
  coverage.address = target.address;
  coverage.network = target.network;
  coverage.wanted = static_cast<std::uint32_t>(target.questions.size());
  coverage.asked = coverage.answered = static_cast<std::uint32_t>(answered);
  coverage.passes = 1;
  if (answered == target.questions.size()) return coverage;
  coverage.gap = left ? CoverageGap::left : CoverageGap::interrupted;
  if (left) coverage.note = "a job began there";
  return coverage;
}

}  // namespace

ServiceCollector::ServiceCollector(ServiceCollectorOptions options)
    : options_(std::move(options)), pool_(options_.pool) {}

Result<CollectSummary> ServiceCollector::do_collect(const std::vector<CollectTarget>& targets,
                                                    ObservationSink& sink,
                                                    const CollectControl& control) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<DialogueJob> jobs;
  std::vector<Place> places;
  std::map<std::string_view, std::size_t> nodes;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const std::size_t node = nodes.try_emplace(targets[i].node, nodes.size()).first->second;
    for (std::size_t j = 0; j < targets[i].questions.size(); ++j) {
      const ServiceQuestion& question = targets[i].questions[j];
      jobs.push_back({.node = node,
                      .address = targets[i].address,
                      .task = {.id = 0,
                               .protocol = question.protocol,
                               .port = question.port,
                               .expected = question.expected,
                               .expects_tls = question.expects_tls,
                               .may_probe = options_.probe_unknown,
                               .wants_keys = options_.keys,
                               .checks_twice = options_.checks_twice,
                               .programs = question.programs}});
      places.push_back({i, j});
    }
  }
  CollectSummary summary{.method = "dialogues", .duration = {}, .problem = {}, .not_resumable = {}};
  std::vector<std::size_t> answered(targets.size());
  std::uint64_t done = 0;
  const auto report = [&](std::size_t job, dialogue::Outcome outcome) {
    const CollectTarget& target = targets[places[job].target];
    const ServiceQuestion& question = target.questions[places[job].question];
    ++answered[places[job].target];
    const ServiceObservation seen{.node = target.node,
                                  .address = target.address,
                                  .network = target.network,
                                  .protocol = question.protocol,
                                  .port = question.port,
                                  .service = std::move(outcome.service),
                                  .note = std::move(outcome.note)};
    if (options_.log) options_.log(seen, outcome.sent);
    sink.identify(seen);
    if (control.progress) {
      control.progress({.done = ++done,
                        .planned = jobs.size(),
                        .pass = 0,  // of ports alone there are several
                        .open_ports = 0,
                        .elapsed = std::chrono::steady_clock::now() - start,
                        .per_second = 0});
    }
  };
  std::set<std::string_view> left;
  std::optional<std::uint64_t> list_seen;
  const auto left_nodes = [&] {
    std::vector<std::size_t> fresh;
    const std::uint64_t version = control.leave->version();
    if (list_seen == version) return fresh;
    list_seen = version;
    for (const auto& [name, number] : nodes) {
      if (!control.leave->contains(std::string(name)) || !left.insert(name).second) continue;
      fresh.push_back(number);
    }
    return fresh;
  };
  const auto ran = pool_.run(
      jobs, report, control.stop,
      control.leave == nullptr ? DialoguePool::LeftNodes() : DialoguePool::LeftNodes(left_nodes));
  if (!ran && std::ranges::count(answered, 0U) == std::ssize(answered)) {
    return std::unexpected(ran.error());
  }
  if (!ran) summary.problem = ran.error().message();
  summary.interrupted = !ran || control.stopped();
  for (std::size_t i = 0; i < targets.size(); ++i) {
    sink.cover(coverage_of(targets[i], answered[i], left.contains(targets[i].node)));
  }
  return summary;
}

}  // namespace lockstep
