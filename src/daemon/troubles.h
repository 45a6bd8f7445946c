// What is wrong with Lockstep's own work, as alerts like all others: a monitor that fails in
// silence looks like a cluster where nothing is wrong.

#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "analysis/alerts.h"
#include "analysis/severity.h"
#include "base/result.h"
#include "store/store.h"

namespace lockstep {

/// Under what class such alerts stand, where they are of no node.
inline constexpr const char* kMonitorClass = "lockstep";

/// For several threads at once.
class Troubles {
 public:
  /// It is so, since now or still. `reason` tells causes of one kind apart and stays the same while
  /// it lasts ("versions"); `detail` is for a person. `nodes`: which it concerns; empty: none.
  void raise(FindingKind kind, const std::string& reason, const std::string& detail,
             std::vector<std::string> nodes = {});
  /// It was looked for, and is not so.
  void clear(FindingKind kind, const std::string& reason);
  /// What is so now, a line each, for a person.
  std::vector<std::string> lines() const;

  /// Makes alerts of what has changed since the last call. What could not be written is tried again
  /// with the next.
  Result<void> keep(Store& store, const SeverityPolicy& severities, const AlertPolicy& policy,
                    const Inventory& inventory, WallTime now);

 private:
  using Key = std::pair<FindingKind, std::string>;
  struct Trouble {
    std::string detail;
    std::vector<std::string> nodes;
  };

  mutable std::mutex mutex_;
  std::map<Key, Trouble> now_;
  std::set<Key> changed_;  // since the last keep()
};

}  // namespace lockstep
