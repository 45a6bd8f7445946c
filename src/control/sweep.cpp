#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <tuple>

#include "analysis/confirm.h"
#include "analysis/judge.h"
#include "analysis/key_judge.h"
#include "control/sweep_rows.h"
#include "control/use_cases.h"

namespace lockstep::control {
namespace {

std::vector<Node> pick(const Inventory& inventory, const std::vector<std::string>& names) {
  std::vector<Node> nodes;
  for (const std::string& name : names) {
    const auto found = inventory.nodes.find(name);
    if (found != inventory.nodes.end()) nodes.push_back(found->second);
  }
  return nodes;
}

std::size_t count_proven(const SweepRecord& record) {
  std::set<std::string> seen;
  std::set<std::string> unproven;
  for (const Coverage& coverage : record.coverage) {
    seen.insert(coverage.node);
    if (!coverage.examined()) unproven.insert(coverage.node);
  }
  return seen.size() - unproven.size();
}

/// A sweep that could judge nobody would only print a gap for every node.
Result<void> require_some_profile(const std::vector<Node>& nodes,
                                  const std::vector<Profile>& profiles,
                                  const std::vector<Baseline>& baselines) {
  std::set<std::string> classes;
  for (const Node& node : nodes) classes.insert(node.classes.begin(), node.classes.end());
  const auto is_ours = [&](const std::string& type) {
    return classes.contains(type.substr(0, type.find('@')));
  };
  for (const Profile& profile : profiles) {
    if (is_ours(profile.host_type)) return {};
  }
  if (classes.empty()) {
    return fail(ErrorKind::invalid, "the nodes are in no class; give them one in the inventory");
  }
  for (const Baseline& baseline : baselines) {
    if (!is_ours(baseline.profile.host_type)) continue;
    const std::string node_class =
        baseline.profile.host_type.substr(0, baseline.profile.host_type.find('@'));
    return fail(ErrorKind::invalid,
                fmt::format("what was learned for {} waits for approval; look at it: lockstep "
                            "profile diff --class {}, then: lockstep profile approve --class {}",
                            node_class, node_class, node_class));
  }
  return fail(ErrorKind::invalid,
              fmt::format("no class of these nodes has a profile yet; learn one first: "
                          "lockstep profile learn --class {} --consensus",
                          *classes.begin()));
}

/// Keeps what a sweep has so far. Called from the collector's threads, one at a time, while the
/// sweep itself waits for the collector.
class Keeper {
 public:
  Keeper(Store& store, std::int64_t sweep, const std::function<WallTime()>& now)
      : store_(store), sweep_(sweep), now_(now) {}

  void keep(const CollectCheckpoint& checkpoint) {
    const std::scoped_lock lock(mutex_);
    // A full disk may have room again the next time; the end of the sweep will tell otherwise.
    std::ignore = store_.checkpoint_sweep(sweep_, now_(), checkpoint.open, checkpoint.coverage);
  }

 private:
  Store& store_;
  std::int64_t sweep_;
  const std::function<WallTime()>& now_;
  std::mutex mutex_;
};

/// When each port was last proven closed, by the looks before this sweep and what they saw.
class ClosedBefore {
 public:
  ClosedBefore(const Looks& looks, const std::vector<PortFact>& facts, WallTime started)
      : looks_(looks) {
    for (const Look& look : looks.looks) {
      if (look.examined) by_node_[{look.node, look.network, look.protocol}].push_back(&look);
    }
    for (const PortFact& fact : facts) {
      if (fact.since >= started) continue;
      seen_.emplace(fact.seen.node, fact.seen.network, fact.seen.protocol, fact.seen.port);
    }
  }

  std::optional<WallTime> operator()(const Finding& finding) const {
    std::optional<WallTime> latest;
    if (!finding.port || !finding.protocol) return latest;
    if (seen_.contains({finding.node, finding.network, *finding.protocol, *finding.port})) {
      return latest;
    }
    const auto found = by_node_.find({finding.node, finding.network, *finding.protocol});
    if (found == by_node_.end()) return latest;
    for (const Look* const look : found->second) {
      if (!looks_.port_sets[look->ports].of(*finding.protocol).contains(*finding.port)) continue;
      latest = std::max(latest.value_or(*look->examined), *look->examined);
    }
    return latest;
  }

 private:
  using Place = std::tuple<std::string_view, std::string_view, Protocol>;

  const Looks& looks_;
  std::map<Place, std::vector<const Look*>> by_node_;
  std::set<std::tuple<std::string_view, std::string_view, Protocol, Port>> seen_;
};

/// One sweep from its claim to its end in the store.
class SweepRun {
 public:
  SweepRun(const SweepSetting& setting, Store& store, const SweepPolicy& policy,
           const SweepWorld& world)
      : setting_(setting), store_(store), policy_(policy), world_(world) {}

  Result<SweepReport> run(const std::vector<std::string>& nodes) {
    LOCKSTEP_CHECK(prepare(nodes));
    LOCKSTEP_TRY(id_, store_.begin_sweep(claim(nodes), world_.is_alive));
    auto record = look(nodes);
    if (!record) return give_up(record.error());
    report_.record = std::move(*record);
    if (const auto read = read_ties(); !read) return give_up(read.error());
    note_excused(ask_scheduler());
    look_again();
    settle_jobs();
    ask_services();
    return finish();
  }

 private:
  Result<void> prepare(const std::vector<std::string>& nodes) {
    started_ = world_.now();
    LOCKSTEP_CHECK(store_.replace_inventory(setting_.inventory));
    LOCKSTEP_CHECK(prune_daily());
    LOCKSTEP_TRY(profiles_, store_.profiles());
    LOCKSTEP_TRY(approvals_, store_.approvals());
    LOCKSTEP_TRY(const std::vector<Baseline> baselines, store_.baselines());
    subjects_ = pick(setting_.inventory, nodes);
    if (!policy_.without_profile) {
      LOCKSTEP_CHECK(require_some_profile(subjects_, profiles_, baselines));
    }
    LOCKSTEP_TRY(looks_, store_.looks());
    ask_scheduler();
    if (setting_.services == nullptr) return {};
    LOCKSTEP_TRY(service_facts_, store_.services());
    LOCKSTEP_TRY(known_keys_, store_.known_keys());
    LOCKSTEP_TRY(alerts_, store_.alerts());
    return {};
  }

  /// The first sweep of a day takes away what has been over for long.
  Result<void> prune_daily() {
    LOCKSTEP_TRY(const std::vector<SweepInfo> latest, store_.sweeps(1));
    const auto day = [](WallTime time) { return std::chrono::floor<std::chrono::days>(time); };
    if (!latest.empty() && day(latest.front().started) == day(started_)) return {};
    // What is too old may stay for another day.
    std::ignore = store_.prune(started_, {});
    return {};
  }

  SweepClaim claim(const std::vector<std::string>& nodes) const {
    return {.started = started_,
            .nodes = nodes,
            .ports = setting_.ports,
            .owner = policy_.owner,
            .host = policy_.host,
            .run = policy_.run};
  }

  Result<SweepRecord> look(const std::vector<std::string>& nodes) {
    Keeper keeper(store_, id_, world_.now);
    CollectControl control = setting_.control;
    control.resumes = true;
    control.checkpoint = [&](const CollectCheckpoint& checkpoint) { keeper.keep(checkpoint); };
    TargetSelection selection =
        select_targets(setting_.inventory, nodes, setting_.unresolved, setting_.policy);
    targets_ = selection.targets;
    return run_sweep(setting_.collector, std::move(selection), control);
  }

  std::unexpected<Error> give_up(const Error& error) {
    SweepEnd end;
    end.state = SweepState::failed;
    end.ended = world_.now();
    end.node_count = subjects_.size();
    end.problem = error.message();
    std::ignore = store_.finish_sweep(
        id_, end, {},
        [](const std::vector<AlertRecord>&) -> Result<AlertChanges> { return AlertChanges{}; });
    return std::unexpected(error);
  }

  JudgeInput input() const {
    return {.nodes = subjects_,
            .profiles = profiles_,
            .approvals = approvals_,
            .wanted = setting_.ports,
            .observations = report_.record.observations,
            .coverage = report_.record.coverage,
            .transient = transient_,
            .severities = policy_.severities,
            .now = started_,
            .services = report_.record.services,
            .service_facts = service_facts_,
            .known_keys = known_keys_,
            .inventory = &setting_.inventory,
            .service_policy = &policy_.services,
            .excused = &excused_,
            .jobs = world_.schedules ? &jobs_ : nullptr};
  }

  bool stopped() const { return setting_.control.stopped() || report_.record.summary.interrupted; }

  /// Judges, and asks again what looks wrong; each time only what still does.
  void look_again() {
    findings_ = judge(input());
    for (; report_.reasked < policy_.reasks && !stopped(); ++report_.reasked) {
      const std::vector<Suspect> suspects = suspects_of(input(), findings_);
      if (suspects.empty()) return;
      if (report_.reasked > 0) world_.wait_for_reask();
      if (setting_.control.stopped()) return;
      if (!reask(suspects)) return;
      ask_scheduler();
      findings_ = judge(input());
    }
  }

  /// False where it could not be asked: what was seen stands.
  bool reask(const std::vector<Suspect>& suspects) {
    SweepRecord again;
    for (const Reask& go : plan_reasks(suspects)) {
      TargetSelection selection;
      for (const CollectTarget& target : targets_) {
        if (std::ranges::binary_search(go.addresses, target.address)) {
          selection.targets.push_back(target);
        }
      }
      CollectControl control = setting_.control;
      control.progress = {};
      control.ports.emplace().of(go.protocol) = go.ports;
      auto record = run_sweep(setting_.collector, std::move(selection), control);
      if (!record) {
        report_.record.summary.problem = record.error().message();
        return false;
      }
      report_.record.summary.probes_sent += record->summary.probes_sent;
      report_.record.summary.duration += record->summary.duration;
      std::ranges::move(record->observations, std::back_inserter(again.observations));
      std::ranges::move(record->coverage, std::back_inserter(again.coverage));
    }
    apply_reask(suspects, again.observations, again.coverage, report_.record.observations,
                transient_);
    return true;
  }

  /// What is open and expected is asked what it is; what told nothing, once more.
  void ask_services() {
    if (setting_.services == nullptr || stopped()) return;
    const std::set<std::string> busy = busy_nodes();
    report_.busy.assign(busy.begin(), busy.end());
    std::vector<CollectTarget> asked = service_targets({.nodes = subjects_,
                                                        .profiles = profiles_,
                                                        .targets = targets_,
                                                        .observations = report_.record.observations,
                                                        .facts = service_facts_,
                                                        .known_keys = known_keys_,
                                                        .alerts = alerts_,
                                                        .busy = busy,
                                                        .tellable = policy_.services.tellable,
                                                        .schedule = policy_.schedule,
                                                        .now = started_});
    for (unsigned round = 0; round <= policy_.reasks && !asked.empty() && !stopped(); ++round) {
      if (round > 0) world_.wait_for_reask();
      if (setting_.control.stopped()) break;
      SweepRecord& record = report_.record;
      const auto summary =
          lockstep::ask_services(*setting_.services, asked, record, setting_.control);
      if (!summary) {
        record.summary.problem = summary.error().message();
        break;
      }
      record.summary.interrupted = record.summary.interrupted || summary->interrupted;
      if (record.summary.problem.empty()) record.summary.problem = summary->problem;
      asked = questions_without_answer(asked, record.services);
    }
    findings_ = judge(input());
  }

  /// What the scheduler says of all nodes of the sweep now; nothing where there is none.
  std::vector<NodeSchedule> ask_scheduler() {
    if (!world_.schedules) return {};
    std::vector<std::string> names;
    for (const Node& node : subjects_) names.push_back(node.name);
    std::vector<NodeSchedule> said = world_.schedules(names);
    jobs_.seen.note(said);
    return said;
  }

  Result<void> read_ties() {
    if (!world_.schedules) return {};
    jobs_.ports = policy_.job_ports;
    LOCKSTEP_TRY(jobs_.tied, store_.job_listeners());
    return {};
  }

  /// A listener whose job began, or ended, since the scheduler was asked last is no news. What
  /// would be news waits for what it says after the ports were asked.
  void settle_jobs() {
    if (!world_.schedules) return;
    const auto book = store_.alerts();
    if (book && !rests_on_jobs(input(), findings_, *book)) return;
    // What was said before may be minutes old where the scheduler is in trouble.
    const bool answered = !stopped() && (!world_.wait_for_schedules || world_.wait_for_schedules());
    if (answered) {
      ask_scheduler();
    } else {
      jobs_.seen.note_silence();
    }
    findings_ = judge(input());
  }

  /// Nodes that may hold a job, says the scheduler now. One of which it says nothing may.
  std::set<std::string> busy_nodes() {
    std::set<std::string> busy;
    for (const NodeSchedule& each : ask_scheduler()) {
      if (!counts_as_idle(each)) busy.insert(each.node);
    }
    return busy;
  }

  /// Nodes of which the scheduler says why they may be silent.
  void note_excused(const std::vector<NodeSchedule>& said) {
    std::set<std::string_view> silent;
    for (const Coverage& coverage : report_.record.coverage) {
      if (coverage.gap == CoverageGap::unreachable) silent.insert(coverage.node);
    }
    for (const NodeSchedule& each : said) {
      if (!silent.contains(each.node) || !silence_is_expected(each)) continue;
      excused_.emplace(each.node, to_string(each.state));
    }
  }

  Result<SweepReport> finish() {
    const JudgeInput judged = input();
    KeyVerdict keys = judge_keys(judged, ServicePlaces(judged));
    leave_out_misfits(keys.learned, findings_);
    report_.keys_learned = keys.learned.size();
    report_.nodes = subjects_.size();
    report_.proven = count_proven(report_.record);
    const WallTime now = world_.now();
    LOCKSTEP_TRY(const std::vector<PortFact> facts, facts_for());
    const SweepJudgement judgement{.input = judged,
                                   .findings = findings_,
                                   .interrupted = report_.record.summary.interrupted,
                                   .last_closed = ClosedBefore(looks_, facts, started_)};
    const JobTies ties = tie_listeners(judged);
    AlertChanges changes;
    auto alerts =
        store_.finish_sweep(id_, end(now),
                            {.observations = report_.record.observations,
                             .coverage = report_.record.coverage,
                             .services = report_.record.services,
                             .keys = keys.learned,
                             .tied = ties.tied,
                             .job_gone = ties.gone},
                            [&](const std::vector<AlertRecord>& book) -> Result<AlertChanges> {
                              changes = update_alerts(book, judgement, policy_.alerts, now);
                              return changes;
                            });
    if (alerts && !keys.rebuilt.empty()) forget_old_keys(keys);
    if (!alerts) {
      // What was found is told all the same, with what may be told of it.
      report_.not_kept = alerts.error().message();
      alerts = std::vector<AlertRecord>{};
      changes = {};
    } else if (!report_.record.summary.interrupted || world_.given_up()) {
      setting_.collector.give_up_place();
    }
    report_.info = info(now);
    report_.rows = sweep_rows(findings_, *alerts, now);
    if (world_.schedules) note_holders(report_.rows, jobs_.seen);
    std::erase_if(changes.written,
                  [](const AlertRecord& record) { return record.status != AlertStatus::resolved; });
    report_.resolved = fold_alerts(changes.written, {.include_resolved = true}, now);
    return std::move(report_);
  }

  /// Whether or not it succeeds, the next sweep comes to the same conclusion.
  void forget_old_keys(const KeyVerdict& keys) {
    std::vector<std::string> nodes;
    std::vector<KnownKey> known;
    for (const auto& [node, own] : keys.rebuilt) {
      nodes.push_back(node);
      known.insert(known.end(), own.begin(), own.end());
    }
    std::ignore = store_.replace_known_keys(nodes, known);
  }

  /// What was open before matters only where something that should be closed is not.
  Result<std::vector<PortFact>> facts_for() const {
    const bool needed = std::ranges::any_of(findings_, [](const Finding& finding) {
      return finding.state == PortState::open || finding.state == PortState::filtered;
    });
    if (!needed) return std::vector<PortFact>{};
    return store_.port_states();
  }

  SweepEnd end(WallTime now) const {
    const CollectSummary& summary = report_.record.summary;
    return {.state = !summary.problem.empty() ? SweepState::failed
                     : summary.interrupted    ? SweepState::interrupted
                                              : SweepState::finished,
            .ended = now,
            .method = summary.method,
            .probes = summary.probes_sent,
            .node_count = report_.nodes,
            .proven = report_.proven,
            .problem = summary.problem};
  }

  SweepInfo info(WallTime now) const {
    const SweepEnd last = end(now);
    SweepInfo info;
    info.id = id_;
    info.state = last.state;
    info.started = started_;
    info.ended = last.ended;
    info.owner = policy_.owner;
    info.host = policy_.host;
    info.ports = setting_.ports.to_string();
    info.method = last.method;
    info.probes = last.probes;
    info.node_count = last.node_count;
    info.proven = last.proven;
    info.problem = last.problem;
    return info;
  }

  const SweepSetting& setting_;
  Store& store_;
  const SweepPolicy& policy_;
  const SweepWorld& world_;
  WallTime started_{};
  std::int64_t id_ = 0;
  std::vector<Node> subjects_;
  std::vector<Profile> profiles_;
  std::vector<Approval> approvals_;
  Looks looks_;
  std::vector<ServiceFact> service_facts_;
  std::vector<KnownKey> known_keys_;
  std::vector<AlertRecord> alerts_;  // as they were when the sweep began; for services alone
  std::map<std::string, std::string> excused_;  // what the scheduler says of silent nodes
  JobFacts jobs_;
  std::vector<CollectTarget> targets_;
  std::vector<PortObservation> transient_;
  std::vector<Finding> findings_;  // of what is known so far
  SweepReport report_;
};

}  // namespace

bool SweepReport::deviates() const {
  return std::ranges::any_of(rows, [](const SweepRow& row) {
    return row.finding.subject.kind != FindingKind::coverage_gap;
  });
}

Result<SweepReport> sweep(const SweepSetting& setting, Store& store, std::vector<std::string> nodes,
                          const SweepPolicy& policy, const SweepWorld& world) {
  const Nodeset& excluded = setting.policy.excluded_nodes;
  std::erase_if(nodes, [&](const std::string& name) { return excluded.contains(name); });
  return SweepRun(setting, store, policy, world).run(nodes);
}

}  // namespace lockstep::control
