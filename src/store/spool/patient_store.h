// A store that goes on while the real one is away; see outage.h, which makes it.

#pragma once

#include <map>
#include <memory>

#include "store/spool/forwarding_store.h"
#include "store/spool/outage.h"

namespace lockstep {

class PatientStore final : public ForwardingStore {
 public:
  using Store::save_values;

  explicit PatientStore(Outage& outage) : outage_(outage) {}

  Result<void> replace_inventory(const Inventory& inventory) override;
  Result<std::vector<Profile>> profiles() override;
  Result<std::vector<Baseline>> baselines() override;
  Result<std::vector<Approval>> approvals() override;
  Result<std::int64_t> begin_sweep(const SweepClaim& claim,
                                   const std::function<bool(const SweepInfo&)>& is_alive) override;
  Result<void> checkpoint_sweep(std::int64_t sweep, WallTime now,
                                std::span<const PortObservation> open,
                                std::span<const Coverage> coverage) override;
  Result<std::vector<AlertRecord>> finish_sweep(std::int64_t sweep, const SweepEnd& end,
                                                const SweepFacts& facts,
                                                const DecideAlerts& decide) override;
  using Store::sweeps;
  Result<std::vector<SweepInfo>> sweeps(std::size_t limit, std::int64_t below) override;
  Result<Looks> looks() override;
  Result<std::vector<PortFact>> port_states() override;
  Result<std::vector<KnownKey>> known_keys() override;
  Result<std::vector<AlertRecord>> alerts() override;
  using Store::change_alerts;
  Result<std::vector<AlertRecord>> change_alerts(const DecideAlerts& decide,
                                                 const AuditEntry* entry) override;
  Result<std::vector<StoredInstance>> instances() override;
  Result<std::int64_t> begin_run(const InstanceRun& run) override;
  Result<void> save_run(const InstanceRun& run) override;
  Result<std::vector<InstanceRun>> latest_runs() override;
  Result<Pruned> prune(WallTime now, const Retention& retention) override;
  Result<std::vector<JobListener>> job_listeners() override;
  Result<std::vector<AlertRecord>> save_values(const ValueHarvest& harvest,
                                               const DecideByValues& decide) override;
  Result<std::vector<ValueRule>> value_rules() override;
  Result<PortReports> port_reports(std::string_view instance, std::string_view node) override;

 private:
  Result<Store*> target() override;
  void note_failure(const Error& error) override;

  template <typename T, typename Call>
  Result<T> read(std::optional<T> Known::*slot, const Call& call);
  void remember_alerts(const Result<std::vector<AlertRecord>>& alerts);

  Outage& outage_;
  std::unique_ptr<Store> real_;
  std::uint64_t epoch_ = 0;
  std::map<std::int64_t, PortSets> ports_;  // of sweeps that run
};

}  // namespace lockstep
