#include "control/alert_use_cases.h"

#include <algorithm>
#include <map>
#include <set>

namespace lockstep::control {
namespace {

/// Nodes of `watched` that have no look, or some address of which the latest look did not examine
/// in full.
std::size_t count_unproven(const Looks& looks, const std::vector<std::string>& watched) {
  using Place = std::tuple<std::string_view, std::string_view, IpAddress, Protocol>;
  std::map<Place, const Look*> latest;
  for (const Look& look : looks.looks) {
    const Look*& known = latest[{look.node, look.network, look.address, look.protocol}];
    if (known == nullptr || known->sweep < look.sweep) known = &look;
  }
  std::map<std::string_view, bool> proven;
  for (const auto& [place, look] : latest) {
    const auto node = proven.emplace(look->node, true).first;
    node->second = node->second && look->proven();
  }
  return static_cast<std::size_t>(std::ranges::count_if(watched, [&](const std::string& name) {
    const auto node = proven.find(name);
    return node == proven.end() || !node->second;
  }));
}

/// How many of the latest sweeps may still run, at most, before one that ended.
constexpr std::size_t kSweepsRead = 64;

Result<AlertListing> describe(Store& store, const std::vector<std::string>& watched,
                              std::vector<AlertRow> rows, WallTime now) {
  AlertListing listing;
  listing.watched = watched.size();
  listing.now = now;
  listing.rows = std::move(rows);
  std::set<std::string_view> nodes;
  for (const AlertRow& row : listing.rows) nodes.insert(row.nodes.begin(), row.nodes.end());
  listing.node_count = nodes.size();
  LOCKSTEP_TRY(const std::vector<SweepInfo> sweeps, store.sweeps(kSweepsRead));
  const auto ended = std::ranges::find_if(
      sweeps, [](const SweepInfo& sweep) { return sweep.state != SweepState::running; });
  if (ended != sweeps.end()) listing.latest = *ended;
  LOCKSTEP_TRY(const Looks looks, store.looks());
  listing.unproven = count_unproven(looks, watched);
  return listing;
}

}  // namespace

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
  LOCKSTEP_TRY(std::vector<AlertRecord> alerts,
               store.change_alerts([&](const std::vector<AlertRecord>& book) {
                 return act_on_alerts(book, action, now);
               }));
  std::erase_if(alerts, [&](const AlertRecord& record) {
    return std::ranges::find(action.ids, record.id) == action.ids.end();
  });
  return describe(store, watched, fold_alerts(alerts, {.include_resolved = true}, now), now);
}

}  // namespace lockstep::control
