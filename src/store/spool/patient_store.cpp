#include "store/spool/patient_store.h"

#include <algorithm>

namespace lockstep {
namespace {

constexpr std::size_t kSweepsLookedAt = 100;

/// What the store says of itself, not of what it was asked.
bool is_away(const Error& error) {
  return error.kind() == ErrorKind::unavailable || error.kind() == ErrorKind::denied;
}

}  // namespace

Result<Store*> PatientStore::target() {
  if (outage_.away()) return std::unexpected(outage_.problem());
  if (!real_ || epoch_ != outage_.epoch()) {
    real_.reset();
    epoch_ = outage_.epoch();
    auto opened = outage_.open();
    if (!opened) {
      // Whatever the reason: it was there when the daemon began.
      outage_.note_away(opened.error());
      return std::unexpected(opened.error());
    }
    real_ = std::move(*opened);
  }
  return real_.get();
}

void PatientStore::note_failure(const Error& error) {
  if (!is_away(error)) return;
  outage_.note_away(error);
  real_.reset();
}

template <typename T, typename Call>
Result<T> PatientStore::read(std::optional<T> Known::*slot, const Call& call) {
  if (!outage_.away()) {
    Result<T> result = on(call);
    if (result) {
      outage_.remember([&](Known& known) { known.*slot = *result; });
      return result;
    }
    if (!outage_.away()) return result;
  }
  return outage_.recall(slot);
}

void PatientStore::remember_alerts(const Result<std::vector<AlertRecord>>& alerts) {
  if (!alerts) return;
  outage_.remember([&](Known& known) { known.alerts = *alerts; });
}

/// The inventory is written again before each sweep.
Result<void> PatientStore::replace_inventory(const Inventory& inventory) {
  auto done = ForwardingStore::replace_inventory(inventory);
  if (!done && outage_.away()) return {};
  return done;
}

Result<std::vector<Profile>> PatientStore::profiles() {
  return read(&Known::profiles, [](Store& store) { return store.profiles(); });
}

Result<std::vector<Baseline>> PatientStore::baselines() {
  return read(&Known::baselines, [](Store& store) { return store.baselines(); });
}

Result<std::vector<Approval>> PatientStore::approvals() {
  return read(&Known::approvals, [](Store& store) { return store.approvals(); });
}

Result<std::int64_t> PatientStore::begin_sweep(
    const SweepClaim& claim, const std::function<bool(const SweepInfo&)>& is_alive) {
  const auto store = target();
  if (!store) return outage_.temporary_id();
  SweepClaim real = claim;
  if (real.run < 0) real.run = outage_.real_run(real.run);
  auto begun = (*store)->begin_sweep(real, is_alive);
  if (begun) {
    ports_[*begun] = claim.ports;
    return begun;
  }
  if (!is_away(begun.error())) return begun;
  // It says the same where somebody else asks these nodes.
  const auto latest = (*store)->sweeps(kSweepsLookedAt);
  const auto in_the_way = [&](const SweepInfo& sweep) {
    return sweep.state == SweepState::running && is_alive(sweep);
  };
  if (latest && std::ranges::any_of(*latest, in_the_way)) return begun;
  note_failure(begun.error());
  return outage_.temporary_id();
}

Result<void> PatientStore::checkpoint_sweep(std::int64_t sweep, WallTime now,
                                            std::span<const PortObservation> open,
                                            std::span<const Coverage> coverage) {
  if (sweep < 0) return {};
  auto done = ForwardingStore::checkpoint_sweep(sweep, now, open, coverage);
  if (!done && outage_.away()) return {};
  return done;
}

Result<std::vector<AlertRecord>> PatientStore::finish_sweep(std::int64_t sweep, const SweepEnd& end,
                                                            const SweepFacts& facts,
                                                            const DecideAlerts& decide) {
  if (sweep < 0) return std::unexpected(outage_.problem());
  auto alerts = ForwardingStore::finish_sweep(sweep, end, facts, decide);
  const auto ports = ports_.find(sweep);
  if (alerts && ports != ports_.end()) {
    outage_.remember([&](Known& known) { note_sweep(known, ports->second, end.ended, facts); });
  }
  if (ports != ports_.end()) ports_.erase(ports);
  remember_alerts(alerts);
  // Whatever kind of error it was: what was seen is to be kept.
  if (!alerts && outage_.away()) return std::unexpected(outage_.problem());
  return alerts;
}

Result<std::vector<SweepInfo>> PatientStore::sweeps(std::size_t limit, std::int64_t below) {
  if (below != kAnyId) return ForwardingStore::sweeps(limit, below);
  return read(&Known::sweeps, [&](Store& store) { return store.sweeps(limit); });
}

Result<Looks> PatientStore::looks() {
  return read(&Known::looks, [](Store& store) { return store.looks(); });
}

/// Not kept: they only tell since when a port was closed, which is found out when it is replayed.
Result<std::vector<PortFact>> PatientStore::port_states() {
  auto states = ForwardingStore::port_states();
  if (!states && outage_.away()) return std::vector<PortFact>{};
  return states;
}

Result<std::vector<KnownKey>> PatientStore::known_keys() {
  return read(&Known::known_keys, [](Store& store) { return store.known_keys(); });
}

Result<std::vector<AlertRecord>> PatientStore::alerts() {
  return read(&Known::alerts, [](Store& store) { return store.alerts(); });
}

Result<std::vector<AlertRecord>> PatientStore::change_alerts(const DecideAlerts& decide,
                                                             const AuditEntry* entry) {
  auto alerts = ForwardingStore::change_alerts(decide, entry);
  remember_alerts(alerts);
  return alerts;
}

Result<std::vector<StoredInstance>> PatientStore::instances() {
  return read(&Known::instances, [](Store& store) { return store.instances(); });
}

Result<std::int64_t> PatientStore::begin_run(const InstanceRun& run) {
  auto id = ForwardingStore::begin_run(run);
  if (id || !outage_.away()) return id;
  InstanceRun held = run;
  held.id = outage_.temporary_id();
  outage_.hold(held);
  return held.id;
}

Result<void> PatientStore::save_run(const InstanceRun& run) {
  InstanceRun real = run;
  if (run.id < 0) real.id = outage_.real_run(run.id);
  if (real.id > 0) {
    auto done = ForwardingStore::save_run(real);
    if (done || !outage_.away()) return done;
  }
  outage_.hold(real.id > 0 ? real : run);
  return {};
}

Result<std::vector<InstanceRun>> PatientStore::latest_runs() {
  return read(&Known::latest_runs, [](Store& store) { return store.latest_runs(); });
}

Result<Pruned> PatientStore::prune(WallTime now, const Retention& retention) {
  auto pruned = ForwardingStore::prune(now, retention);
  if (!pruned && outage_.away()) return Pruned{};
  return pruned;
}

Result<std::vector<JobListener>> PatientStore::job_listeners() {
  return read(&Known::job_listeners, [](Store& store) { return store.job_listeners(); });
}

Result<std::vector<AlertRecord>> PatientStore::save_values(const ValueHarvest& harvest,
                                                           const DecideByValues& decide) {
  auto alerts = ForwardingStore::save_values(harvest, decide);
  if (alerts) outage_.remember([&](Known& known) { note_round(known, harvest); });
  remember_alerts(alerts);
  if (!alerts && outage_.away()) return std::unexpected(outage_.problem());
  return alerts;
}

Result<std::vector<ValueRule>> PatientStore::value_rules() {
  return read(&Known::value_rules, [](Store& store) { return store.value_rules(); });
}

Result<PortReports> PatientStore::port_reports(std::string_view instance, std::string_view node) {
  auto reports = ForwardingStore::port_reports(instance, node);
  const bool whole = !instance.empty() && node.empty();
  if (reports && whole) {
    outage_.remember([&](Known& known) { known.port_reports[std::string(instance)] = *reports; });
  }
  if (reports || !outage_.away() || !whole) return reports;
  return outage_.recall_reports(std::string(instance));
}

}  // namespace lockstep
