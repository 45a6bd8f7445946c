// For tests: targets, a sink that keeps what it gets, and an engine that does what a test says.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/ports/port_collector.h"
#include "net/io/memory.h"
#include "scan/packet_engine.h"

namespace lockstep::test {

using scan::Answer;
using scan::Plan;
using scan::ResultTable;
using scan::TargetStatus;

inline IpAddress address(std::string_view text) {
  return IpAddress::parse(text).value();
}

inline PortSet ports(Port first, Port last) {
  PortSet set;
  set.insert_range(first, last);
  return set;
}

inline CollectTarget target(const std::string& node, std::string_view at) {
  return {.node = node, .address = address(at), .network = "management", .group = {}};
}

/// Keeps what was reported, and checks the order that ObservationSink promises.
class Recorder final : public ObservationSink {
 public:
  void observe(PortObservation seen) override {
    EXPECT_FALSE(coverage_of(seen.address)) << "an observation after the coverage of its address";
    observations.push_back(std::move(seen));
    on_report();
  }
  void cover(Coverage covered) override {
    coverage.push_back(std::move(covered));
    on_report();
  }

  const Coverage* coverage_of(const IpAddress& wanted) const {
    const auto found = std::ranges::find(coverage, wanted, &Coverage::address);
    return found == coverage.end() ? nullptr : &*found;
  }
  /// "22 open syn-ack", each observation of one address, ascending by port.
  std::vector<std::string> seen_at(std::string_view at) const {
    std::vector<std::string> texts;
    for (const PortObservation& seen : observations) {
      if (seen.address != address(at)) continue;
      std::string text = std::to_string(seen.port);
      text.append(" ").append(to_string(seen.state)).append(" ").append(to_string(seen.evidence));
      texts.push_back(text);
    }
    return texts;
  }

  std::vector<PortObservation> observations;
  std::vector<Coverage> coverage;
  std::function<void()> on_report = [] {};
};

/// An engine that does what a test says.
class ScriptedEngine final : public scan::Engine {
 public:
  using Script = std::function<Result<void>(const Plan&, const ResultTable&,
                                            const std::vector<std::uint32_t>&)>;

  ScriptedEngine(std::string name, Script script)
      : name_(std::move(name)), script_(std::move(script)) {}

  std::string_view name() const override { return name_; }
  bool completes_handshakes() const override { return false; }

 private:
  Result<void> do_run(const Plan& plan, const ResultTable& table,
                      std::vector<std::uint32_t> targets) override {
    return script_(plan, table, targets);
  }

  std::string name_;
  Script script_;
};

inline void ask(const ResultTable& table, std::size_t target, Port port, Answer answer) {
  table.run().probes.fetch_add(1);
  table.target(target).status = TargetStatus::asked;
  table.target(target).asked.fetch_add(1);
  if (answer != Answer::none) table.record(target, port, answer);
}

/// Asks every port; all of them are closed.
inline Result<void> ask_all(const Plan& plan, const ResultTable& table,
                            const std::vector<std::uint32_t>& targets) {
  for (const std::uint32_t i : targets) {
    for (const Port port : plan.ports) ask(table, i, port, Answer::closed);
  }
  return {};
}

inline PortCollectorOptions options_for(PortSet wanted) {
  PortCollectorOptions options;
  options.ports = wanted;
  options.fence = scan::Fence({*Prefix::parse("198.18.0.0/15"), *Prefix::parse("fd00::/8")},
                              {*IpRange::parse("198.18.0.66")});
  options.rate = options.group_rate = PacketsPerSecond::unlimited();
  options.threads = 1;
  return options;
}

/// One collection by `packet` over a simulated network.
struct PacketRun {
  explicit PacketRun(PortSet wanted) : options(options_for(wanted)) {}

  Result<CollectSummary> collect(const std::vector<CollectTarget>& targets) {
    PortCollector collector(options, std::make_unique<scan::PacketEngine>(network));
    return collector.collect(targets, recorder, control);
  }

  net::MemoryNetwork network;
  PortCollectorOptions options;
  Recorder recorder;
  CollectControl control;
};

}  // namespace lockstep::test
