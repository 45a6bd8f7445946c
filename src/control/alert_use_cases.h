// Alerts, for a person: what is wrong now, and saying what one does about it.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "analysis/alerts.h"
#include "base/result.h"
#include "model/nodeset.h"
#include "model/sweep_info.h"
#include "store/store.h"

namespace lockstep::control {

/// The alerts, and how far to trust that there are no others.
struct AlertListing {
  WallTime now{};
  std::vector<AlertRow> rows;
  std::size_t node_count = 0;       ///< nodes of all rows, each once
  std::size_t watched = 0;          ///< nodes that sweeps are to examine
  std::size_t unproven = 0;         ///< those of them that the latest look did not examine in full
  bool of_some_nodes = false;       ///< rows of other nodes are left out
  std::optional<SweepInfo> latest;  ///< the latest sweep that ended; none: never swept
  /// Where there was none: when plug-ins measured last; none: never.
  std::optional<WallTime> measured{};
  /// Every node is proven.
  bool complete() const { return latest.has_value() && unproven == 0; }
  /// A row that is open or reopened: nobody has dealt with it yet.
  bool has_news() const;
};

/// What tells how far to trust that there are no other alerts.
struct Grounds {
  Looks looks{};
  std::vector<SweepInfo> sweeps{};  ///< the latest few, the newest first
  std::vector<InstanceRun> runs{};  ///< the latest of each instance
};
Result<Grounds> read_grounds(Store& store);
/// The same without looks, which are many.
Result<Grounds> read_work(Store& store);

/// What the listing of these rows is. Pure.
AlertListing describe_alerts(std::vector<AlertRow> rows, const Grounds& grounds,
                             const std::vector<std::string>& watched, WallTime now);

/// Only what it says of the latest sweep, and of what plug-ins measured.
void describe_work(const Grounds& grounds, AlertListing& listing);

/// `watched` are the nodes that sweeps are to examine.
Result<AlertListing> list_alerts(Store& store, const std::vector<std::string>& watched,
                                 const AlertFilter& filter, WallTime now);

/// Acknowledges, silences or resolves, and returns the rows of those ids afterwards.
Result<AlertListing> act(Store& store, const std::vector<std::string>& watched,
                         const AlertAction& action, WallTime now);

}  // namespace lockstep::control
