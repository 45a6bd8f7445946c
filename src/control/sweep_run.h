// One sweep from its claim to its end in the store, for who does one, several at once, or one that
// was seen before.

#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "analysis/confirm.h"
#include "analysis/judge.h"
#include "analysis/key_judge.h"
#include "control/spooled.h"
#include "control/sweep_parts.h"
#include "control/sweep_rows.h"
#include "control/use_cases.h"

namespace lockstep::control {

/// All that it is given outlives it.
class SweepRun {
 public:
  SweepRun(const SweepSetting& setting, Store& store, const SweepPolicy& policy,
           const SweepWorld& world)
      : setting_(setting), store_(store), policy_(policy), world_(world) {}

  Result<SweepReport> run(const std::vector<std::string>& nodes) {
    LOCKSTEP_CHECK(prepare_store(setting_, store_, policy_, nodes, world_.now()));
    // What it keeps on its way changes them.
    LOCKSTEP_TRY(looks_, store_.looks());
    LOCKSTEP_CHECK(begin(nodes));
    auto record = look(nodes);
    if (!record) return give_up(record.error());
    if (const auto taken = take(std::move(*record)); !taken) return give_up(taken.error());
    look_again();
    settle_jobs();
    ask_services();
    return finish();
  }

  // --- Its steps, for who does several at once; prepare_store() goes before them. ---

  Result<void> begin(const std::vector<std::string>& nodes) {
    started_ = world_.now();
    nodes_ = nodes;
    asks_services_ = setting_.services != nullptr;
    LOCKSTEP_CHECK(read_store());
    ask_scheduler();
    LOCKSTEP_TRY(id_, store_.begin_sweep(claim(), world_.is_alive));
    return {};
  }

  /// What an earlier one saw, in place of looking. Its times are those of then; `world` tells when
  /// it ended, and has no scheduler to ask.
  Result<SweepReport> replay(const SpooledSweep& seen, const SpoolMark& mark) {
    mark_ = &mark;
    started_ = seen.started;
    nodes_ = seen.nodes;
    asks_services_ = seen.asked_services;
    LOCKSTEP_CHECK(read_store());
    report_.record = seen.record;
    transient_ = seen.transient;
    excused_ = seen.excused;
    LOCKSTEP_CHECK(read_ties());
    for (const std::vector<NodeSchedule>& answer : seen.answers) {
      answer.empty() ? jobs_.seen.note_silence() : jobs_.seen.note(answer);
    }
    findings_ = judge(input());
    id_ = seen.sweep;
    if (id_ <= 0) {
      LOCKSTEP_TRY(id_, store_.begin_sweep(claim(), world_.is_alive));
    }
    return finish();
  }

  /// What `targets` showed, who were asked elsewhere.
  Result<void> take(SweepRecord record, std::vector<CollectTarget> targets) {
    targets_ = std::move(targets);
    return take(std::move(record));
  }

  /// Something looks wrong, and may be asked again.
  bool is_suspicious() const {
    return report_.reasked < policy_.reasks && !stopped() &&
           !suspects_of(input(), findings_).empty();
  }

  /// False where it was not: what was seen stands.
  bool ask_again() {
    if (setting_.control.stopped() || !reask(suspects_of(input(), findings_))) return false;
    ask_scheduler();
    findings_ = judge(input());
    ++report_.reasked;
    return true;
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
      answers_.emplace_back();
    }
    findings_ = judge(input());
  }

  Result<SweepReport> finish() {
    const JudgeInput judged = input();
    KeyVerdict keys = judge_keys(judged, ServicePlaces(judged));
    leave_out_misfits(keys.learned, findings_);
    report_.keys_learned = keys.learned.size();
    report_.services_asked = asks_services_;
    report_.nodes = subjects_.size();
    report_.proven = count_proven(report_.record);
    const WallTime now = world_.now();
    LOCKSTEP_TRY(const std::vector<PortFact> facts, facts_for());
    if (!looks_) {
      LOCKSTEP_TRY(looks_, facts.empty() ? Looks{} : store_.looks());
    }
    const SweepJudgement judgement{.input = judged,
                                   .findings = findings_,
                                   .interrupted = report_.record.summary.interrupted,
                                   .last_closed = ClosedBefore(*looks_, facts, started_)};
    const JobTies ties = tie_listeners(judged);
    AlertChanges changes;
    const DecideAlerts decide = [&](const std::vector<AlertRecord>& book) -> Result<AlertChanges> {
      changes = update_alerts(book, judgement, policy_.alerts, now);
      return changes;
    };
    const SweepFacts kept{.observations = report_.record.observations,
                          .coverage = report_.record.coverage,
                          .services = report_.record.services,
                          .keys = keys.learned,
                          .tied = ties.tied,
                          .job_gone = ties.gone,
                          .mark = mark_};
    auto alerts = store_.finish_sweep(id_, end(now), kept, decide);
    const bool waits = !alerts && alerts.error().kind() == ErrorKind::unavailable && world_.spool;
    if (waits) alerts = world_.spool(spooled(now), kept, decide);
    if (alerts && !waits && !keys.rebuilt.empty()) forget_old_keys(keys);
    if (!alerts && mark_ != nullptr) return std::unexpected(alerts.error());
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

 private:
  /// What the sweep, and the judging, needs to know before.
  Result<void> read_store() {
    LOCKSTEP_TRY(profiles_, store_.profiles());
    LOCKSTEP_TRY(approvals_, store_.approvals());
    subjects_ = pick(setting_.inventory, nodes_);
    if (!asks_services_) return {};
    auto facts = store_.services();
    // Which of them are due is not known while the store is away. Nor does it matter: ports do.
    if (!facts && facts.error().kind() == ErrorKind::unavailable && world_.spool) {
      asks_services_ = false;
      return {};
    }
    if (!facts) return std::unexpected(facts.error());
    service_facts_ = std::move(*facts);
    LOCKSTEP_TRY(known_keys_, store_.known_keys());
    LOCKSTEP_TRY(alerts_, store_.alerts());
    return {};
  }

  SpooledSweep spooled(WallTime now) const {
    SpooledSweep seen;
    seen.sweep = id_;
    seen.run = policy_.run;
    seen.started = started_;
    seen.ended = now;
    seen.nodes = nodes_;
    seen.ports = setting_.ports;
    seen.owner = policy_.owner;
    seen.host = policy_.host;
    seen.record = report_.record;
    seen.transient = transient_;
    seen.excused = excused_;
    seen.has_scheduler = static_cast<bool>(world_.schedules);
    seen.answers = answers_;
    seen.asked_services = asks_services_;
    seen.tellable = policy_.services.tellable;
    return seen;
  }

  SweepClaim claim() const {
    return {.started = started_,
            .nodes = nodes_,
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

  Result<void> take(SweepRecord record) {
    report_.record = std::move(record);
    LOCKSTEP_CHECK(read_ties());
    note_excused(ask_scheduler());
    findings_ = judge(input());
    return {};
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

  /// Asks again what looks wrong; each time only what still does.
  void look_again() {
    while (is_suspicious()) {
      if (report_.reasked > 0) world_.wait_for_reask();
      if (!ask_again()) return;
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
    if (!asks_services_ || stopped()) return;
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
    if (world_.spool) answers_.push_back(said);
    return said;
  }

  Result<void> read_ties() {
    if (!world_.schedules) return {};
    jobs_.ports = policy_.job_ports;
    LOCKSTEP_TRY(jobs_.tied, store_.job_listeners());
    return {};
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
  std::vector<std::string> nodes_;
  bool asks_services_ = false;
  const SpoolMark* mark_ = nullptr;  // of one that is replayed
  std::vector<Node> subjects_;
  std::vector<Profile> profiles_;
  std::vector<Approval> approvals_;
  std::optional<Looks> looks_;  // before this sweep
  std::vector<ServiceFact> service_facts_;
  std::vector<KnownKey> known_keys_;
  std::vector<AlertRecord> alerts_;  // as they were when the sweep began; for services alone
  std::map<std::string, std::string> excused_;  // what the scheduler says of silent nodes
  JobFacts jobs_;
  SchedulerAnswers answers_;  // all of them, in case that it is spooled
  std::vector<CollectTarget> targets_;
  std::vector<PortObservation> transient_;
  std::vector<Finding> findings_;  // of what is known so far
  SweepReport report_;
};

}  // namespace lockstep::control
