// What Lockstep remembers, as tables that an administrator may read, and partly edit, with any SQL
// client:
//
//   open_ports(port, protocol, service, host_type)
//       the paper's Table 1; edits by hand count
//   port_rules(host_type, protocol, ports, presence, until)
//       what Table 1 cannot say; edits by hand count
//   service_rules(name, rule)
//       what is too long for open_ports.service; edits by hand count
//   baselines, baseline_ports, baseline_outliers
//       what was learned and waits for approval
//   approvals(host_type, line_number, line, approved_at, approved_by)
//       what was approved
//   nodes, node_addresses, node_classes
//       a copy of the inventory; edits are lost
//   sweeps
//       each sweep, and how it went
//   port_sets(id, ports), looks
//       how far the latest look at each address reached
//   port_states
//       ports that are open or filtered, as last seen
//   services
//       what a port said when it was last asked what it is, one row a port of an address
//   service_keys
//       the keys and certificates that it proved itself by then: type "ssh-ed25519",
//       "tls-certificate", "tls-public-key"
//   known_keys
//       what each port of a node is known to prove itself by; since when, and who accepted it
//   alerts
//       one row for each subject and node
//   instances(name, settings, changed_at, changed_by)
//       plug-in instances, as they were changed while the daemon ran; they hold before the
//       configuration's
//   runs
//       each pass of an instance; the sweeps that it was made of name it
//   audit
//       what people did: when, who, what
//       each entry holds a hash over those before it (store/audit_chain.h)
//   events(id, happened_at, kind, subject, nodes)
//       what happened, in order, for those who listen
//   notice_cursor, notices, outbox
//       how far events were told, what was told of each cause, and messages that wait for delivery
//   users(name, role, classes, password, ...), access_tokens(hash, ...)
//       who may use the API; passwords and secrets as hashes alone
//   maintenance(id, nodes, begins, ends, note, made_by, made, removed)
//       windows of maintenance that people opened, beside those of the configuration
//   spool_marks(spool, number)
//       up to which number the spools of daemons were replayed (store/spool/)
//   job_listeners(node, network, protocol, port, jobs, since)
//       ports that jobs may open, as long as they have been open, and the jobs that held the node
//   node_values(node, instance, name, number, text, unit, measured_at)
//       what a plug-in instance measured when it last covered the node: a number or a text
//   value_rules(host_type, instance, name, rule)
//       what values should be; edits by hand count
//   reported_looks(node, instance, network, address, tcp, udp, looked)
//       when a plug-in instance last covered an address, and which ports it says it examined
//   reported_ports(node, instance, network, address, protocol, port, since)
//       open ports as plug-in instances report them; looks and port_states know nothing of them
//   port_changes(node, happened_at, network, address, protocol, port, state, was)
//       when a port became something else; what was seen by the first look at it is no change
//   value_points(slot, node, instance, name, measured_at, number)
//       numbers as they were measured, one in five minutes at most: slot and measured_at are such
//       spans and seconds since 1970
//   alert_spans(id, node, began, ended, severity, muted)
//       when alerts stood, and since when somebody dealt with them
//   past_begins(since)
//       changes before that time were not noted; no row: all were
//
// Times are texts in UTC, RFC 3339 to the second, so that they sort and read well everywhere. Texts
// are UTF-8; a byte that is not, or that is NUL, is kept as "\xNN", and comes back so.
//
// A store holds one cluster. A call that returned success has its effect on disk: it survives
// kill -9 and a power cut. A call that failed has no effect.
//
// One thread at a time. Several processes may share a store; each call sees whole writes only.
// Any call may fail with `unavailable` (locked for too long, disk full, database gone), `denied`
// or `corrupt`, and one that writes with `invalid` where a text is too long for its column.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/alert.h"
#include "model/event.h"
#include "model/instance.h"
#include "model/job_listener.h"
#include "model/maintenance.h"
#include "model/node.h"
#include "model/notice.h"
#include "model/past.h"
#include "model/profile.h"
#include "model/reported_port.h"
#include "model/service.h"
#include "model/sweep_info.h"
#include "model/user.h"
#include "model/value.h"
#include "model/value_rule.h"
#include "store/audit_chain.h"

namespace lockstep {

/// Alerts of one id.
struct AlertChoice {
  std::int64_t id = 0;
  std::vector<std::string> nodes{};  ///< on these; "" is none; no name at all: on whichever
};

/// Decides over all alerts as they are, inside the transaction that writes what it returns: what
/// another process does meanwhile waits. Must not call the store. An error undoes everything.
using DecideAlerts = std::function<Result<AlertChanges>(const std::vector<AlertRecord>&)>;

/// That what is kept comes from a spool, where it waited while the store was away: its number
/// there. Numbers of a spool ascend, and what is kept with a mark is kept once.
struct SpoolMark {
  std::string spool;
  std::int64_t number = 0;
};

/// What a sweep brings to its end; borrowed for the call.
struct SweepFacts {
  std::span<const PortObservation> observations{};
  std::span<const Coverage> coverage{};
  std::span<const ServiceObservation> services{};
  std::span<const KnownKey> keys{};         ///< to be known from now on
  std::span<const JobListener> tied{};      ///< to jobs, in place of what stood at these places
  std::span<const JobListener> job_gone{};  ///< places whose listeners are tied to none any more
  const SpoolMark* mark = nullptr;          ///< null: it comes from no spool
};

/// What a round of an instance measured; borrowed for the call.
struct ValueHarvest {
  std::string_view instance;
  std::span<const std::string> nodes;          ///< that were covered
  std::span<const ValueObservation> values{};  ///< of this instance and these nodes
  WallTime now{};                              ///< whole seconds
  /// The decision is to see the values of this instance that were measured since then, of all
  /// nodes, with the new ones among them; none: it sees none at all.
  std::optional<WallTime> shows_since{};
  // What it says of ports; each is of this instance.
  std::span<const ReportedLook> looks{};       ///< in place of those at the same addresses
  std::span<const ReportedPort> ports{};       ///< new, or otherwise than before
  std::span<const ReportedPort> ports_gone{};  ///< reported before, and not any more
  std::span<const JobListener> tied{};         ///< as in SweepFacts
  std::span<const JobListener> job_gone{};
  const SpoolMark* mark = nullptr;
};

/// As DecideAlerts, with the values asked for, ascending by node and name.
using DecideByValues = std::function<Result<AlertChanges>(const std::vector<ValueFact>&,
                                                          const std::vector<AlertRecord>&)>;

/// How long what is over stays in the store.
struct Retention {
  std::chrono::days history{400};  ///< sweeps since they ended, alerts since they were resolved
  std::chrono::days departed{90};  ///< nodes since they were last looked at
  /// Sweeps that were steps of runs; an instance that rotates makes some ten thousand a day.
  std::chrono::days steps{3};
  /// What happened, for who listens: nobody is away for longer and then wants it step by step.
  std::chrono::days events{14};
  std::chrono::days changes{90};  ///< of ports; and times in which alerts stood, since they ended
  /// Numbers as they were measured: by far the most rows, for plots of what was just now. As others
  /// are saved, those that are older than this default go, whatever prune() is told.
  std::chrono::days points{3};
};

/// Numbers are kept as points of a curve once in so many seconds of each value: 300 give a plot of
/// a day as many points as it has pixels, and a tenth of the rows of rounds each half minute.
inline constexpr std::chrono::seconds kPointSlot{300};

/// Which points are wanted.
struct PointQuery {
  std::string node;
  std::string instance{};  ///< empty: all
  std::string name{};      ///< empty: all
  Period period{};
  std::size_t limit = 100'000;
};

/// What was changed of a plug-in instance while the daemon ran; it holds before what the
/// configuration says of it.
struct StoredInstance {
  std::string name;
  InstanceSettings settings;
  WallTime changed_at{};
  std::string changed_by;

  friend bool operator==(const StoredInstance&, const StoredInstance&) = default;
};

/// What there is to tell of, and what was told.
struct NoticeBook {
  std::int64_t latest_event = 0;
  bool is_news = false;  ///< something has happened since the last decision
  /// Those that count, and all of those that a notice is about; ascending by id and node.
  std::vector<AlertRecord> alerts{};
  std::vector<Notice> notices{};                 ///< ascending by channel and cause
  std::map<std::string, std::size_t> waiting{};  ///< messages by channel
  std::vector<MaintenanceWindow> maintenance{};  ///< as Store::maintenance()
};

struct NoticeChanges {
  std::vector<Notice> written{};  ///< new, or in place of those of the same channel and cause
  std::vector<std::pair<std::string, std::string>> forgotten{};  ///< channel and cause
  std::vector<OutboxMessage> messages{};                         ///< get their ids from the store
};

/// As DecideAlerts.
using DecideNotices = std::function<Result<NoticeChanges>(const NoticeBook&)>;

struct OutboxFilter {
  std::string channel{};                ///< empty: all
  std::optional<MessageState> state{};  ///< none: all
  std::size_t limit = 1000;
};

/// How many rows were taken away.
struct Pruned {
  std::size_t sweeps = 0;
  std::size_t alerts = 0;
  std::size_t looks = 0;
  std::size_t port_states = 0;
  std::size_t services = 0;
  std::size_t values = 0;
  std::size_t reported_looks = 0;
  std::size_t reported_ports = 0;
  std::size_t changes = 0;  ///< of ports
  std::size_t spans = 0;
  std::size_t points = 0;

  friend bool operator==(const Pruned&, const Pruned&) = default;
};

/// Above every id.
constexpr std::int64_t kAnyId = std::numeric_limits<std::int64_t>::max();

class Store {
 public:
  virtual ~Store() = default;

  // --- The inventory ---

  /// Replaces nodes, addresses and classes as a whole.
  virtual Result<void> replace_inventory(const Inventory& inventory) = 0;

  // --- Profiles ---

  /// Every profile, ascending by host type, with its rules. Spaces around texts are no part of
  /// them; rows that name a port twice count once. Errors: `corrupt`, naming the table and the
  /// row, where one that was written by hand has no sense.
  virtual Result<std::vector<Profile>> profiles() = 0;

  /// The profile of one host type; rows of others are not looked at. Errors: `not_found` where it
  /// has no row; `corrupt` as for profiles().
  virtual Result<Profile> profile(std::string_view host_type) = 0;

  /// What waits for approval, ascending by host type.
  virtual Result<std::vector<Baseline>> baselines() = 0;
  /// Replaces what waits for approval of the same host type. Errors: `invalid` where Table 1
  /// cannot hold it: a text that is too long, a port that is 0, twice or out of order, a rule, or
  /// no port at all, which could not be told from a class that was never profiled. `entry` is kept
  /// with it: what a person did; null: it was none.
  Result<void> save_baseline(const Baseline& baseline, const AuditEntry* entry = nullptr);
  /// Takes away what waits for approval of a host type. Errors: `not_found` where nothing does.
  virtual Result<void> drop_baseline(const std::string& host_type, const AuditEntry& entry) = 0;

  /// What was approved, ascending by host type.
  virtual Result<std::vector<Approval>> approvals() = 0;
  /// Makes profile.ports the rows of its host type in Table 1, notes the approval, and takes away
  /// what waited for it, in one. The rules stay as they are. Without ports, the rows and the
  /// approval are removed. Errors: `invalid` as for save_baseline(), but for rules and no port, and
  /// where the approval is for another host type.
  Result<void> approve(const Profile& profile, const Approval& approval);

  // --- Sweeps ---

  /// Notes that a sweep begins, and returns its id. `is_alive` says whether the process of a sweep
  /// that the store holds for running still is; those that are not become `lost`. Errors:
  /// `unavailable` where one that is has a node and a protocol in common with this one, naming it;
  /// `invalid` for port 0, and for the name of a node that a nodeset cannot hold.
  virtual Result<std::int64_t> begin_sweep(
      const SweepClaim& claim, const std::function<bool(const SweepInfo&)>& is_alive) = 0;

  /// Keeps what a running sweep has so far, and its sign of life: open ports are added to
  /// port_states, none is taken away; a look that is not examined in full changes
  /// `Look::examined` of no earlier one. Errors: `not_found` where the sweep is not running.
  virtual Result<void> checkpoint_sweep(std::int64_t sweep, WallTime now,
                                        std::span<const PortObservation> open,
                                        std::span<const Coverage> coverage) = 0;

  /// Ends a sweep: its looks, the states of ports, what services said, and what `decide` makes of
  /// the alerts, all in one. Returns the alerts as they are afterwards.
  ///
  /// The states of an address that was examined in full become those of `facts.observations`, as
  /// far as the sweep's ports reach; of others, open ports are added and none is taken away. A
  /// state that stays keeps its `since`.
  ///
  /// A service replaces what was kept of the same node, network, address, protocol and port, and
  /// was `asked` at the sweep's end. One that could not be reached, or whose reader was lost, says
  /// nothing: it is kept where nothing is, and replaces nothing. Of two of one place, the later one
  /// counts. Texts from outside that are too long are cut: they are hostile, and may not cost a
  /// sweep. A key is added unless its place, type and sha256 are known.
  ///
  /// Errors: `not_found` where the sweep is not running, for instance since somebody took it for
  /// lost.
  virtual Result<std::vector<AlertRecord>> finish_sweep(std::int64_t sweep, const SweepEnd& end,
                                                        const SweepFacts& facts,
                                                        const DecideAlerts& decide) = 0;

  /// The latest sweeps whose id is below `below`, at most `limit`, the newest first.
  virtual Result<std::vector<SweepInfo>> sweeps(std::size_t limit, std::int64_t below) = 0;
  Result<std::vector<SweepInfo>> sweeps(std::size_t limit) { return sweeps(limit, kAnyId); }

  virtual Result<Looks> looks() = 0;
  /// Those of these nodes alone.
  virtual Result<Looks> looks_of(std::span<const std::string> nodes) = 0;
  /// Ascending by node, network, address, protocol, port.
  virtual Result<std::vector<PortFact>> port_states() = 0;

  // --- Services ---

  /// Ascending by node, network, address, protocol, port. Of a port that is closed by now, it is
  /// what was said last. Without banners.
  virtual Result<std::vector<ServiceFact>> services() = 0;
  /// Those of one node, in the same order, with what each said first: at most 512 bytes. Empty
  /// where it was asked by an older Lockstep.
  virtual Result<std::vector<ServiceFact>> services_of(const std::string& node) = 0;
  /// Ascending by node, network, protocol, port, type, sha256.
  virtual Result<std::vector<KnownKey>> known_keys() = 0;
  /// Replaces all known keys of these nodes, whatever they were: for an operator who accepts what a
  /// rebuilt node shows, or, without keys, wants the next look to be the first. Errors: `invalid`
  /// where a key is of no such node.
  virtual Result<void> replace_known_keys(const std::vector<std::string>& nodes,
                                          std::span<const KnownKey> keys) = 0;

  // --- Alerts ---

  /// All of them, ascending by id and node.
  virtual Result<std::vector<AlertRecord>> alerts() = 0;
  /// Those alone, for who knows from events what has changed, in the same order. Each id is chosen
  /// once.
  virtual Result<std::vector<AlertRecord>> alerts_of(std::span<const AlertChoice> choices) = 0;
  /// Those on these nodes alone, in the same order.
  virtual Result<std::vector<AlertRecord>> alerts_on(std::span<const std::string> nodes) = 0;
  /// Returns the alerts as they are afterwards.
  /// `entry` is kept with the change: what a person did; null: it was none.
  virtual Result<std::vector<AlertRecord>> change_alerts(const DecideAlerts& decide,
                                                         const AuditEntry* entry) = 0;
  Result<std::vector<AlertRecord>> change_alerts(const DecideAlerts& decide) {
    return change_alerts(decide, nullptr);
  }

  // --- Plug-in instances ---

  /// What was changed of them, ascending by name.
  virtual Result<std::vector<StoredInstance>> instances() = 0;
  /// Keeps a change, in place of an earlier one of that instance, together with who made it.
  /// Errors: `invalid` for a text that is too long.
  virtual Result<void> change_instance(const StoredInstance& instance, const AuditEntry& entry) = 0;
  /// Forgets what was changed of an instance: what the configuration says holds again.
  virtual Result<void> forget_instance(const std::string& name, const AuditEntry& entry) = 0;

  /// Notes that a pass begins, and returns its id.
  virtual Result<std::int64_t> begin_run(const InstanceRun& run) = 0;
  /// How far it is, or how it ended.
  virtual Result<void> save_run(const InstanceRun& run) = 0;
  /// The latest whose id is below `below`, at most `limit`, the newest first.
  virtual Result<std::vector<InstanceRun>> runs(std::size_t limit, std::int64_t below) = 0;
  Result<std::vector<InstanceRun>> runs(std::size_t limit) { return runs(limit, kAnyId); }
  /// The latest of each instance, in any order.
  virtual Result<std::vector<InstanceRun>> latest_runs() = 0;
  /// Runs that are held for running and whose owner is not alive become `lost`.
  virtual Result<void> note_lost_runs(
      const std::function<bool(const std::string& owner)>& is_alive) = 0;

  // --- What people did ---

  /// `event` is told together with it; null: none is.
  virtual Result<void> add_audit(const AuditEntry& entry, const Event* event) = 0;
  Result<void> add_audit(const AuditEntry& entry) { return add_audit(entry, nullptr); }
  /// The latest whose id is below `below`, at most `limit`, the newest first.
  virtual Result<std::vector<AuditEntry>> audit(std::size_t limit, std::int64_t below) = 0;
  Result<std::vector<AuditEntry>> audit(std::size_t limit) { return audit(limit, kAnyId); }
  /// What was done about profiles of a class (with all its networks), or of class@network: the
  /// latest, at most `limit`, the newest first.
  virtual Result<std::vector<AuditEntry>> profile_audit(const std::string& node_class,
                                                        std::size_t limit) = 0;
  /// Whether it is what was noted.
  virtual Result<AuditChain> check_audit() = 0;

  // --- Upkeep ---

  /// Takes away what has been over for longer than `retention` at `now`; once a day is often
  /// enough.
  /// - Runs that have ended, but for the latest, and what people did.
  /// - Sweeps that have ended, but for the latest, and those that a look is of; those that were
  ///   steps of runs sooner.
  /// - Alerts that are resolved, but for those of the greatest id: no id is given twice.
  /// - Looks, states of ports, and services of nodes that the inventory no longer has. Their known
  ///   keys stay: a name that comes back has to prove itself. So do their open alerts. An inventory
  ///   without any node is taken for one that is not known.
  /// - Messages that were delivered or given up, as long ago as events go; but for the latest.
  /// - Windows of maintenance that ended, or were taken away, likewise.
  /// - Values, and ports, that plug-ins did not report for as long as departed nodes stay: their
  ///   instance or their node is gone.
  /// - What became otherwise, and points of curves: those that did not go as others came. These go
  ///   a slot at a time, others may write in between, and what went before an error stays away.
  virtual Result<Pruned> prune(WallTime now, const Retention& retention) = 0;

  // --- Listeners of jobs ---

  /// Ascending by node, network, protocol, port.
  virtual Result<std::vector<JobListener>> job_listeners() = 0;

  // --- Values ---

  /// Replaces the values of these nodes and this instance, changes what it says of ports, and
  /// writes what `decide` makes of the alerts, all in one. Returns the alerts as they are
  /// afterwards. Of two values of one name, the last counts. Texts that are too long are cut.
  /// Errors: `invalid` for a value of another instance, of a node that is not among them, or whose
  /// number is not finite.
  virtual Result<std::vector<AlertRecord>> save_values(const ValueHarvest& harvest,
                                                       const DecideByValues& decide) = 0;
  /// The same without alerts.
  Result<void> save_values(std::string_view instance, std::span<const std::string> nodes,
                           std::span<const ValueObservation> values, WallTime now);
  /// Ascending by node, instance and name; of one instance, and of one node, where they are not
  /// empty.
  virtual Result<std::vector<ValueFact>> values(std::string_view instance = {},
                                                std::string_view node = {}) = 0;
  /// Ascending, each once. Spaces around texts are no part of them. What `rule` says is not looked
  /// at. Errors: `corrupt` where a row lacks a text.
  virtual Result<std::vector<ValueRule>> value_rules() = 0;

  // --- What happened ---

  /// Those after the one with id `after`, at most `limit`, ascending. An event is written together
  /// with what it is about, and never seen after one with a greater id.
  virtual Result<std::vector<Event>> events(std::int64_t after, std::size_t limit) = 0;
  /// The greatest id; 0: nothing has happened. Cheap, for who looks each second.
  virtual Result<std::int64_t> latest_event() = 0;

  // --- What is told of it ---

  /// What `decide` makes of what there is, and that it has seen all that happened so far, in one:
  /// nothing is told twice, and nothing is forgotten.
  virtual Result<void> change_notices(const DecideNotices& decide) = 0;
  /// Ascending by channel and cause.
  virtual Result<std::vector<Notice>> notices() = 0;
  /// Of those that wait the oldest first; else the newest.
  virtual Result<std::vector<OutboxMessage>> outbox(const OutboxFilter& filter) = 0;
  /// Keeps due, tries, state and problem of messages that are still there.
  virtual Result<void> note_deliveries(std::span<const OutboxMessage> messages) = 0;
  /// How many messages wait, by channel.
  virtual Result<std::map<std::string, std::size_t>> waiting_messages() = 0;

  // --- Maintenance ---

  /// The windows that people opened and did not take away, ascending by id; those that are over are
  /// among them for a while.
  virtual Result<std::vector<MaintenanceWindow>> maintenance() = 0;
  /// Keeps one, and returns its id, which becomes the subject of `entry`. Errors: `invalid` for a
  /// text that is too long.
  virtual Result<std::int64_t> add_maintenance(const MaintenanceWindow& window,
                                               const AuditEntry& entry) = 0;
  /// Errors: `not_found`.
  virtual Result<void> remove_maintenance(std::int64_t id, const AuditEntry& entry) = 0;

  // --- Who may do what ---

  /// Ascending by name.
  virtual Result<std::vector<User>> users() = 0;
  /// Keeps a user, in place of one of that name, together with who did it. Errors: `invalid` for a
  /// text that is too long.
  virtual Result<void> save_user(const User& user, const AuditEntry& entry) = 0;
  /// Together with his tokens.
  virtual Result<void> remove_user(const std::string& name, const AuditEntry& entry) = 0;
  /// All kinds of them, ascending by id.
  virtual Result<std::vector<AccessToken>> tokens() = 0;
  /// The one of that hash. Cheap: it is asked with each request.
  virtual Result<std::optional<AccessToken>> find_token(const std::string& hash) = 0;
  /// Keeps one, in place of that of the same hash; where its id is 0 it gets one. Those whose time
  /// is over go. Returns the id. Without an entry it is no act of a person: a session, or a use.
  virtual Result<std::int64_t> save_token(const AccessToken& token,
                                          const std::optional<AuditEntry>& entry, WallTime now) = 0;
  /// Of a token that is still there; of one that was taken away meanwhile nothing comes back.
  virtual Result<void> note_token_use(std::int64_t id, WallTime now) = 0;
  /// Errors: `not_found`.
  virtual Result<void> remove_token(std::int64_t id, const std::optional<AuditEntry>& entry) = 0;

  // --- Spools ---

  /// The number of the latest mark of that spool; 0: there is none.
  virtual Result<std::int64_t> replayed(const std::string& spool) = 0;
  /// Keeps a mark by itself.
  virtual Result<void> note_replayed(const SpoolMark& mark) = 0;

  // --- What plug-ins say of ports ---

  /// Of one instance, and of one node, where they are not empty.
  virtual Result<PortReports> port_reports(std::string_view instance = {},
                                           std::string_view node = {}) = 0;

  // --- The past ---

  /// The latest, at most `limit`, in the order of time; and of ports that are open since a time in
  /// the period, because they were open when they were looked at first, that time. Of an empty
  /// node: changes of all nodes alone.
  virtual Result<std::vector<PortChange>> port_changes(const std::string& node,
                                                       const Period& period, std::size_t limit) = 0;
  /// The latest, ascending by instance, name and time.
  virtual Result<std::vector<ValuePoint>> value_points(const PointQuery& query) = 0;
  /// Those that have a moment in the period, at most `limit`: those that stand, then those that
  /// began last. Ascending by id, node and time.
  virtual Result<std::vector<AlertSpan>> alert_spans(const Period& period, std::size_t limit) = 0;
  /// Sweeps that went to their end in the period, and whose id is below `below`: at most `limit`,
  /// the newest first.
  virtual Result<std::vector<SweepInfo>> finished_sweeps(const Period& period, std::int64_t below,
                                                         std::size_t limit) = 0;
  /// Before that time changes were not noted; none: all were.
  virtual Result<std::optional<WallTime>> past_begins() = 0;

 private:
  /// The profile fits Table 1.
  virtual Result<void> do_save_baseline(const Baseline& baseline, const AuditEntry* entry) = 0;
  virtual Result<void> do_approve(const Profile& profile, const Approval& approval) = 0;
};

}  // namespace lockstep
