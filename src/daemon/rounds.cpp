#include "daemon/rounds.h"

#include <chrono>
#include <utility>

namespace lockstep {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr hours kLongestRow(24);
constexpr minutes kShortestRow(1);
constexpr minutes kWriteEvery(1);
/// Rows that wait for a store that is away; of more, the oldest are given up.
constexpr std::size_t kMostRows = 1000;

}  // namespace

bool RoundLog::goes_on(const RoundEnd& round) const {
  if (rows_.empty()) return false;
  const InstanceRun& row = rows_.back();
  // A time before it is of a clock that was set back.
  const auto age = round.begun - row.started;
  if (age < age.zero() || age >= kLongestRow) return false;
  return age < kShortestRow || row.problem == round.problem;
}

void RoundLog::note(const RoundEnd& round) {
  if (!goes_on(round)) {
    if (!rows_.empty() && !changed_ && !grown_) rows_.clear();
    if (rows_.size() >= kMostRows) rows_.erase(rows_.begin());
    InstanceRun row;
    row.instance = instance_;
    row.owner = owner_;
    row.started = round.begun;
    rows_.push_back(std::move(row));
    changed_ = true;
  }
  InstanceRun& row = rows_.back();
  const bool fails_now = !round.problem.empty() && row.problem != round.problem;
  changed_ = changed_ || fails_now || row.nodes != round.nodes;
  grown_ = true;
  if (!round.problem.empty()) row.problem = round.problem;
  row.state = row.problem.empty() ? SweepState::finished : SweepState::failed;
  row.ended = round.ended;
  row.nodes = round.nodes;
  row.proven = round.covered;
  row.probes += round.probes;
  row.steps = ++row.steps_done;
}

Result<void> RoundLog::keep(Store& store, bool at_once) {
  if (rows_.empty()) return {};
  const WallTime now = rows_.back().ended;
  const auto age = now - written_;
  const bool long_ago = age < age.zero() || age >= kWriteEvery;
  if (rows_.size() == 1 && !changed_ && !(grown_ && (at_once || long_ago))) return {};
  while (true) {
    InstanceRun& row = rows_.front();
    if (row.id == 0) {
      LOCKSTEP_TRY(row.id, store.begin_run(row));
    } else {
      LOCKSTEP_CHECK(store.save_run(row));
    }
    if (rows_.size() == 1) break;
    rows_.erase(rows_.begin());
  }
  changed_ = grown_ = false;
  written_ = now;
  return {};
}

}  // namespace lockstep
