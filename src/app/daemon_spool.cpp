// What the daemon does while its store is away, and when it is back (store/spool/outage.h).

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "analysis/conditions.h"
#include "app/console.h"
#include "app/daemon.h"
#include "app/session.h"
#include "control/spooled.h"
#include "proc/identity.h"

namespace lockstep {
namespace {

using std::chrono::seconds;

constexpr seconds kReturnEach(5);
constexpr int kRestFactor = 9;
/// The reason of its alert; no instance has it, since names of instances are without spaces.
constexpr const char* kReason = "the store";

/// Between two steps nothing of ours is going on.
bool is_in_the_way(const SweepInfo& sweep) {
  return sweep.owner != own_identity() && liveness_of(sweep.owner) != Liveness::dead;
}

std::string text_of(WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

/// Once a record could be read, nothing but what it says itself is a reason to leave it out: what
/// else fails is of the store, and the replay waits until somebody has mended it.
Result<void> or_wait(Result<void> done) {
  if (done || done.error().kind() == ErrorKind::invalid) return done;
  return fail(ErrorKind::unavailable, done.error().message());
}

std::string what_became_of_it(const OutageStory& story) {
  std::string text = fmt::format("{} records were kept in the spool", story.kept);
  if (story.left_out > 0) {
    text +=
        fmt::format(", {} of which brought nothing new and were left out for room", story.left_out);
  }
  if (story.not_kept > 0) text += fmt::format("; {} found no room, and are lost", story.not_kept);
  if (story.unreadable > 0) {
    text += fmt::format("; {} could not be replayed, and are lost", story.unreadable);
  }
  return text;
}

}  // namespace

void Daemon::open_spool() {
  const Config& config = setup()->config;
  if (config.store.spool_mib == 0) return;
  constexpr std::uint64_t kMiB = 1 << 20;
  auto spool = SpoolFile::open(state_dir(config) + "/spool",
                               static_cast<std::uint64_t>(config.store.spool_mib) * kMiB);
  if (spool) {
    outage_.keep_in(std::move(*spool));
  } else {
    warn("what is seen while the store is away will be lost: " + spool.error().message());
  }
}

/// What is known of the store from the beginning is known while it is away.
void Daemon::prime(Store& store) {
  if (outage_.away()) return;
  std::ignore = store.profiles();
  std::ignore = store.baselines();
  std::ignore = store.approvals();
  std::ignore = store.sweeps(1);
  std::ignore = store.looks();
  std::ignore = store.known_keys();
  std::ignore = store.alerts();
  std::ignore = store.instances();
  std::ignore = store.latest_runs();
  std::ignore = store.job_listeners();
  std::ignore = store.value_rules();
}

void Daemon::come_back(Store& store) {
  if (!outage_.away()) return;
  const auto now = std::chrono::steady_clock::now();
  {
    // What somebody asks for by hand goes after what was seen before.
    const std::scoped_lock lock(mutex_);
    if (now < next_return_ && works_.empty()) return;
  }
  const auto back = outage_.come_back(replay());
  const auto took = std::chrono::steady_clock::now() - now;
  // A host that is off lets one wait for seconds, in which nobody sweeps.
  next_return_ = now + took + std::max<std::chrono::nanoseconds>(kReturnEach, kRestFactor * took);
  if (!back) return;
  std::ignore = store.note_lost_runs(
      [](const std::string& owner) { return liveness_of(owner) != Liveness::dead; });
  prime(store);
}

Replay Daemon::replay() {
  return {.record = [this](const SpoolRecord& record, Store& store,
                           const SpoolMark& mark) { return replay_record(record, store, mark); },
          .begin = [this](Store& store,
                          const OutageStory& story) { return tell_outage(store, story, false); },
          .end = [this](Store& store,
                        const OutageStory& story) { return tell_outage(store, story, true); },
          .stopped = [this] { return stop_.load(); }};
}

Result<void> Daemon::replay_record(const SpoolRecord& record, Store& store, const SpoolMark& mark) {
  alive_ = std::chrono::steady_clock::now().time_since_epoch().count();
  LOCKSTEP_TRY(control::Spooled seen, control::read_spooled(record.bytes));
  const auto now = world();
  const Config& config = now->setup->config;
  const AlertPolicy alerts{.missing_after = config.analysis.missing_after};
  if (const auto* const round = std::get_if<control::SpooledRound>(&seen)) {
    return or_wait(control::replay_round(*round, store,
                                         {.instance = round->instance,
                                          .inventory = now->inventory,
                                          .severities = config.analysis.severities,
                                          .alerts = alerts,
                                          .job_ports = config.scheduler.job_ports},
                                         mark));
  }
  auto& sweep = std::get<control::SpooledSweep>(seen);
  if (sweep.run < 0) sweep.run = outage_.real_run(sweep.run);
  const control::SweepPolicy policy{.severities = config.analysis.severities,
                                    .alerts = alerts,
                                    .services = {.keys = config.services.policies, .tellable = {}},
                                    .job_ports = config.scheduler.job_ports,
                                    .owner = {},
                                    .host = {}};
  return or_wait(control::replay_sweep(sweep, now->inventory, store, policy, is_in_the_way, mark));
}

Finding Daemon::outage_finding(const OutageStory& story) const {
  Finding finding;
  finding.kind = FindingKind::collector_failed;
  finding.reason = kReason;
  finding.node_class = kMonitorClass;
  finding.severity =
      world()->setup->config.analysis.severities.of(finding.kind, {finding.node_class});
  finding.detail =
      fmt::format("{}: it was away since {}: {}", kReason, text_of(story.since), story.problem);
  return finding;
}

/// The outage comes first.
std::vector<AlertRecord> Daemon::found_while_away() const {
  const auto span = outage_.latest();
  if (!span || span->over) return {};
  OutageStory story;
  story.since = span->since;
  story.problem = outage_.problem().message();
  const Finding finding = outage_finding(story);
  AlertRecord away;
  away.subject.kind = finding.kind;
  away.subject.node_class = finding.node_class;
  away.subject.reason = finding.reason;
  away.severity = finding.severity;
  away.detail = finding.detail;
  away.first_seen = span->since;
  away.last_seen = now_in_seconds();
  std::vector<AlertRecord> found = {std::move(away)};
  std::ranges::copy(outage_.found(), std::back_inserter(found));
  return found;
}

/// Whoever was not reached meanwhile finds it among the alerts, with the times at which it was so.
Result<void> Daemon::tell_outage(Store& store, const OutageStory& story, bool over) {
  const auto now = world();
  const AlertPolicy policy{.missing_after = now->setup->config.analysis.missing_after};
  const Finding finding = outage_finding(story);
  const auto change = [&](const ConditionScope& scope, std::span<const Finding> findings,
                          WallTime at) -> Result<void> {
    LOCKSTEP_CHECK(store.change_alerts([&](const auto& book) -> Result<AlertChanges> {
      return update_conditions(book, scope, findings, {}, policy, at);
    }));
    return {};
  };
  const WallTime at = now_in_seconds();
  const ConditionScope scope{.kinds = {finding.kind},
                             .reason = kReason,
                             .over = [&](const AlertRecord&) -> std::optional<std::string> {
                               return fmt::format("it was back at {}; {}", text_of(at),
                                                  what_became_of_it(story));
                             }};
  if (!over) return change(scope, std::span(&finding, 1), story.since);
  // When it was so last.
  LOCKSTEP_CHECK(change(scope, std::span(&finding, 1), at));
  return change(scope, {}, at);
}

control::SweepWorld Daemon::world_of(const Session& session) {
  control::SweepWorld world = session.world();
  world.spool = [this](const control::SpooledSweep& seen, const SweepFacts& facts,
                       const DecideAlerts& decide) {
    return outage_.keep_sweep(control::to_bytes(seen), seen.ports, facts, decide);
  };
  return world;
}

}  // namespace lockstep
