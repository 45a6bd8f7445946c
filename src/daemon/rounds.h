// The rounds of an instance that measures, as rows of its runs. A row a round would be 8,640 a day
// for one each 10 s; so rounds that went alike are one row, which says how many there were.

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/instance.h"
#include "store/store.h"

namespace lockstep {

/// How one round went.
struct RoundEnd {
  WallTime begun{};
  WallTime ended{};
  std::uint64_t nodes = 0;    ///< asked
  std::uint64_t covered = 0;  ///< of them
  std::uint64_t probes = 0;
  std::string problem{};  ///< empty: it went well
};

/// A row goes on while rounds go well, or fail for one reason, and no more than a day. No two of an
/// instance begin within a minute: what changes sooner joins the row, which has failed if any of
/// its rounds has. A row shows its latest round's nodes, and is never one that runs: what has no
/// further round needs no end. One thread at a time.
class RoundLog {
 public:
  RoundLog(std::string instance, std::string owner)
      : instance_(std::move(instance)), owner_(std::move(owner)) {}

  void note(const RoundEnd& round);
  /// Writes what is new, at once, and what has only gone on, each minute, or `at_once` too. What
  /// cannot be written is tried again with the next call.
  Result<void> keep(Store& store, bool at_once = false);

 private:
  bool goes_on(const RoundEnd& round) const;

  std::string instance_;
  std::string owner_;
  std::vector<InstanceRun> rows_;  // the one that goes on, last; before it those not written yet
  bool changed_ = false;           // the last one, in more than how many it is
  bool grown_ = false;
  WallTime written_{};
};

}  // namespace lockstep
