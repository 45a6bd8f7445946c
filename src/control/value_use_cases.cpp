#include "control/value_use_cases.h"

#include <algorithm>
#include <map>

#include "analysis/conditions.h"
#include "analysis/value_judge.h"
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

}  // namespace

Result<MeasureReport> measure(Collector& collector, const std::vector<CollectTarget>& targets,
                              Store& store, const MeasurePolicy& policy,
                              const CollectControl& control, const std::function<WallTime()>& now) {
  // Read before the work: a row without sense is told at once.
  LOCKSTEP_TRY(const std::vector<ValueRule> written, store.value_rules());
  LOCKSTEP_TRY(const ValueRules rules, ValueRules::parse(written));
  Harvest harvest;
  MeasureReport report;
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

  const bool compares = policy.compares_by_default || rules.compares(policy.instance);
  const std::vector<std::string> names(covered.begin(), covered.end());
  LOCKSTEP_TRY(
      report.alerts,
      store.save_values(
          {.instance = policy.instance,
           .nodes = names,
           .values = harvest.values,
           .now = ended,
           .shows_since = compares ? std::optional(ended - policy.counts_for) : std::nullopt},
          [&](const std::vector<ValueFact>& facts,
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
            return update_conditions(
                book,
                {.kinds = {FindingKind::value_deviates},
                 .reason = std::string(policy.instance),
                 .over = [&](const AlertRecord& record) { return judgement.why_over(record); }},
                judgement.findings, covered, policy.alerts, ended);
          }));
  report.coverage = std::move(harvest.coverage);
  report.ports = std::move(harvest.ports);
  return report;
}

Result<std::vector<ValueRow>> list_values(Store& store, const Inventory& inventory,
                                          const std::set<std::string>& nodes,
                                          std::string_view instance) {
  LOCKSTEP_TRY(const std::vector<AlertRecord> alerts, store.alerts());
  std::map<std::pair<std::string, std::string>, const AlertRecord*> deviating;
  for (const AlertRecord& alert : alerts) {
    const bool lives =
        alert.subject.kind == FindingKind::value_deviates && alert.status != AlertStatus::resolved;
    if (lives) deviating[{alert.node, alert.subject.reason}] = &alert;
  }
  LOCKSTEP_TRY(std::vector<ValueFact> facts,
               store.values(instance, nodes.size() == 1 ? *nodes.begin() : ""));
  std::vector<ValueRow> rows;
  for (ValueFact& fact : facts) {
    if (!nodes.empty() && !nodes.contains(fact.seen.node)) continue;
    ValueRow row;
    const auto node = inventory.nodes.find(fact.seen.node);
    if (node != inventory.nodes.end()) row.classes = node->second.classes;
    const auto alert = deviating.find({fact.seen.node, fact.seen.instance + "/" + fact.seen.name});
    if (alert != deviating.end()) {
      row.alert = alert->second->id;
      row.expected = alert->second->expected;
      row.clones = alert->second->clones;
    }
    row.fact = std::move(fact);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace lockstep::control
