// A store that passes every call on to another. Who changes some of the calls overrides these.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace lockstep {

class ForwardingStore : public Store {
 public:
  using Store::add_audit;
  using Store::audit;
  using Store::change_alerts;
  using Store::runs;
  using Store::save_values;
  using Store::sweeps;

  Result<void> replace_inventory(const Inventory& inventory) override {
    return on([&](Store& store) { return store.replace_inventory(inventory); });
  }
  Result<std::vector<Profile>> profiles() override {
    return on([&](Store& store) { return store.profiles(); });
  }
  Result<Profile> profile(std::string_view host_type) override {
    return on([&](Store& store) { return store.profile(host_type); });
  }
  Result<std::vector<Baseline>> baselines() override {
    return on([&](Store& store) { return store.baselines(); });
  }
  Result<std::vector<Approval>> approvals() override {
    return on([&](Store& store) { return store.approvals(); });
  }
  Result<std::int64_t> begin_sweep(const SweepClaim& claim,
                                   const std::function<bool(const SweepInfo&)>& is_alive) override {
    return on([&](Store& store) { return store.begin_sweep(claim, is_alive); });
  }
  Result<void> checkpoint_sweep(std::int64_t sweep, WallTime now,
                                std::span<const PortObservation> open,
                                std::span<const Coverage> coverage) override {
    return on([&](Store& store) { return store.checkpoint_sweep(sweep, now, open, coverage); });
  }
  Result<std::vector<AlertRecord>> finish_sweep(std::int64_t sweep, const SweepEnd& end,
                                                const SweepFacts& facts,
                                                const DecideAlerts& decide) override {
    return on([&](Store& store) { return store.finish_sweep(sweep, end, facts, decide); });
  }
  Result<std::vector<SweepInfo>> sweeps(std::size_t limit, std::int64_t below) override {
    return on([&](Store& store) { return store.sweeps(limit, below); });
  }
  Result<Looks> looks() override {
    return on([&](Store& store) { return store.looks(); });
  }
  Result<Looks> looks_of(std::span<const std::string> nodes) override {
    return on([&](Store& store) { return store.looks_of(nodes); });
  }
  Result<std::vector<PortFact>> port_states() override {
    return on([&](Store& store) { return store.port_states(); });
  }
  Result<std::vector<ServiceFact>> services() override {
    return on([&](Store& store) { return store.services(); });
  }
  Result<std::vector<ServiceFact>> services_of(const std::string& node) override {
    return on([&](Store& store) { return store.services_of(node); });
  }
  Result<std::vector<KnownKey>> known_keys() override {
    return on([&](Store& store) { return store.known_keys(); });
  }
  Result<void> replace_known_keys(const std::vector<std::string>& nodes,
                                  std::span<const KnownKey> keys) override {
    return on([&](Store& store) { return store.replace_known_keys(nodes, keys); });
  }
  Result<std::vector<AlertRecord>> alerts() override {
    return on([&](Store& store) { return store.alerts(); });
  }
  Result<std::vector<AlertRecord>> alerts_of(std::span<const AlertChoice> choices) override {
    return on([&](Store& store) { return store.alerts_of(choices); });
  }
  Result<std::vector<AlertRecord>> alerts_on(std::span<const std::string> nodes) override {
    return on([&](Store& store) { return store.alerts_on(nodes); });
  }
  Result<std::vector<AlertRecord>> change_alerts(const DecideAlerts& decide,
                                                 const AuditEntry* entry) override {
    return on([&](Store& store) { return store.change_alerts(decide, entry); });
  }
  Result<std::vector<StoredInstance>> instances() override {
    return on([&](Store& store) { return store.instances(); });
  }
  Result<void> change_instance(const StoredInstance& instance, const AuditEntry& entry) override {
    return on([&](Store& store) { return store.change_instance(instance, entry); });
  }
  Result<void> forget_instance(const std::string& name, const AuditEntry& entry) override {
    return on([&](Store& store) { return store.forget_instance(name, entry); });
  }
  Result<std::int64_t> begin_run(const InstanceRun& run) override {
    return on([&](Store& store) { return store.begin_run(run); });
  }
  Result<void> save_run(const InstanceRun& run) override {
    return on([&](Store& store) { return store.save_run(run); });
  }
  Result<std::vector<InstanceRun>> runs(std::size_t limit, std::int64_t below) override {
    return on([&](Store& store) { return store.runs(limit, below); });
  }
  Result<std::vector<InstanceRun>> latest_runs() override {
    return on([&](Store& store) { return store.latest_runs(); });
  }
  Result<void> note_lost_runs(
      const std::function<bool(const std::string& owner)>& is_alive) override {
    return on([&](Store& store) { return store.note_lost_runs(is_alive); });
  }
  Result<void> drop_baseline(const std::string& host_type, const AuditEntry& entry) override {
    return on([&](Store& store) { return store.drop_baseline(host_type, entry); });
  }
  Result<void> add_audit(const AuditEntry& entry, const Event* event) override {
    return on([&](Store& store) { return store.add_audit(entry, event); });
  }
  Result<std::vector<AuditEntry>> profile_audit(const std::string& node_class,
                                                std::size_t limit) override {
    return on([&](Store& store) { return store.profile_audit(node_class, limit); });
  }
  Result<std::vector<AuditEntry>> audit(std::size_t limit, std::int64_t below) override {
    return on([&](Store& store) { return store.audit(limit, below); });
  }
  Result<AuditChain> check_audit() override {
    return on([&](Store& store) { return store.check_audit(); });
  }
  Result<Pruned> prune(WallTime now, const Retention& retention) override {
    return on([&](Store& store) { return store.prune(now, retention); });
  }
  Result<std::vector<JobListener>> job_listeners() override {
    return on([&](Store& store) { return store.job_listeners(); });
  }
  Result<std::vector<AlertRecord>> save_values(const ValueHarvest& harvest,
                                               const DecideByValues& decide) override {
    return on([&](Store& store) { return store.save_values(harvest, decide); });
  }
  Result<std::vector<ValueFact>> values(std::string_view instance, std::string_view node) override {
    return on([&](Store& store) { return store.values(instance, node); });
  }
  Result<std::vector<ValueRule>> value_rules() override {
    return on([&](Store& store) { return store.value_rules(); });
  }
  Result<std::vector<Event>> events(std::int64_t after, std::size_t limit) override {
    return on([&](Store& store) { return store.events(after, limit); });
  }
  Result<std::int64_t> latest_event() override {
    return on([&](Store& store) { return store.latest_event(); });
  }
  Result<std::vector<User>> users() override {
    return on([&](Store& store) { return store.users(); });
  }
  Result<void> save_user(const User& user, const AuditEntry& entry) override {
    return on([&](Store& store) { return store.save_user(user, entry); });
  }
  Result<void> remove_user(const std::string& name, const AuditEntry& entry) override {
    return on([&](Store& store) { return store.remove_user(name, entry); });
  }
  Result<std::vector<AccessToken>> tokens() override {
    return on([&](Store& store) { return store.tokens(); });
  }
  Result<std::optional<AccessToken>> find_token(const std::string& hash) override {
    return on([&](Store& store) { return store.find_token(hash); });
  }
  Result<std::int64_t> save_token(const AccessToken& token, const std::optional<AuditEntry>& entry,
                                  WallTime now) override {
    return on([&](Store& store) { return store.save_token(token, entry, now); });
  }
  Result<void> note_token_use(std::int64_t id, WallTime now) override {
    return on([&](Store& store) { return store.note_token_use(id, now); });
  }
  Result<void> remove_token(std::int64_t id, const std::optional<AuditEntry>& entry) override {
    return on([&](Store& store) { return store.remove_token(id, entry); });
  }
  Result<void> change_notices(const DecideNotices& decide) override {
    return on([&](Store& store) { return store.change_notices(decide); });
  }
  Result<std::vector<Notice>> notices() override {
    return on([&](Store& store) { return store.notices(); });
  }
  Result<std::vector<OutboxMessage>> outbox(const OutboxFilter& filter) override {
    return on([&](Store& store) { return store.outbox(filter); });
  }
  Result<void> note_deliveries(std::span<const OutboxMessage> messages) override {
    return on([&](Store& store) { return store.note_deliveries(messages); });
  }
  Result<std::map<std::string, std::size_t>> waiting_messages() override {
    return on([&](Store& store) { return store.waiting_messages(); });
  }
  Result<std::vector<MaintenanceWindow>> maintenance() override {
    return on([&](Store& store) { return store.maintenance(); });
  }
  Result<std::int64_t> add_maintenance(const MaintenanceWindow& window,
                                       const AuditEntry& entry) override {
    return on([&](Store& store) { return store.add_maintenance(window, entry); });
  }
  Result<void> remove_maintenance(std::int64_t id, const AuditEntry& entry) override {
    return on([&](Store& store) { return store.remove_maintenance(id, entry); });
  }
  Result<std::int64_t> replayed(const std::string& spool) override {
    return on([&](Store& store) { return store.replayed(spool); });
  }
  Result<void> note_replayed(const SpoolMark& mark) override {
    return on([&](Store& store) { return store.note_replayed(mark); });
  }
  Result<PortReports> port_reports(std::string_view instance, std::string_view node) override {
    return on([&](Store& store) { return store.port_reports(instance, node); });
  }
  Result<std::vector<PortChange>> port_changes(const std::string& node, const Period& period,
                                               std::size_t limit) override {
    return on([&](Store& store) { return store.port_changes(node, period, limit); });
  }
  Result<std::vector<ValuePoint>> value_points(const PointQuery& query) override {
    return on([&](Store& store) { return store.value_points(query); });
  }
  Result<std::vector<AlertSpan>> alert_spans(const Period& period, std::size_t limit) override {
    return on([&](Store& store) { return store.alert_spans(period, limit); });
  }
  Result<std::vector<SweepInfo>> finished_sweeps(const Period& period, std::int64_t below,
                                                 std::size_t limit) override {
    return on([&](Store& store) { return store.finished_sweeps(period, below, limit); });
  }
  Result<std::optional<WallTime>> past_begins() override {
    return on([&](Store& store) { return store.past_begins(); });
  }

 protected:
  template <typename Call>
  auto on(const Call& call) -> decltype(call(std::declval<Store&>())) {
    LOCKSTEP_TRY(Store* const store, target());
    auto result = call(*store);
    if (!result) note_failure(result.error());
    return result;
  }

 private:
  /// The other one. Errors: why there is none now.
  virtual Result<Store*> target() = 0;
  /// A call to it has failed.
  virtual void note_failure(const Error& error) = 0;

  Result<void> do_save_baseline(const Baseline& baseline, const AuditEntry* entry) override {
    return on([&](Store& store) { return store.save_baseline(baseline, entry); });
  }
  Result<void> do_approve(const Profile& profile, const Approval& approval) override {
    return on([&](Store& store) { return store.approve(profile, approval); });
  }
};

}  // namespace lockstep
