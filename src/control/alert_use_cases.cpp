#include "control/alert_use_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_map>

#include "model/nodeset.h"

namespace lockstep::control {
namespace {

/// How many of the latest sweeps may still run, at most, before one that ended.
constexpr std::size_t kSweepsRead = 64;

/// Nodes of `watched` that have no look, or some address that their latest sweep did not examine in
/// full. Looks of earlier sweeps do not count: the address may be another node's by now.
std::size_t count_unproven(const Looks& looks, const std::vector<std::string>& watched) {
  struct Latest {
    std::int64_t sweep = 0;
    bool proven = false;
  };
  std::unordered_map<std::string_view, Latest> nodes;
  for (const Look& look : looks.looks) {
    Latest& latest = nodes[look.node];
    if (look.sweep < latest.sweep) continue;
    const bool so_far = look.sweep > latest.sweep || latest.proven;
    latest = {look.sweep, so_far && look.proven()};
  }
  return static_cast<std::size_t>(std::ranges::count_if(watched, [&](const std::string& name) {
    const auto node = nodes.find(name);
    return node == nodes.end() || !node->second.proven;
  }));
}

std::string_view word_of(AlertAction::Kind kind) {
  switch (kind) {
    case AlertAction::Kind::acknowledge: return "alert acknowledge";
    case AlertAction::Kind::silence: return "alert silence";
    case AlertAction::Kind::resolve: return "alert resolve";
  }
  return "alert";
}

AuditEntry entry_of(const AlertAction& action, WallTime now) {
  AuditEntry entry;
  entry.at = now;
  entry.person = action.person;
  entry.action = word_of(action.kind);
  for (const std::int64_t id : action.ids) {
    entry.subject += (entry.subject.empty() ? "" : " ") + alert_name(id);
  }
  entry.detail = action.note;
  if (action.nodes) {
    const std::vector<std::string> names(action.nodes->begin(), action.nodes->end());
    entry.detail += fmt::format("{}of {}", entry.detail.empty() ? "" : "; ", fold_nodeset(names));
  }
  return entry;
}

Result<AlertListing> describe(Store& store, const std::vector<std::string>& watched,
                              std::vector<AlertRow> rows, WallTime now) {
  LOCKSTEP_TRY(const Grounds grounds, read_grounds(store));
  return describe_alerts(std::move(rows), grounds, watched, now);
}

}  // namespace

Result<Grounds> read_work(Store& store) {
  Grounds grounds;
  LOCKSTEP_TRY(grounds.sweeps, store.sweeps(kSweepsRead));
  LOCKSTEP_TRY(grounds.runs, store.latest_runs());
  return grounds;
}

Result<Grounds> read_grounds(Store& store) {
  LOCKSTEP_TRY(Grounds grounds, read_work(store));
  LOCKSTEP_TRY(grounds.looks, store.looks());
  return grounds;
}

AlertListing describe_alerts(std::vector<AlertRow> rows, const Grounds& grounds,
                             const std::vector<std::string>& watched, WallTime now) {
  AlertListing listing;
  listing.watched = watched.size();
  listing.now = now;
  listing.rows = std::move(rows);
  std::set<std::string_view> nodes;
  for (const AlertRow& row : listing.rows) nodes.insert(row.nodes.begin(), row.nodes.end());
  listing.node_count = nodes.size();
  describe_work(grounds, listing);
  listing.unproven = count_unproven(grounds.looks, watched);
  return listing;
}

void describe_work(const Grounds& grounds, AlertListing& listing) {
  listing.latest.reset();
  listing.measured.reset();
  const auto ended = std::ranges::find_if(
      grounds.sweeps, [](const SweepInfo& sweep) { return sweep.state != SweepState::running; });
  if (ended != grounds.sweeps.end()) listing.latest = *ended;
  if (!listing.latest) {
    // A run of an instance that sweeps ends after its sweeps.
    for (const InstanceRun& run : grounds.runs) {
      if (run.proven > 0) listing.measured = std::max(listing.measured, std::optional(run.ended));
    }
  }
}

bool AlertListing::has_news() const {
  return std::ranges::any_of(rows, [](const AlertRow& row) {
    return row.status == AlertStatus::open || row.status == AlertStatus::reopened;
  });
}

Result<AlertListing> list_alerts(Store& store, const std::vector<std::string>& watched,
                                 const AlertFilter& filter, WallTime now) {
  LOCKSTEP_TRY(const std::vector<AlertRecord> alerts, store.alerts());
  LOCKSTEP_TRY(AlertListing listing,
               describe(store, watched, fold_alerts(alerts, filter, now), now));
  listing.of_some_nodes = filter.nodes.has_value();
  return listing;
}

Result<AlertListing> act(Store& store, const std::vector<std::string>& watched,
                         const AlertAction& action, WallTime now) {
  const auto decide = [&](const std::vector<AlertRecord>& book) {
    return act_on_alerts(book, action, now);
  };
  const AuditEntry entry = entry_of(action, now);
  LOCKSTEP_TRY(std::vector<AlertRecord> alerts, store.change_alerts(decide, &entry));
  std::erase_if(alerts, [&](const AlertRecord& record) {
    return std::ranges::find(action.ids, record.id) == action.ids.end();
  });
  return describe(store, watched, fold_alerts(alerts, {.include_resolved = true}, now), now);
}

}  // namespace lockstep::control
