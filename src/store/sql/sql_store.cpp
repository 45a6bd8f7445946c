#include "store/sql/sql_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/text.h"
#include "store/sql/alert_span_tables.h"
#include "store/sql/alert_tables.h"
#include "store/sql/audit_tables.h"
#include "store/sql/baseline_tables.h"
#include "store/sql/connect.h"
#include "store/sql/connection.h"
#include "store/sql/errors.h"
#include "store/sql/event_tables.h"
#include "store/sql/instance_tables.h"
#include "store/sql/inventory_tables.h"
#include "store/sql/job_listener_tables.h"
#include "store/sql/known_key_tables.h"
#include "store/sql/look_tables.h"
#include "store/sql/maintenance_tables.h"
#include "store/sql/migrations.h"
#include "store/sql/notice_tables.h"
#include "store/sql/port_change_tables.h"
#include "store/sql/port_state_tables.h"
#include "store/sql/profile_tables.h"
#include "store/sql/report_tables.h"
#include "store/sql/retention.h"
#include "store/sql/rows.h"
#include "store/sql/seen_places.h"
#include "store/sql/service_tables.h"
#include "store/sql/spool_tables.h"
#include "store/sql/staged_nodes.h"
#include "store/sql/sweep_tables.h"
#include "store/sql/text.h"
#include "store/sql/transaction.h"
#include "store/sql/user_tables.h"
#include "store/sql/value_point_tables.h"
#include "store/sql/value_rule_tables.h"
#include "store/sql/value_tables.h"

namespace lockstep {
namespace {

/// What a sweep has seen, to be kept at one time.
struct Harvest {
  const StoredSweep& sweep;
  SeenPlaces& seen;
  WallTime now;
};

Result<void> keep(Connection& connection, const Harvest& harvest) {
  const StoredSweep& sweep = harvest.sweep;
  const Result<PortSets> asked = parse_port_sets(sweep.info.ports);
  if (!asked) {
    return corrupt_row("port_sets", fmt::format("id {}", sweep.port_set), asked.error().message());
  }
  LOCKSTEP_CHECK(stage_nodes(connection, harvest.seen.nodes()));
  // Looks afterwards: what changed is told by those before.
  LOCKSTEP_CHECK(update_port_states(connection, harvest.seen, *asked,
                                    {.sweep = sweep.info.id, .now = harvest.now}));
  LOCKSTEP_CHECK(write_looks(connection, sweep, harvest.seen, harvest.now));
  drop_staged_nodes(connection);
  return {};
}

void note_end(const SweepEnd& end, SweepInfo& info) {
  info.state = end.state;
  info.ended = end.ended;
  info.method = end.method;
  info.probes = end.probes;
  info.node_count = end.node_count;
  info.proven = end.proven;
  info.problem = end.problem;
}

class SqlStore final : public Store {
 public:
  using Store::add_audit;
  using Store::audit;
  using Store::change_alerts;
  using Store::runs;
  using Store::save_values;
  using Store::sweeps;

  /// `name` is how messages call this store.
  SqlStore(std::unique_ptr<Connection> connection, std::string name)
      : connection_(std::move(connection)), name_(std::move(name)) {}

  Result<void> replace_inventory(const Inventory& inventory) override {
    return within(Access::write, "writing the inventory",
                  [&] { return write_inventory(*connection_, inventory); });
  }

  Result<std::vector<Profile>> profiles() override {
    return within(Access::read, "reading profiles",
                  [&] { return read_profiles(*connection_, std::nullopt); });
  }

  Result<Profile> profile(std::string_view host_type) override {
    return within(Access::read, "reading profiles", [&]() -> Result<Profile> {
      LOCKSTEP_TRY(auto found, read_profiles(*connection_, storable(host_type)));
      if (!found.empty()) return std::move(found.front());
      return fail(ErrorKind::not_found,
                  fmt::format("there is no profile for {}", quoted(host_type)));
    });
  }

  Result<std::vector<Baseline>> baselines() override {
    return within(Access::read, "reading baselines", [&] { return read_baselines(*connection_); });
  }

  Result<void> drop_baseline(const std::string& host_type, const AuditEntry& entry) override {
    return within(Access::write, "dropping a baseline", [&]() -> Result<void> {
      LOCKSTEP_TRY(const std::vector<Baseline> waiting, read_baselines(*connection_));
      const bool waits = std::ranges::any_of(waiting, [&](const Baseline& baseline) {
        return baseline.profile.host_type == host_type;
      });
      if (!waits) {
        return fail(ErrorKind::not_found,
                    fmt::format("nothing of {} waits for approval", quoted(host_type)));
      }
      remove_baseline(*connection_, host_type);
      LOCKSTEP_CHECK(lockstep::add_audit(*connection_, entry));
      return tell(entry.at, EventKind::profile_waiting, host_type);
    });
  }

  Result<std::vector<Approval>> approvals() override {
    return within(Access::read, "reading approvals", [&] { return read_approvals(*connection_); });
  }

  Result<std::int64_t> begin_sweep(const SweepClaim& claim,
                                   const std::function<bool(const SweepInfo&)>& is_alive) override {
    return within(Access::write, "beginning a sweep",
                  [&] { return add_sweep(*connection_, claim, is_alive); });
  }

  Result<void> checkpoint_sweep(std::int64_t sweep, WallTime now,
                                std::span<const PortObservation> open,
                                std::span<const Coverage> coverage) override {
    return within(Access::write, "keeping a sweep so far", [&]() -> Result<void> {
      LOCKSTEP_TRY(StoredSweep stored, running_sweep(*connection_, sweep));
      SeenPlaces seen(open, coverage, SeenPlaces::Reach::open_ports);
      LOCKSTEP_CHECK(keep(*connection_, {stored, seen, now}));
      stored.info.ended = now;
      return write_sweep(*connection_, stored);
    });
  }

  Result<std::vector<AlertRecord>> finish_sweep(std::int64_t sweep, const SweepEnd& end,
                                                const SweepFacts& facts,
                                                const DecideAlerts& decide) override {
    return within(Access::write, "keeping a sweep", [&]() -> Result<std::vector<AlertRecord>> {
      if (end.state == SweepState::running) {
        return fail(ErrorKind::invalid, "a sweep does not end by running");
      }
      LOCKSTEP_TRY(StoredSweep stored, running_sweep(*connection_, sweep));
      SeenPlaces seen(facts.observations, facts.coverage, SeenPlaces::Reach::all);
      LOCKSTEP_CHECK(keep(*connection_, {stored, seen, end.ended}));
      LOCKSTEP_CHECK(write_services(*connection_, facts.services, end.ended));
      LOCKSTEP_CHECK(add_known_keys(*connection_, facts.keys));
      LOCKSTEP_CHECK(change_job_listeners(*connection_, facts.job_gone, facts.tied));
      if (facts.mark != nullptr) LOCKSTEP_CHECK(write_spool_mark(*connection_, *facts.mark));
      note_end(end, stored.info);
      LOCKSTEP_CHECK(write_sweep(*connection_, stored));
      LOCKSTEP_CHECK(
          tell(end.ended, EventKind::sweep_ended, fmt::format("{}", sweep), stored.info.nodes));
      return decide_alerts(*connection_, decide);
    });
  }

  Result<std::vector<SweepInfo>> sweeps(std::size_t limit, std::int64_t below) override {
    return within(Access::read, "reading sweeps",
                  [&] { return read_sweeps(*connection_, limit, below); });
  }

  Result<Looks> looks() override {
    return within(Access::read, "reading looks", [&] { return read_looks(*connection_); });
  }

  Result<Looks> looks_of(std::span<const std::string> nodes) override {
    return within(Access::read, "reading looks", [&] { return read_looks(*connection_, nodes); });
  }

  Result<std::vector<PortFact>> port_states() override {
    return within(Access::read, "reading the states of ports",
                  [&] { return read_port_states(*connection_); });
  }

  Result<std::vector<ServiceFact>> services() override {
    return within(Access::read, "reading services", [&] { return read_services(*connection_); });
  }

  Result<std::vector<ServiceFact>> services_of(const std::string& node) override {
    return within(Access::read, "reading the services of a node",
                  [&] { return read_services_of(*connection_, node); });
  }

  Result<std::vector<KnownKey>> known_keys() override {
    return within(Access::read, "reading known keys",
                  [&] { return read_known_keys(*connection_); });
  }

  Result<void> replace_known_keys(const std::vector<std::string>& nodes,
                                  std::span<const KnownKey> keys) override {
    return within(Access::write, "replacing known keys",
                  [&] { return write_known_keys(*connection_, nodes, keys); });
  }

  Result<std::vector<AlertRecord>> alerts() override {
    return within(Access::read, "reading alerts", [&] { return read_alerts(*connection_); });
  }

  Result<std::vector<AlertRecord>> alerts_of(std::span<const AlertChoice> choices) override {
    return within(Access::read, "reading alerts",
                  [&] { return read_alerts_of(*connection_, choices); });
  }

  Result<std::vector<AlertRecord>> alerts_on(std::span<const std::string> nodes) override {
    return within(Access::read, "reading alerts",
                  [&] { return read_alerts_on(*connection_, nodes); });
  }

  Result<std::vector<AlertRecord>> change_alerts(const DecideAlerts& decide,
                                                 const AuditEntry* entry) override {
    return within(Access::write, "changing alerts", [&]() -> Result<std::vector<AlertRecord>> {
      LOCKSTEP_TRY(auto alerts, decide_alerts(*connection_, decide));
      if (entry != nullptr) LOCKSTEP_CHECK(lockstep::add_audit(*connection_, *entry));
      return alerts;
    });
  }

  Result<std::vector<StoredInstance>> instances() override {
    return within(Access::read, "reading instances", [&] { return read_instances(*connection_); });
  }

  Result<void> change_instance(const StoredInstance& instance, const AuditEntry& entry) override {
    return within(Access::write, "changing an instance", [&]() -> Result<void> {
      LOCKSTEP_CHECK(write_instance(*connection_, instance));
      LOCKSTEP_CHECK(tell(entry.at, EventKind::instance_changed, instance.name));
      return lockstep::add_audit(*connection_, entry);
    });
  }

  Result<void> forget_instance(const std::string& name, const AuditEntry& entry) override {
    return within(Access::write, "changing an instance", [&]() -> Result<void> {
      remove_instance(*connection_, name);
      LOCKSTEP_CHECK(tell(entry.at, EventKind::instance_changed, name));
      return lockstep::add_audit(*connection_, entry);
    });
  }

  Result<std::int64_t> begin_run(const InstanceRun& run) override {
    return within(Access::write, "beginning a run", [&] { return add_run(*connection_, run); });
  }

  Result<void> save_run(const InstanceRun& run) override {
    return within(Access::write, "keeping a run", [&]() -> Result<void> {
      // One that had ended before, as a row of rounds has, does not end once more.
      LOCKSTEP_TRY(const bool was_running, is_running_run(*connection_, run.id));
      LOCKSTEP_CHECK(write_run(*connection_, run));
      if (run.state == SweepState::running || !was_running) return {};
      return tell(run.ended, EventKind::run_ended, run.instance);
    });
  }

  Result<std::vector<InstanceRun>> runs(std::size_t limit, std::int64_t below) override {
    return within(Access::read, "reading runs",
                  [&] { return read_runs(*connection_, limit, below); });
  }

  Result<std::vector<InstanceRun>> latest_runs() override {
    return within(Access::read, "reading runs", [&] { return read_latest_runs(*connection_); });
  }

  Result<void> note_lost_runs(
      const std::function<bool(const std::string& owner)>& is_alive) override {
    return within(Access::write, "looking for lost runs",
                  [&] { return lockstep::note_lost_runs(*connection_, is_alive); });
  }

  Result<void> add_audit(const AuditEntry& entry, const Event* event) override {
    return within(Access::write, "noting what was done", [&]() -> Result<void> {
      if (event != nullptr) LOCKSTEP_CHECK(add_events(*connection_, std::span(event, 1)));
      return lockstep::add_audit(*connection_, entry);
    });
  }

  Result<std::vector<AuditEntry>> profile_audit(const std::string& node_class,
                                                std::size_t limit) override {
    return within(Access::read, "reading what was done",
                  [&] { return read_profile_audit(*connection_, node_class, limit); });
  }

  Result<std::vector<AuditEntry>> audit(std::size_t limit, std::int64_t below) override {
    return within(Access::read, "reading what was done",
                  [&] { return read_audit(*connection_, limit, below); });
  }

  Result<AuditChain> check_audit() override {
    return within(Access::read, "checking what was done",
                  [&] { return lockstep::check_audit(*connection_); });
  }

  Result<Pruned> prune(WallTime now, const Retention& retention) override {
    constexpr std::string_view kDoing = "taking away what is over";
    LOCKSTEP_TRY(Pruned pruned, within(Access::write, kDoing,
                                       [&] { return prune_all(*connection_, now, retention); }));
    std::size_t points = 1;
    while (points > 0) {
      LOCKSTEP_TRY(points, within(Access::write, kDoing, [&]() -> Result<std::size_t> {
                     return prune_value_points(*connection_, now - retention.points);
                   }));
      pruned.points += points;
    }
    return pruned;
  }

  Result<std::vector<JobListener>> job_listeners() override {
    return within(Access::read, "reading the listeners of jobs",
                  [&] { return read_job_listeners(*connection_); });
  }

  Result<std::vector<AlertRecord>> save_values(const ValueHarvest& harvest,
                                               const DecideByValues& decide) override {
    return within(Access::write, "keeping values", [&]() -> Result<std::vector<AlertRecord>> {
      LOCKSTEP_CHECK(write_values(*connection_, harvest));
      LOCKSTEP_CHECK(change_reports(
          *connection_,
          {.looks = harvest.looks, .ports = harvest.ports, .gone = harvest.ports_gone}));
      LOCKSTEP_CHECK(change_job_listeners(*connection_, harvest.job_gone, harvest.tied));
      if (harvest.mark != nullptr) LOCKSTEP_CHECK(write_spool_mark(*connection_, *harvest.mark));
      std::vector<ValueFact> facts;
      if (harvest.shows_since) {
        LOCKSTEP_TRY(facts, read_values(*connection_, {.instance = harvest.instance,
                                                       .since = harvest.shows_since}));
      }
      return decide_alerts(
          *connection_, [&](const std::vector<AlertRecord>& book) { return decide(facts, book); });
    });
  }

  Result<std::vector<ValueFact>> values(std::string_view instance, std::string_view node) override {
    return within(Access::read, "reading values",
                  [&] { return read_values(*connection_, {.instance = instance, .node = node}); });
  }

  Result<std::vector<ValueRule>> value_rules() override {
    return within(Access::read, "reading rules of values",
                  [&] { return read_value_rules(*connection_); });
  }

  Result<std::vector<Event>> events(std::int64_t after, std::size_t limit) override {
    return within(Access::read, "reading events",
                  [&] { return read_events(*connection_, after, limit); });
  }

  Result<std::int64_t> latest_event() override {
    return within(Access::read, "reading events",
                  [&]() -> Result<std::int64_t> { return read_latest_event(*connection_); });
  }

  Result<std::vector<User>> users() override {
    return within(Access::read, "reading users", [&] { return read_users(*connection_); });
  }

  Result<void> save_user(const User& user, const AuditEntry& entry) override {
    return within(Access::write, "changing a user", [&]() -> Result<void> {
      LOCKSTEP_CHECK(write_user(*connection_, user));
      return lockstep::add_audit(*connection_, entry);
    });
  }

  Result<void> remove_user(const std::string& name, const AuditEntry& entry) override {
    return within(Access::write, "removing a user", [&]() -> Result<void> {
      lockstep::remove_user(*connection_, name);
      return lockstep::add_audit(*connection_, entry);
    });
  }

  Result<std::vector<AccessToken>> tokens() override {
    return within(Access::read, "reading tokens", [&] { return read_tokens(*connection_); });
  }

  Result<std::optional<AccessToken>> find_token(const std::string& hash) override {
    return within(Access::read, "reading tokens", [&]() -> Result<std::optional<AccessToken>> {
      LOCKSTEP_TRY(const auto found, read_tokens(*connection_, hash));
      if (found.empty()) return std::nullopt;
      return found.front();
    });
  }

  Result<std::int64_t> save_token(const AccessToken& token, const std::optional<AuditEntry>& entry,
                                  WallTime now) override {
    return within(Access::write, "changing a token", [&]() -> Result<std::int64_t> {
      remove_expired_tokens(*connection_, now);
      LOCKSTEP_TRY(const std::int64_t id, write_token(*connection_, token));
      if (entry) LOCKSTEP_CHECK(lockstep::add_audit(*connection_, *entry));
      return id;
    });
  }

  Result<void> note_token_use(std::int64_t id, WallTime now) override {
    return within(Access::write, "noting the use of a token", [&]() -> Result<void> {
      lockstep::note_token_use(*connection_, id, now);
      return {};
    });
  }

  Result<void> remove_token(std::int64_t id, const std::optional<AuditEntry>& entry) override {
    return within(Access::write, "removing a token", [&]() -> Result<void> {
      if (!lockstep::remove_token(*connection_, id)) {
        return fail(ErrorKind::not_found, fmt::format("there is no token {}", id));
      }
      if (entry) return lockstep::add_audit(*connection_, *entry);
      return {};
    });
  }

  Result<void> change_notices(const DecideNotices& decide) override {
    return within(Access::write, "deciding what to tell",
                  [&] { return decide_notices(*connection_, decide); });
  }

  Result<std::vector<Notice>> notices() override {
    return within(Access::read, "reading what was told",
                  [&] { return read_notices(*connection_); });
  }

  Result<std::vector<OutboxMessage>> outbox(const OutboxFilter& filter) override {
    return within(Access::read, "reading the outbox",
                  [&] { return read_outbox(*connection_, filter); });
  }

  Result<void> note_deliveries(std::span<const OutboxMessage> messages) override {
    return within(Access::write, "keeping what was delivered",
                  [&] { return write_deliveries(*connection_, messages); });
  }

  Result<std::map<std::string, std::size_t>> waiting_messages() override {
    return within(Access::read, "reading the outbox", [&] { return count_waiting(*connection_); });
  }

  Result<std::vector<MaintenanceWindow>> maintenance() override {
    return within(Access::read, "reading windows of maintenance",
                  [&] { return read_maintenance(*connection_); });
  }

  Result<std::int64_t> add_maintenance(const MaintenanceWindow& window,
                                       const AuditEntry& entry) override {
    return within(Access::write, "opening a window of maintenance", [&]() -> Result<std::int64_t> {
      LOCKSTEP_TRY(const std::int64_t id, lockstep::add_maintenance(*connection_, window));
      LOCKSTEP_CHECK(note_maintenance(id, window.nodes, entry));
      return id;
    });
  }

  Result<void> remove_maintenance(std::int64_t id, const AuditEntry& entry) override {
    return within(Access::write, "taking away a window of maintenance", [&]() -> Result<void> {
      LOCKSTEP_TRY(const MaintenanceWindow window,
                   lockstep::remove_maintenance(*connection_, id, entry.at));
      return note_maintenance(id, window.nodes, entry);
    });
  }

  Result<std::int64_t> replayed(const std::string& spool) override {
    return within(Access::read, "reading the marks of spools",
                  [&] { return read_spool_mark(*connection_, spool); });
  }

  Result<void> note_replayed(const SpoolMark& mark) override {
    return within(Access::write, "keeping the mark of a spool",
                  [&] { return write_spool_mark(*connection_, mark); });
  }

  Result<PortReports> port_reports(std::string_view instance, std::string_view node) override {
    return within(Access::read, "reading what plug-ins say of ports",
                  [&] { return read_reports(*connection_, instance, node); });
  }

  Result<std::vector<PortChange>> port_changes(const std::string& node, const Period& period,
                                               std::size_t limit) override {
    return within(Access::read, "reading changes of ports",
                  [&] { return read_port_changes(*connection_, node, period, limit); });
  }

  Result<std::vector<ValuePoint>> value_points(const PointQuery& query) override {
    return within(Access::read, "reading curves of values",
                  [&] { return read_value_points(*connection_, query); });
  }

  Result<std::vector<AlertSpan>> alert_spans(const Period& period, std::size_t limit) override {
    return within(Access::read, "reading when alerts stood",
                  [&] { return read_alert_spans(*connection_, period, limit); });
  }

  Result<std::vector<SweepInfo>> finished_sweeps(const Period& period, std::int64_t below,
                                                 std::size_t limit) override {
    return within(Access::read, "reading sweeps",
                  [&] { return read_finished_sweeps(*connection_, period, below, limit); });
  }

  Result<std::optional<WallTime>> past_begins() override {
    return within(Access::read, "reading since when changes are noted",
                  [&] { return read_past_begins(*connection_); });
  }

 private:
  Result<void> audit_approval(const Profile& profile, const Approval& approval) {
    AuditEntry entry;
    entry.at = approval.at;
    entry.person = approval.by;
    entry.action = "profile approve";
    entry.subject = profile.host_type;
    entry.detail = fmt::format("{} ports", profile.ports.size());
    return lockstep::add_audit(*connection_, entry);
  }

  Result<void> tell(WallTime at, EventKind kind, const std::string& subject,
                    const std::string& nodes = {}) {
    const Event event = {.id = 0, .at = at, .kind = kind, .subject = subject, .nodes = nodes};
    return add_events(*connection_, std::span(&event, 1));
  }

  Result<void> note_maintenance(std::int64_t id, const std::string& nodes, AuditEntry entry) {
    entry.subject = fmt::format("{}", id);
    LOCKSTEP_CHECK(tell(entry.at, EventKind::maintenance_changed, entry.subject, nodes));
    return lockstep::add_audit(*connection_, entry);
  }

  Result<void> do_save_baseline(const Baseline& baseline, const AuditEntry* entry) override {
    return within(Access::write, "writing a baseline", [&]() -> Result<void> {
      LOCKSTEP_CHECK(write_baseline(*connection_, baseline));
      if (entry != nullptr) LOCKSTEP_CHECK(lockstep::add_audit(*connection_, *entry));
      return tell(baseline.made, EventKind::profile_waiting, baseline.profile.host_type);
    });
  }

  Result<void> do_approve(const Profile& profile, const Approval& approval) override {
    return within(Access::write, "writing an approval", [&]() -> Result<void> {
      LOCKSTEP_CHECK(write_open_ports(*connection_, profile));
      LOCKSTEP_CHECK(audit_approval(profile, approval));
      LOCKSTEP_CHECK(tell(approval.at, EventKind::profile_approved, profile.host_type));
      remove_baseline(*connection_, profile.host_type);
      if (!profile.ports.empty()) return write_approval(*connection_, approval);
      remove_approval(*connection_, profile.host_type);
      return {};
    });
  }

  /// The result of `body` in a transaction of its own, which an error undoes.
  template <typename Body>
  std::invoke_result_t<Body> within(Access access, std::string_view doing, Body&& body) {
    return guarded(fmt::format("{}, {}", name_, doing), [&]() -> std::invoke_result_t<Body> {
      Transaction transaction(*connection_, access);
      auto result = std::forward<Body>(body)();
      if (!result) return std::unexpected(result.error().within(name_));
      transaction.commit();
      return result;
    });
  }

  std::unique_ptr<Connection> connection_;
  std::string name_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_store(std::string_view url,
                                          std::chrono::milliseconds busy_timeout) {
  const std::string name = name_of_store(url);
  auto connection = connect(url, busy_timeout);
  if (!connection) return std::unexpected(connection.error().within(name));
  if (const Result<void> ready = migrate(**connection); !ready) {
    return std::unexpected(ready.error().within(name));
  }
  return std::make_unique<SqlStore>(std::move(*connection), name);
}

}  // namespace lockstep
