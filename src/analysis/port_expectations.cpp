#include "analysis/port_expectations.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace lockstep {
namespace {

std::string day_of(WallTime time) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string condition_of(const PortRule& rule) {
  switch (rule.presence) {
    case Presence::job: return "allowed while a job holds the node, which is not known here";
    case Presence::submit: return "allowed while a job launcher runs, which is not known here";
    case Presence::rpc:
      return fmt::format("allowed for RPC program {}, which was not asked", rule.rpc_program);
    case Presence::required:
    case Presence::optional:
    case Presence::service: break;
  }
  return "";
}

}  // namespace

void add_rule(const PortRule& rule, WallTime now, bool knows_jobs, PortExpectations& to) {
  if (!rule.holds_at(now)) {
    PortSet& ports = to.past[fmt::format("was allowed until {}", day_of(*rule.until))];
    ports = ports | rule.ports;
    return;
  }
  if (rule.presence == Presence::service) return;  // says nothing of ports
  if (rule.presence == Presence::rpc) {
    PortSet& ports = to.of_programs[rule.rpc_program];
    ports = ports | rule.ports;
  }
  if (rule.presence == Presence::job && knows_jobs) {
    to.of_jobs = to.of_jobs | rule.ports;
    return;
  }
  const std::string condition = condition_of(rule);
  if (!condition.empty()) {
    to.unsure[condition] = to.unsure[condition] | rule.ports;
    return;
  }
  to.allowed = to.allowed | rule.ports;
  if (rule.presence == Presence::required) to.one_of.push_back(&rule);
}

const std::string* entry_with(const std::map<std::string, PortSet>& entries, Port port) {
  for (const auto& [text, ports] : entries) {
    if (ports.contains(port)) return &text;
  }
  return nullptr;
}

}  // namespace lockstep
