#include "collectors/ports/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "collectors/ports/port_collector.h"
#include "scan/stack_signature.h"

namespace lockstep {
namespace {

using scan::Answer;
using scan::TargetStatus;

class CheckpointSink final : public ObservationSink {
 public:
  explicit CheckpointSink(CollectCheckpoint& to) : to_(to) {}
  void observe(PortObservation seen) override { to_.open.push_back(std::move(seen)); }
  void cover(Coverage coverage) override { to_.coverage.push_back(std::move(coverage)); }

 private:
  CollectCheckpoint& to_;
};

StackSignature stack_of(const scan::TargetCounters& counters) {
  StackSignature stack;
  if (const std::uint64_t word = counters.syn_ack; word != 0) {
    const scan::SynAckFields fields = scan::unpack_syn_ack(word);
    stack.syn_ack = {.port = fields.port,
                     .ttl = fields.ttl,
                     .window = fields.window,
                     .first_option = fields.first_option,
                     .segment_size = fields.segment_size};
  }
  if (const std::uint32_t word = counters.rst; word != 0) {
    const scan::RstFields fields = scan::unpack_rst(word);
    stack.rst = {.ttl = fields.ttl, .window = fields.window};
  }
  return stack;
}

class TargetReport {
 public:
  TargetReport(const CollectTarget& target, const scan::Plan& plan, const scan::ResultTable& table,
               std::size_t index, bool interrupted, ObservationSink& sink)
      : target_(target),
        plan_(plan),
        table_(table),
        index_(index),
        interrupted_(interrupted),
        sink_(sink),
        counters_(table.target(index)),
        ports_(plan.ports_of(index)) {}

  void run() {
    report_ports();
    report_coverage();
  }

  void run_so_far() {
    if (counters_.asked == 0) return;
    if (counters_.open > 0) {
      for (const Port port : table_.open_ports(index_)) {
        observe(port, PortState::open, evidence_of_open());
      }
    }
    report_coverage();
  }

 private:
  void report_ports() {
    // Silence means a filter only where the address answers elsewhere and had every chance.
    const bool silence =
        !interrupted_ && alive() && counters_.suppressed == 0 && counters_.left == 0;
    for (const Port port : ports_) {
      const Answer answer = table_.answer(index_, port);
      if (answer == Answer::open) observe(port, PortState::open, evidence_of_open());
      if (answer == Answer::unreachable && alive()) filtered(port, Evidence::icmp_unreachable);
      if (answer == Answer::none && silence) filtered(port, Evidence::no_reply);
    }
  }

  bool is_udp() const { return plan_.protocol == Protocol::udp; }
  Evidence evidence_of_open() const { return is_udp() ? Evidence::udp_reply : Evidence::syn_ack; }

  /// A datagram that nobody answers may have been taken by a listener all the same.
  void filtered(Port port, Evidence evidence) {
    if (++filtered_ > kMaxFilteredListed) return;
    const bool either = is_udp() && evidence == Evidence::no_reply;
    observe(port, either ? PortState::open_filtered : PortState::filtered, evidence);
  }

  void observe(Port port, PortState state, Evidence evidence) {
    sink_.observe({.node = target_.node,
                   .address = target_.address,
                   .network = target_.network,
                   .protocol = plan_.protocol,
                   .port = port,
                   .state = state,
                   .evidence = evidence});
  }

  void report_coverage() {
    Coverage coverage = unexamined(target_, plan_.protocol, ports_.size(), gap());
    // While the engine runs, an answer may be counted before its probe is.
    coverage.answered = counters_.answered;
    coverage.asked = std::max(counters_.asked.load(), coverage.answered);
    coverage.unanswered = coverage.asked - coverage.answered;
    coverage.open = std::min(counters_.open.load(), coverage.answered);
    coverage.closed = coverage.answered -
                      std::min(coverage.answered, coverage.open + counters_.unreachable.load());
    coverage.passes = counters_.passes;
    coverage.note = note();
    if (!is_udp()) coverage.stack = stack_of(counters_);
    sink_.cover(std::move(coverage));
  }

  CoverageGap gap() const {
    switch (counters_.status.load()) {
      case TargetStatus::fenced: return CoverageGap::outside_fence;
      case TargetStatus::unsupported: return CoverageGap::unsupported;
      case TargetStatus::no_route:
      case TargetStatus::no_neighbour: return CoverageGap::unreachable;
      case TargetStatus::waiting:
      case TargetStatus::asked: break;
    }
    if (counters_.left != 0 && !all_answered()) return CoverageGap::left;
    if (interrupted_ && !all_answered()) return CoverageGap::interrupted;
    // A host that filters datagrams or its ICMP errors may be well.
    if (!alive()) return is_udp() ? CoverageGap::inconclusive : CoverageGap::unreachable;
    if (counters_.suppressed > 0) return CoverageGap::inconclusive;
    return all_answered() ? CoverageGap::none : CoverageGap::unanswered;
  }

  bool all_answered() const { return counters_.answered == ports_.size(); }
  /// The address itself has answered. An ICMP error may come from anywhere: from a router, or from
  /// our own kernel when nobody answers its ARP request.
  bool alive() const { return counters_.answered > counters_.unreachable; }

  std::string note() const {
    switch (counters_.status.load()) {
      case TargetStatus::fenced: return "outside [scan] allow, or excluded";
      case TargetStatus::unsupported:
        return "an address of this machine, or a link without Ethernet";
      case TargetStatus::no_route: return "no route to it";
      case TargetStatus::no_neighbour: return "no answer to ARP or neighbour solicitation";
      case TargetStatus::waiting:
      case TargetStatus::asked: break;
    }
    if (gap() == CoverageGap::left) return "a job began there";
    if (is_udp() && !alive()) return "no answer to any datagram";
    if (counters_.suppressed > 0) {
      return fmt::format("{} ports silent while the host limits its ICMP errors",
                         counters_.suppressed.load());
    }
    if (!alive() && counters_.unreachable > 0) return "nothing but ICMP errors came back";
    if (filtered_ > kMaxFilteredListed) {
      return fmt::format("{} ports filtered, {} of them listed", filtered_, kMaxFilteredListed);
    }
    return {};
  }

  const CollectTarget& target_;
  const scan::Plan& plan_;
  const scan::ResultTable& table_;
  std::size_t index_;
  bool interrupted_;
  ObservationSink& sink_;
  const scan::TargetCounters& counters_;
  std::span<const Port> ports_;
  std::size_t filtered_ = 0;
};

}  // namespace

void report_so_far(const CollectTarget& target, const scan::Plan& plan,
                   const scan::ResultTable& table, std::size_t index, CollectCheckpoint& to) {
  CheckpointSink sink(to);
  TargetReport(target, plan, table, index, true, sink).run_so_far();
}

void report_target(const CollectTarget& target, const scan::Plan& plan,
                   const scan::ResultTable& table, std::size_t index, bool interrupted,
                   ObservationSink& sink) {
  TargetReport(target, plan, table, index, interrupted, sink).run();
}

Coverage unexamined(const CollectTarget& target, Protocol protocol, std::size_t ports,
                    CoverageGap gap) {
  Coverage coverage;
  coverage.node = target.node;
  coverage.address = target.address;
  coverage.network = target.network;
  coverage.protocol = protocol;
  coverage.wanted = static_cast<std::uint32_t>(ports);
  coverage.gap = gap;
  return coverage;
}

}  // namespace lockstep
