#include "control/node_reports.h"

#include <algorithm>

#include "analysis/job_ports.h"
#include "profiles/resolve.h"

namespace lockstep::control {
namespace {

bool is_at(const ReportedPort& port, std::string_view node, std::string_view network,
           Protocol protocol, Port number) {
  return port.node == node && network_by(port.network, port.instance) == network &&
         port.protocol == protocol && port.port == number;
}

/// A listener of this view, which is an alert.
bool is_wrong(const ReportedPort& port, std::span<const AlertRecord> book) {
  return std::ranges::any_of(book, [&](const AlertRecord& record) {
    const AlertSubject& subject = record.subject;
    const bool listener = subject.kind == FindingKind::unexpected_port ||
                          subject.kind == FindingKind::orphan_listener;
    return listener && record.status != AlertStatus::resolved && subject.protocol && subject.port &&
           is_at(port, record.node, subject.network, *subject.protocol, *subject.port);
  });
}

Standing standing_of(const ReportedPort& port, const Node& node, const Expectations& expected,
                     WallTime now) {
  if (node.classes.empty() || !expected.unprofiled.empty()) return Standing::not_judged;
  if (expected.allows(port.port, port.protocol, now)) return Standing::in_step;
  const bool conditional = std::ranges::any_of(expected.rules, [&](const PortRule& rule) {
    return rule.protocol == port.protocol && rule.ports.contains(port.port) && rule.holds_at(now);
  });
  return conditional ? Standing::conditional : Standing::unexpected;
}

}  // namespace

std::vector<PageReport> page_reports(const PortReports& reports, const Node& node,
                                     std::span<const Profile> profiles,
                                     std::span<const JobListener> tied,
                                     std::span<const AlertRecord> book, WallTime now) {
  std::vector<PageReport> rows;
  for (const ReportedPort& port : reports.ports) {
    if (port.node != node.name) continue;
    PageReport row{.port = port};
    for (const ReportedLook& look : reports.looks) {
      if (look.node == port.node && look.instance == port.instance) {
        row.looked = std::max(row.looked, look.looked);
      }
    }
    const Expectations expected = resolve(node.classes, port.network, profiles);
    row.expected = expected.requires_port(port.port, port.protocol, now);
    row.standing = standing_of(port, node, expected, now);
    const bool free = row.standing == Standing::unexpected || row.standing == Standing::conditional;
    const auto tie = std::ranges::find_if(tied, [&](const JobListener& each) {
      return is_at(port, each.node, each.network, each.protocol, each.port);
    });
    if (tie != tied.end()) {
      row.jobs = jobs_text(tie->jobs);
      if (free) row.standing = is_wrong(port, book) ? Standing::unexpected : Standing::of_job;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace lockstep::control
