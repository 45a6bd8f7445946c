#include <algorithm>
#include <memory>

#include "control/spooled.h"
#include "control/sweep_run.h"

namespace lockstep::control {
namespace {

/// As many as a daemon may have begun since one that the store lost sight of.
constexpr std::size_t kSweepsLookedAt = 1000;

/// Shows what was seen before.
class Playback final : public Collector {
 public:
  Playback() = default;
  /// `round` outlives it; what it says of ports goes to `looks`.
  Playback(const SpooledRound& round, std::vector<ReportedLook>& looks)
      : round_(&round), looks_(&looks) {}

  std::string_view name() const override { return "playback"; }

 private:
  Result<CollectSummary> do_collect(const std::vector<CollectTarget>& /*targets*/,
                                    ObservationSink& sink,
                                    const CollectControl& /*control*/) override {
    if (round_ == nullptr) return fail(ErrorKind::unsupported, "there is nothing to be asked");
    *looks_ = round_->looks;
    for (const PortObservation& port : round_->ports) sink.observe(port);
    for (const ValueObservation& value : round_->values) sink.measure(value);
    for (const Coverage& coverage : round_->coverage) sink.cover(coverage);
    CollectSummary summary;
    summary.method = "spool";
    return summary;
  }

  const SpooledRound* round_ = nullptr;
  std::vector<ReportedLook>* looks_ = nullptr;
};

std::optional<SweepState> state_of(std::int64_t sweep, const std::vector<SweepInfo>& sweeps) {
  const auto found = std::ranges::find(sweeps, sweep, &SweepInfo::id);
  if (found == sweeps.end()) return {};
  return found->state;
}

}  // namespace

Result<void> replay_sweep(const SpooledSweep& sweep, const Inventory& inventory, Store& store,
                          const SweepPolicy& policy,
                          const std::function<bool(const SweepInfo&)>& is_alive,
                          const SpoolMark& mark) {
  SpooledSweep seen = sweep;
  if (seen.sweep > 0) {
    LOCKSTEP_TRY(const std::vector<SweepInfo> sweeps, store.sweeps(kSweepsLookedAt));
    const auto state = state_of(seen.sweep, sweeps);
    const bool was_kept = state && *state != SweepState::running && *state != SweepState::lost;
    if (was_kept) return store.note_replayed(mark);
    if (state != SweepState::running) seen.sweep = 0;
  }
  SweepPolicy own = policy;
  own.owner = seen.owner;
  own.host = seen.host;
  own.run = std::max<std::int64_t>(seen.run, 0);
  own.reasks = 0;
  own.services.tellable = seen.tellable;
  const std::map<std::string, std::string> unresolved;
  const TargetPolicy targets;
  const CollectControl control;
  Playback nothing;
  const SweepSetting setting{inventory, unresolved, targets, nothing, seen.ports, control};
  SweepWorld world{
      .now = [&] { return seen.ended; }, .wait_for_reask = [] {}, .is_alive = is_alive};
  if (seen.has_scheduler) {
    world.schedules = [](const std::vector<std::string>&) { return std::vector<NodeSchedule>{}; };
  }
  SweepRun run(setting, store, own, world);
  LOCKSTEP_CHECK(run.replay(seen, mark));
  return {};
}

Result<void> replay_round(const SpooledRound& round, Store& store, const MeasurePolicy& policy,
                          const SpoolMark& mark) {
  std::vector<ReportedLook> looks;
  MeasurePolicy own = policy;
  own.instance = round.instance;
  own.compares_by_default = round.compares_by_default;
  own.counts_for = round.counts_for;
  own.looks = round.says_ports ? &looks : nullptr;
  own.mark = &mark;
  own.schedules = {};
  own.wait_for_schedules = {};
  if (round.has_scheduler) {
    // Another book may want one answer more than there was.
    const auto next = std::make_shared<std::size_t>(0);
    own.schedules = [&round, next](const std::vector<std::string>&) {
      return *next < round.answers.size() ? round.answers[(*next)++] : std::vector<NodeSchedule>{};
    };
    own.wait_for_schedules = [&round, next] {
      return *next < round.answers.size() && !round.answers[*next].empty();
    };
  }
  std::vector<CollectTarget> targets;
  for (const Coverage& coverage : round.coverage) {
    CollectTarget target;
    target.node = coverage.node;
    target.address = coverage.address;
    target.network = coverage.network;
    targets.push_back(std::move(target));
  }
  Playback playback(round, looks);
  LOCKSTEP_CHECK(measure(playback, targets, store, own, {}, [&] { return round.ended; }));
  return {};
}

}  // namespace lockstep::control
