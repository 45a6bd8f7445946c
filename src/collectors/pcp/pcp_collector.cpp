#include "collectors/pcp/pcp_collector.h"

namespace lockstep {
namespace {

using End = pcp::Answer::End;

/// Of the one port.
Coverage coverage_of(const CollectTarget& target, const pcp::Answer& answer) {
  Coverage coverage;
  coverage.node = target.node;
  coverage.address = target.address;
  coverage.network = target.network;
  coverage.wanted = 1;
  coverage.note = answer.note;
  const bool asked = answer.end == End::answered || answer.end == End::refused ||
                     answer.end == End::silent || answer.end == End::no_answer;
  const bool spoke = asked && answer.end != End::silent;
  coverage.asked = coverage.passes = asked ? 1 : 0;
  coverage.answered = spoke ? 1 : 0;
  coverage.unanswered = asked && !spoke ? 1 : 0;
  coverage.closed = answer.end == End::refused ? 1 : 0;
  coverage.open = spoke && answer.end != End::refused ? 1 : 0;
  switch (answer.end) {
    case End::answered: coverage.gap = CoverageGap::none; break;
    case End::refused:
    case End::silent: coverage.gap = CoverageGap::unreachable; break;
    case End::no_answer:
    case End::held_off: coverage.gap = CoverageGap::unanswered; break;
    case End::outside: coverage.gap = CoverageGap::outside_fence; break;
    case End::left: coverage.gap = CoverageGap::left; break;
    case End::interrupted: coverage.gap = CoverageGap::interrupted; break;
  }
  return coverage;
}

}  // namespace

PcpCollector::PcpCollector(PcpCollectorOptions options)
    : options_(std::move(options)), pool_(options_.pool) {}

Result<CollectSummary> PcpCollector::do_collect(const std::vector<CollectTarget>& targets,
                                                ObservationSink& sink,
                                                const CollectControl& control) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<pcp::Target> asked;
  asked.reserve(targets.size());
  for (const CollectTarget& target : targets) asked.push_back({target.node, target.address});
  CollectSummary summary{.method = "pcp", .duration = {}, .problem = {}, .not_resumable = {}};
  std::uint64_t done = 0;
  std::uint64_t answered = 0;
  const auto report = [&](std::size_t index, pcp::Answer answer) {
    const CollectTarget& target = targets[index];
    for (pcp::Measured& each : answer.values) {
      sink.measure({.node = target.node,
                    .instance = options_.instance,
                    .name = std::move(each.name),
                    .value = std::move(each.value),
                    .unit = std::move(each.unit)});
    }
    const Coverage coverage = coverage_of(target, answer);
    summary.probes_sent += coverage.asked;
    answered += answer.end == End::answered ? 1 : 0;
    sink.cover(coverage);
    if (!control.progress) return;
    control.progress({.done = ++done,
                      .planned = targets.size(),
                      .pass = 1,
                      .open_ports = answered,
                      .elapsed = std::chrono::steady_clock::now() - start,
                      .per_second = 0});
  };
  const auto ran = pool_.run(asked, report, control);
  if (!ran && answered == 0) return std::unexpected(ran.error());
  if (!ran) summary.problem = ran.error().message();
  summary.interrupted = !ran || control.stopped();
  return summary;
}

}  // namespace lockstep
