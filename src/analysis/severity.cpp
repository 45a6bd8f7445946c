#include "analysis/severity.h"

#include <algorithm>

namespace lockstep {

SeverityPolicy::SeverityPolicy()
    : by_kind_{{FindingKind::unexpected_port, Severity::high},
               {FindingKind::transient_port, Severity::low},
               {FindingKind::unexpected_filtered, Severity::high},
               {FindingKind::missing_port, Severity::low},
               {FindingKind::node_unreachable, Severity::low},
               {FindingKind::coverage_gap, Severity::medium},
               {FindingKind::profile_changed, Severity::high},
               {FindingKind::stack_mismatch, Severity::informational},
               {FindingKind::service_mismatch, Severity::high},
               {FindingKind::service_silent, Severity::medium},
               {FindingKind::version_drift, Severity::medium},
               {FindingKind::hostkey_changed, Severity::critical},
               {FindingKind::hostkey_shared, Severity::critical},
               {FindingKind::certificate_changed, Severity::high},
               {FindingKind::node_rebuilt, Severity::informational},
               {FindingKind::orphan_listener, Severity::high},
               {FindingKind::value_deviates, Severity::medium},
               {FindingKind::scan_overdue, Severity::medium},
               {FindingKind::collector_failed, Severity::medium},
               {FindingKind::sweep_late, Severity::low},
               {FindingKind::scheduler_unavailable, Severity::medium},
               {FindingKind::clock_stepped, Severity::medium}},
      by_class_{{"management",
                 {{FindingKind::unexpected_port, Severity::critical},
                  {FindingKind::missing_port, Severity::high}}},
                {"storage", {{FindingKind::missing_port, Severity::high}}}} {}

Severity SeverityPolicy::of(FindingKind kind, const std::set<std::string>& classes) const {
  const Severity usual = by_kind_.at(kind);
  if (classes.empty()) return usual;
  Severity gravest = Severity::informational;
  for (const std::string& node_class : classes) {
    Severity severity = usual;
    if (const auto own = by_class_.find(node_class); own != by_class_.end()) {
      const auto set = own->second.find(kind);
      if (set != own->second.end()) severity = set->second;
    }
    gravest = std::max(gravest, severity);
  }
  return gravest;
}

PortSet SeverityPolicy::user_ports(const std::set<std::string>& classes) const {
  PortSet ports;
  for (const std::string& node_class : classes) {
    const auto found = user_ports_.find(node_class);
    if (found != user_ports_.end()) ports = ports | found->second;
  }
  return ports;
}

}  // namespace lockstep
