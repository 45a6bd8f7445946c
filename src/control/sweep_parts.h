// What sweeps are made of, beside looking and judging.

#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "control/use_cases.h"

namespace lockstep::control {

/// Those that the inventory has.
std::vector<Node> pick(const Inventory& inventory, const std::vector<std::string>& names);

/// Nodes of which every address was examined in full.
std::size_t count_proven(const SweepRecord& record);

/// What a sweep of `nodes` needs of the store. Errors: `invalid` where no class of them has a
/// profile, unless the policy goes on without.
Result<void> prepare_store(const SweepSetting& setting, Store& store, const SweepPolicy& policy,
                           const std::vector<std::string>& nodes, WallTime now);

/// Keeps what a sweep has so far. Called from the collector's threads, one at a time, while the
/// sweep itself waits for the collector.
class Keeper {
 public:
  Keeper(Store& store, std::int64_t sweep, const std::function<WallTime()>& now)
      : store_(store), sweep_(sweep), now_(now) {}

  void keep(const CollectCheckpoint& checkpoint);

 private:
  Store& store_;
  std::int64_t sweep_;
  const std::function<WallTime()>& now_;
  std::mutex mutex_;
};

/// When each port was last proven closed, by the looks before this sweep and what they saw.
class ClosedBefore {
 public:
  /// `looks` outlives it.
  ClosedBefore(const Looks& looks, const std::vector<PortFact>& facts, WallTime started);

  std::optional<WallTime> operator()(const Finding& finding) const;

 private:
  using Place = std::tuple<std::string_view, std::string_view, Protocol>;

  const Looks& looks_;
  std::map<Place, std::vector<const Look*>> by_node_;
  std::set<std::tuple<std::string_view, std::string_view, Protocol, Port>> seen_;
};

}  // namespace lockstep::control
