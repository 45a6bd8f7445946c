#include "documents/documents.h"

#include "documents/json_parts.h"
#include "model/nodeset.h"

namespace lockstep::documents {
namespace {

namespace json = boost::json;

json::object of_service(const ServiceObservation& seen) {
  json::object service = json_service(seen.service);
  service["banner"] = json_text(seen.service.banner);
  service["note"] = json_or_null(seen.note);
  return service;
}

/// A service with its place, where no port stands beside it.
json::object of_asked(const ServiceObservation& seen) {
  return {{"node", json_text(seen.node)},
          {"address", seen.address.to_string()},
          {"network", json_text(seen.network)},
          {"protocol", to_string(seen.protocol)},
          {"port", seen.port},
          {"service", of_service(seen)}};
}

void add_services_time(json::object& head, const SweepRecord& record) {
  if (!record.identified_in) return;
  head["services_ms"] =
      std::chrono::duration_cast<std::chrono::milliseconds>(*record.identified_in).count();
}

json::object of_observation(const PortObservation& seen) {
  return {{"node", json_text(seen.node)},
          {"address", seen.address.to_string()},
          {"network", json_text(seen.network)},
          {"protocol", to_string(seen.protocol)},
          {"port", seen.port},
          {"state", to_string(seen.state)},
          {"evidence", to_string(seen.evidence)}};
}

/// Of a row that is no alert, and none to be confirmed, `status` is null.
json::object of_row(const control::SweepRow& row) {
  const Finding& subject = row.finding.subject;
  const bool is_alert = row.alert > 0;
  const bool has_status = is_alert || row.is_first_look();
  json::object object{{"kind", to_string(subject.kind)},
                      {"severity", to_string(subject.severity)},
                      {"class", json_text(subject.node_class)},
                      {"network", json_text(subject.network)},
                      {"nodes", json_text(fold_nodeset(row.finding.nodes))},
                      {"node_count", row.finding.nodes.size()}};
  add_subject(object, subject.protocol, subject.port, subject.state);
  object["detail"] = json_text(subject.detail);
  object["first_seen"] = time_text(row.first_seen);
  object["alert"] = is_alert ? json::value(alert_name(row.alert)) : json::value(nullptr);
  object["status"] = has_status ? json::value(to_string(row.status)) : json::value(nullptr);
  object["new"] = row.is_new;
  object["last_closed"] = json_time(row.last_closed);
  object["expected"] = json_text(subject.expected);
  object["clones"] = json_text(subject.clones);
  object["owner"] = json_or_null(row.owner);
  object["until"] = json_time(row.until);
  if (!row.held.empty()) object["scheduler"] = json_text(row.held);
  return object;
}

}  // namespace

std::string scan_json(const SweepRecord& record) {
  json::object head = json_record(record);
  add_services_time(head, record);
  LongDocument document(head);
  document.add("ports", record.observations, [&record](const PortObservation& seen) {
    json::object port = of_observation(seen);
    if (const ServiceObservation* const service = service_at(record, seen)) {
      port["service"] = of_service(*service);
    }
    return port;
  });
  document.add("coverage", record.coverage, json_coverage);
  return document.take();
}

std::string sweep_json(const control::SweepReport& report) {
  json::object head = json_record(report.record);
  head["sweep"] = report.info.id;
  head["state"] = to_string(report.info.state);
  head["nodes"] = report.nodes;
  head["proven"] = report.proven;
  add_services_time(head, report.record);
  if (!report.busy.empty()) head["services_not_asked"] = fold_nodeset(report.busy);
  LongDocument document(head);
  document.add("findings", report.rows, of_row);
  if (report.record.identified_in) {
    document.add("services", report.record.services, of_asked);
  }
  document.add("resolved", report.resolved, json_alert);
  document.add("coverage", report.record.coverage, json_coverage);
  return document.take();
}

std::string nodes_json(const std::vector<Node>& nodes) {
  return json_document({{"nodes", json_array(nodes, json_node)}});
}

std::string values_json(const std::vector<control::ValueRow>& rows, const std::string* next) {
  LongDocument document(list_head(rows.size(), next));
  document.add("values", rows, json_value_row);
  return document.take();
}

}  // namespace lockstep::documents
