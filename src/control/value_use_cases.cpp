#include "control/value_use_cases.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "analysis/conditions.h"
#include "analysis/reported_ports.h"
#include "analysis/value_judge.h"
#include "control/spooled.h"
#include "profiles/value_rule.h"

namespace lockstep::control {
namespace {

class Harvest final : public ObservationSink {
 public:
  void observe(PortObservation observation) override { ports.push_back(std::move(observation)); }
  void measure(const ValueObservation& observation) override { values.push_back(observation); }
  void cover(Coverage each) override { coverage.push_back(std::move(each)); }

  std::vector<PortObservation> ports;
  std::vector<ValueObservation> values;
  std::vector<Coverage> coverage;
};

/// The nodes of the targets, and whether all addresses of each were examined.
std::map<std::string, bool> nodes_of(const std::vector<CollectTarget>& targets,
                                     const std::vector<Coverage>& coverage) {
  std::map<std::string, bool> nodes;
  for (const CollectTarget& target : targets) nodes[target.node] = false;
  std::map<std::string, bool> examined;
  for (const Coverage& each : coverage) {
    const auto place = examined.try_emplace(each.node, true).first;
    place->second = place->second && each.examined();
  }
  for (auto& [node, whole] : nodes) {
    const auto found = examined.find(node);
    whole = found != examined.end() && found->second;
  }
  return nodes;
}

/// What an instance says of ports, from before its round to the end of it.
class PortRound {
 public:
  PortRound(Store& store, const MeasurePolicy& policy) : store_(store), policy_(policy) {}

  Result<void> begin(const std::vector<CollectTarget>& targets) {
    if (policy_.looks == nullptr) return {};
    policy_.looks->clear();
    std::set<std::string> names;
    for (const CollectTarget& target : targets) names.insert(target.node);
    names_.assign(names.begin(), names.end());
    LOCKSTEP_TRY(before_, store_.port_reports(policy_.instance));
    LOCKSTEP_TRY(profiles_, store_.profiles());
    ask_scheduler();
    return {};
  }

  Result<void> judge(std::vector<PortObservation> ports, const std::set<std::string>& covered,
                     WallTime now) {
    if (policy_.looks == nullptr) return {};
    looks_ = std::move(*policy_.looks);
    policy_.looks->clear();
    ports_ = std::move(ports);
    std::erase_if(looks_, [&](const auto& look) { return !covered.contains(look.node); });
    std::erase_if(ports_, [&](const auto& port) { return !covered.contains(port.node); });
    for (const std::string& name : covered) {
      const auto node = policy_.inventory.nodes.find(name);
      if (node != policy_.inventory.nodes.end()) nodes_.push_back(node->second);
    }
    if (policy_.schedules) {
      ask_scheduler();
      jobs_.ports = policy_.job_ports;
      LOCKSTEP_TRY(jobs_.tied, store_.job_listeners());
    }
    input_.emplace(ReportInput{.instance = policy_.instance,
                               .nodes = nodes_,
                               .profiles = profiles_,
                               .ports = ports_,
                               .looks = looks_,
                               .before = before_,
                               .severities = policy_.severities,
                               .jobs = policy_.schedules ? &jobs_ : nullptr,
                               .now = now});
    judged_.emplace(*input_);
    return settle_jobs();
  }

  /// Null where the collector says nothing of ports.
  const ReportedPorts* judged() const {
    return judged_ && judged_->says_anything() ? &*judged_ : nullptr;
  }
  std::size_t ports() const { return ports_.size(); }
  const std::vector<ReportedLook>& looks() const { return looks_; }
  const SchedulerAnswers& answers() const { return answers_; }

 private:
  void ask_scheduler() {
    if (!policy_.schedules) return;
    const std::vector<NodeSchedule> said = policy_.schedules(names_);
    jobs_.seen.note(said);
    if (policy_.spool) answers_.push_back(said);
  }

  /// What would be news waits for what the scheduler says after the nodes were looked at.
  Result<void> settle_jobs() {
    if (!policy_.schedules || judged() == nullptr) return {};
    LOCKSTEP_TRY(const std::vector<AlertRecord> book, store_.alerts());
    if (!judged_->rests_on_jobs(book)) return {};
    if (!policy_.wait_for_schedules || policy_.wait_for_schedules()) {
      ask_scheduler();
    } else {
      jobs_.seen.note_silence();
      answers_.emplace_back();
    }
    judged_->judge();
    return {};
  }

  Store& store_;
  const MeasurePolicy& policy_;
  std::vector<std::string> names_;
  PortReports before_;
  std::vector<Profile> profiles_;
  JobFacts jobs_;
  SchedulerAnswers answers_;  // all of them, in case that it is spooled
  std::vector<Node> nodes_;
  std::vector<PortObservation> ports_;
  std::vector<ReportedLook> looks_;
  std::optional<ReportInput> input_;
  std::optional<ReportedPorts> judged_;
};

/// What a round is to write of ports.
struct PortChanges {
  std::vector<ReportedLook> looks;
  std::vector<ReportedPort> fresh;
  std::vector<ReportedPort> gone;
  JobTies ties;
};

PortChanges changes_of(const ReportedPorts* judged) {
  if (judged == nullptr) return {};
  return {judged->looks(), judged->fresh(), judged->gone(), judged->ties()};
}

SpooledRound spooled_round(const MeasurePolicy& policy, WallTime ended, const Harvest& harvest,
                           const PortRound& ports) {
  SpooledRound round;
  round.instance = policy.instance;
  round.ended = ended;
  round.compares_by_default = policy.compares_by_default;
  round.counts_for = policy.counts_for;
  round.coverage = harvest.coverage;
  round.values = harvest.values;
  round.ports = harvest.ports;
  round.says_ports = policy.looks != nullptr;
  round.looks = ports.looks();
  round.has_scheduler = static_cast<bool>(policy.schedules);
  round.answers = ports.answers();
  return round;
}

/// The alerts as they are after `changes`.
std::vector<AlertRecord> applied(const std::vector<AlertRecord>& book,
                                 const AlertChanges& changes) {
  std::map<std::pair<std::int64_t, std::string>, AlertRecord> records;
  for (const AlertRecord& record : book) records[{record.id, record.node}] = record;
  for (const AlertRecord& record : changes.written) records[{record.id, record.node}] = record;
  for (const auto& key : changes.forgotten) records.erase(key);
  std::vector<AlertRecord> result;
  for (auto& [key, record] : records) result.push_back(std::move(record));
  return result;
}

/// `more` was decided after `changes`, which concern other records.
void append(AlertChanges more, AlertChanges& changes) {
  std::ranges::move(more.written, std::back_inserter(changes.written));
  std::ranges::move(more.forgotten, std::back_inserter(changes.forgotten));
}

/// By node, instance and name.
using ValuePlace = std::tuple<std::string, std::string, std::string>;

ValuePlace place_of(const ValueFact& fact) {
  return {fact.seen.node, fact.seen.instance, fact.seen.name};
}

/// What the nodes of the same classes have of one instance, and who of them lacks it.
class ClonesOfInstance {
 public:
  void add(const ValueFact& fact) {
    Measured& node = nodes_[fact.seen.node];
    node.at = std::max(node.at, fact.at);
    node.names.insert(fact.seen.name);
    Value& value = values_[fact.seen.name];
    ++value.nodes;
    value.oldest = std::min(value.oldest, fact.at);
  }

  /// Whoever was not measured since the others said it is not known to lack it.
  void add_missing(std::vector<ValueFact>& missing, const std::string& instance) const {
    for (const auto& [name, value] : values_) {
      if (value.nodes == nodes_.size() || 2 * value.nodes <= nodes_.size()) continue;
      for (const auto& [node, measured] : nodes_) {
        if (measured.names.contains(name) || measured.at < value.oldest) continue;
        missing.push_back({{node, instance, name, "", ""}, measured.at});
      }
    }
  }

 private:
  struct Measured {
    WallTime at{};
    std::set<std::string> names{};
  };
  struct Value {
    std::size_t nodes = 0;
    WallTime oldest = WallTime::max();
  };
  std::map<std::string, Measured> nodes_;
  std::map<std::string, Value> values_;
};

std::vector<ValueFact> missing_of(const std::vector<ValueFact>& facts, const Inventory& inventory) {
  std::map<std::pair<std::string, std::set<std::string>>, ClonesOfInstance> groups;
  for (const ValueFact& fact : facts) {
    const auto node = inventory.nodes.find(fact.seen.node);
    if (node != inventory.nodes.end()) {
      groups[{fact.seen.instance, node->second.classes}].add(fact);
    }
  }
  std::vector<ValueFact> missing;
  for (const auto& [place, clones] : groups) clones.add_missing(missing, place.first);
  return missing;
}

}  // namespace

Result<MeasureReport> measure(Collector& collector, const std::vector<CollectTarget>& targets,
                              Store& store, const MeasurePolicy& policy,
                              const CollectControl& control, const std::function<WallTime()>& now) {
  // Read before the work: a row without sense is told at once.
  LOCKSTEP_TRY(const std::vector<ValueRule> written, store.value_rules());
  LOCKSTEP_TRY(const ValueRules rules, ValueRules::parse(written));
  Harvest harvest;
  MeasureReport report;
  PortRound ports(store, policy);
  LOCKSTEP_CHECK(ports.begin(targets));
  LOCKSTEP_TRY(report.summary, collector.collect(targets, harvest, control));
  const WallTime ended = now();
  const std::map<std::string, bool> nodes = nodes_of(targets, harvest.coverage);
  std::set<std::string> covered;
  for (const auto& [node, whole] : nodes) {
    if (whole) covered.insert(node);
  }
  std::erase_if(harvest.values,
                [&](const ValueObservation& value) { return !covered.contains(value.node); });
  for (ValueObservation& value : harvest.values) value.instance = policy.instance;
  report.nodes = nodes.size();
  report.covered = covered.size();
  report.values = harvest.values.size();
  LOCKSTEP_CHECK(ports.judge(harvest.ports, covered, ended));
  const ReportedPorts* const judged = ports.judged();
  report.ports = ports.ports();
  const PortChanges reported = changes_of(judged);

  const bool compares = policy.compares_by_default || rules.compares(policy.instance);
  const std::vector<std::string> names(covered.begin(), covered.end());
  const ValueHarvest kept{
      .instance = policy.instance,
      .nodes = names,
      .values = harvest.values,
      .now = ended,
      .shows_since = compares ? std::optional(ended - policy.counts_for) : std::nullopt,
      .looks = reported.looks,
      .ports = reported.fresh,
      .ports_gone = reported.gone,
      .tied = reported.ties.tied,
      .job_gone = reported.ties.gone,
      .mark = policy.mark};
  const DecideByValues decide = [&](const std::vector<ValueFact>& facts,
                                    const std::vector<AlertRecord>& book) -> Result<AlertChanges> {
    const ValueJudgement judgement =
        judge_values({.instance = policy.instance,
                      .facts = facts,
                      .nodes = policy.inventory.nodes,
                      .covered = covered,
                      .rules = rules,
                      .compares_by_default = policy.compares_by_default,
                      .severities = policy.severities});
    report.findings = judgement.findings;
    AlertChanges changes = update_conditions(
        book,
        {.kinds = {FindingKind::value_deviates},
         .reason = std::string(policy.instance),
         .over = [&](const AlertRecord& record) { return judgement.why_over(record); }},
        judgement.findings, covered, policy.alerts, ended);
    if (judged == nullptr) return changes;
    const std::vector<AlertRecord> after = applied(book, changes);
    append(judged->update(after, policy.alerts), changes);
    return changes;
  };
  auto alerts = store.save_values(kept, decide);
  if (!alerts && alerts.error().kind() == ErrorKind::unavailable && policy.spool) {
    alerts = policy.spool(spooled_round(policy, ended, harvest, ports), kept, decide);
  }
  if (!alerts) return std::unexpected(alerts.error());
  report.alerts = std::move(*alerts);
  if (judged != nullptr) {
    report.findings.insert(report.findings.end(), judged->findings().begin(),
                           judged->findings().end());
  }
  report.coverage = std::move(harvest.coverage);
  return report;
}

Result<std::vector<ValueRow>> list_values(Store& store, const Inventory& inventory,
                                          const std::set<std::string>& nodes,
                                          std::string_view instance, MissingValues missing) {
  const auto is_asked = [&](const ValuePlace& place) {
    return (nodes.empty() || nodes.contains(std::get<0>(place))) &&
           (instance.empty() || instance == std::get<1>(place));
  };
  LOCKSTEP_TRY(const std::vector<AlertRecord> alerts, store.alerts());
  std::map<ValuePlace, const AlertRecord*> deviating;
  for (const AlertRecord& alert : alerts) {
    const bool lives =
        alert.subject.kind == FindingKind::value_deviates && alert.status != AlertStatus::resolved;
    const std::string& reason = alert.subject.reason;
    const std::size_t slash = reason.find('/');
    if (!lives || slash == std::string::npos) continue;
    deviating[{alert.node, reason.substr(0, slash), reason.substr(slash + 1)}] = &alert;
  }
  const bool of_one = missing == MissingValues::alerts && nodes.size() == 1;
  LOCKSTEP_TRY(const std::vector<ValueFact> facts,
               store.values(instance, of_one ? *nodes.begin() : ""));
  std::map<ValuePlace, ValueRow> rows;
  const auto add = [&](const ValueFact& fact, bool is_missing) {
    if (!is_asked(place_of(fact))) return;
    const auto [row, fresh] = rows.try_emplace(place_of(fact));
    if (!fresh) return;
    row->second.fact = fact;
    row->second.missing = is_missing;
  };
  for (const ValueFact& fact : facts) add(fact, false);
  for (const auto& [place, alert] : deviating) {
    const auto& [node, of, name] = place;
    add({{node, of, name, "", ""}, alert->last_seen}, true);
  }
  if (missing == MissingValues::all) {
    for (const ValueFact& fact : missing_of(facts, inventory)) add(fact, true);
  }
  std::vector<ValueRow> result;
  result.reserve(rows.size());
  for (auto& [place, row] : rows) {
    const auto node = inventory.nodes.find(std::get<0>(place));
    if (node != inventory.nodes.end()) row.classes = node->second.classes;
    if (const auto alert = deviating.find(place); alert != deviating.end()) {
      row.alert = alert->second->id;
      row.expected = alert->second->expected;
      row.clones = alert->second->clones;
    }
    result.push_back(std::move(row));
  }
  return result;
}

}  // namespace lockstep::control
