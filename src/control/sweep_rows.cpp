#include "control/sweep_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "analysis/job_ports.h"

namespace lockstep::control {
namespace {

/// What findings of one row have in common beside their cause.
struct Dealing {
  std::int64_t alert = 0;
  AlertStatus status = AlertStatus::pending;
  bool is_new = false;
  std::string owner;
  std::optional<WallTime> until;

  friend auto operator<=>(const Dealing&, const Dealing&) = default;
};

Dealing dealing_of(const AlertRecord* record, WallTime now) {
  if (record == nullptr) return {};
  Dealing dealing;
  dealing.alert = record->id;
  dealing.status = record->status_at(now);
  const bool active =
      dealing.status == AlertStatus::open || dealing.status == AlertStatus::reopened;
  dealing.is_new = active && record->changed == now;
  if (!active) dealing.owner = record->owner;
  if (!active) dealing.until = record->until;
  return dealing;
}

struct Members {
  std::vector<Finding> findings;
  std::optional<WallTime> first_seen;
  std::optional<WallTime> last_closed;
};

void note(Members& members, const Finding& finding, const AlertRecord* record, WallTime now) {
  members.findings.push_back(finding);
  const WallTime first = record == nullptr ? now : record->first_seen;
  members.first_seen = std::min(members.first_seen.value_or(first), first);
  if (record == nullptr || !record->last_closed) return;
  members.last_closed =
      std::max(members.last_closed.value_or(*record->last_closed), *record->last_closed);
}

/// More would not fit on a line.
constexpr std::size_t kMostHolders = 3;

bool is_about_port(FindingKind kind) {
  return kind == FindingKind::unexpected_port || kind == FindingKind::unexpected_filtered ||
         kind == FindingKind::transient_port || kind == FindingKind::orphan_listener;
}

std::string holder_of(const NodeJobs& node) {
  if (!node.held) return node.state;
  return node.jobs.empty() ? "held by a job" : jobs_text(node.jobs);
}

}  // namespace

std::vector<SweepRow> sweep_rows(std::span<const Finding> findings,
                                 std::span<const AlertRecord> alerts, WallTime now) {
  std::map<std::pair<AlertSubject, std::string_view>, const AlertRecord*> records;
  for (const AlertRecord& record : alerts) records[{record.subject, record.node}] = &record;
  std::map<Dealing, Members> by_dealing;
  for (const Finding& finding : findings) {
    const auto found = records.find({alert_subject(finding), finding.node});
    const AlertRecord* const record = found == records.end() ? nullptr : found->second;
    note(by_dealing[dealing_of(record, now)], finding, record, now);
  }
  std::vector<SweepRow> rows;
  for (const auto& [dealing, members] : by_dealing) {
    for (FindingRow& row : fold(members.findings)) {
      const bool is_alert = dealing.status != AlertStatus::pending;
      rows.push_back({.finding = std::move(row),
                      .alert = is_alert ? dealing.alert : 0,
                      .status = dealing.status,
                      .is_new = dealing.is_new,
                      .first_seen = *members.first_seen,
                      .last_closed = members.last_closed,
                      .owner = dealing.owner,
                      .until = dealing.until});
    }
  }
  std::ranges::sort(rows, [](const SweepRow& a, const SweepRow& b) {
    const Finding& x = a.finding.subject;
    const Finding& y = b.finding.subject;
    return std::tie(y.severity, x.kind, x.node_class, x.port, a.alert, a.finding.nodes) <
           std::tie(x.severity, y.kind, y.node_class, y.port, b.alert, b.finding.nodes);
  });
  return rows;
}

void note_holders(std::vector<SweepRow>& rows, const JobsSeen& seen) {
  for (SweepRow& row : rows) {
    if (!is_about_port(row.finding.subject.kind)) continue;
    std::size_t named = 0;
    for (const std::string& node : row.finding.nodes) {
      const NodeJobs& jobs = seen.of(node);
      if (jobs.stranger) continue;
      if (++named > kMostHolders) {
        row.held += "; ...";
        break;
      }
      row.held += fmt::format("{}{} {}", row.held.empty() ? "" : "; ", node, holder_of(jobs));
    }
  }
}

}  // namespace lockstep::control
