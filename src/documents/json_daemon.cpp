#include "documents/documents.h"
#include "documents/json_parts.h"
#include "model/nodeset.h"

namespace lockstep::documents {
namespace {

namespace json = boost::json;

json::object of_run(const InstanceRun& run) {
  return {{"id", run.id},
          {"instance", json_text(run.instance)},
          {"state", to_string(run.state)},
          {"started", json_time(run.started)},
          {"ended", json_time(run.ended)},
          {"nodes", run.nodes},
          {"proven", run.proven},
          {"steps", run.steps},
          {"steps_done", run.steps_done},
          {"probes", run.probes},
          {"problem", json_or_null(run.problem)}};
}

json::object of_instance(const control::InstanceRow& row) {
  json::object settings;
  for (const auto& [key, value] : settings_of(row.instance)) settings[key] = json_text(value);
  return {{"name", json_text(row.instance.name)},
          {"collector", json_text(row.instance.collector)},
          {"enabled", row.instance.enabled},
          {"interval_s", row.instance.interval.count()},
          {"settings", std::move(settings)},
          {"configured", row.configured},
          {"changed_at", row.change ? json_time(row.change->changed_at) : json::value(nullptr)},
          {"changed_by", row.change ? json_or_null(row.change->changed_by) : json::value(nullptr)},
          {"problem", json_or_null(row.problem)},
          {"promise", json_or_null(row.promise)},
          {"latest_run", row.latest ? json::value(of_run(*row.latest)) : json::value(nullptr)}};
}

json::value of_states(const control::SchedulerStates& states) {
  if (!states.age) return nullptr;
  json::object nodes;
  for (const auto& [state, names] : states.nodes) {
    nodes[to_string(state)] = json_text(fold_nodeset(names));
  }
  return json::object{{"age_s", states.age->count()}, {"nodes", std::move(nodes)}};
}

json::object of_status(const std::string& name, const control::InstanceStatus& status) {
  json::object object{{"instance", json_text(name)},
                      {"next", json_time(status.next)},
                      {"run", status.run ? json::value(of_run(*status.run)) : json::value(nullptr)},
                      {"step", json_or_null(status.step)},
                      {"problem", json_or_null(status.problem)},
                      {"passed_over_busy", status.busy},
                      {"passed_over_withdrawn", status.withdrawn}};
  object["round"] = nullptr;
  if (status.round) {
    object["round"] = json::object{{"at", json_time(status.round->at)},
                                   {"nodes", status.round->nodes},
                                   {"covered", status.round->covered},
                                   {"values", status.round->values},
                                   {"ports", status.round->ports}};
  }
  if (status.progress) {
    object["progress"] = json::object{{"pass", status.progress->pass},
                                      {"done", status.progress->done},
                                      {"planned", status.progress->planned}};
  }
  return object;
}

json::object of_order(const control::OrderedSweep& order) {
  static constexpr const char* kStates[] = {"waiting", "running", "ended", "failed"};
  return {{"number", order.number},
          {"nodes", json_text(order.nodes)},
          {"ports", json_text(order.ports)},
          {"services", order.services},
          {"by", json_text(order.person)},
          {"ordered", json_time(order.ordered)},
          {"state", kStates[static_cast<std::size_t>(order.state)]},
          {"ended", json_time(order.ended)},
          {"problem", json_or_null(order.problem)}};
}

}  // namespace

std::string status_json(const control::DaemonStatus& status) {
  json::array statuses;
  for (const auto& [name, each] : status.statuses) statuses.emplace_back(of_status(name, each));
  return json_document(
      {{"now", json_time(status.now)},
       {"since", json_time(status.since)},
       {"host", json_text(status.host)},
       {"pid", status.pid},
       {"config", json_text(status.config)},
       {"nodes", status.nodes},
       {"scheduler", json_or_null(status.scheduler)},
       {"scheduler_trouble", json_or_null(status.scheduler_trouble)},
       {"scheduler_states", of_states(status.scheduler_states)},
       {"stopped", status.stop_order ? json_or_null(*status.stop_order) : json::value(nullptr)},
       {"reload_problem", json_or_null(status.reload_problem)},
       {"instances", json_array(status.instances, of_instance)},
       {"statuses", std::move(statuses)},
       {"orders", json_array(status.orders, of_order)},
       {"troubles", json_texts(status.troubles)}});
}

std::string instances_json(const std::vector<control::InstanceRow>& rows) {
  LongDocument document({{"count", rows.size()}});
  document.add("instances", rows, of_instance);
  return document.take();
}

std::string runs_json(const std::vector<InstanceRun>& runs, const std::string* next) {
  LongDocument document(list_head(runs.size(), next));
  document.add("runs", runs, of_run);
  return document.take();
}

std::string audit_json(const std::vector<AuditEntry>& entries, const std::string* next) {
  LongDocument document(list_head(entries.size(), next));
  document.add("audit", entries, [](const AuditEntry& entry) {
    return json::object{{"id", entry.id},
                        {"at", json_time(entry.at)},
                        {"person", json_text(entry.person)},
                        {"action", json_text(entry.action)},
                        {"subject", json_text(entry.subject)},
                        {"detail", json_text(entry.detail)},
                        {"chain", json_or_null(entry.chain)}};
  });
  return document.take();
}

}  // namespace lockstep::documents
