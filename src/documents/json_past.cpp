#include "documents/documents.h"
#include "documents/json_parts.h"

namespace lockstep::documents {
namespace {

namespace json = boost::json;

std::int64_t unix_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

json::object of_change(const PortChange& change) {
  return {{"at", time_text(change.at)},
          {"address", change.address.to_string()},
          {"state", to_string(change.state)},
          {"was", change.was ? json::value(to_string(*change.was)) : json::value(nullptr)}};
}

json::object of_port(const control::PortPast& port) {
  return {{"network", json_text(port.network)},
          {"protocol", to_string(port.protocol)},
          {"port", port.port},
          {"changes", json_array(port.changes, of_change)}};
}

json::object of_look(const SweepInfo& sweep) {
  return {{"at", time_text(sweep.ended)},
          {"sweep", sweep.id},
          {"ports", json_text(sweep.ports)},
          {"nodes_proven", sweep.proven},
          {"nodes", sweep.node_count}};
}

json::object of_series(const control::ValueSeries& series) {
  const auto of_point = [](const ValuePoint& point) -> json::array {
    return {unix_seconds(point.at), point.number};
  };
  return {{"instance", json_text(series.instance)},
          {"name", json_text(series.name)},
          {"unit", json_text(series.unit)},
          {"points", json_array(series.points, of_point)}};
}

json::object of_span(const control::TimelineSpan& span) {
  json::object object{{"alert", alert_name(span.id)},
                      {"kind", to_string(span.subject.kind)},
                      {"class", json_text(span.subject.node_class)},
                      {"severity", to_string(span.severity)}};
  add_subject(object, span.subject.protocol, span.subject.port, span.subject.state);
  object["nodes"] = json_text(span.nodes);
  object["from"] = time_text(span.from);
  object["to"] = json_time(span.to);
  object["muted"] = json_time(span.muted);
  return object;
}

json::object of_timeline_look(const control::TimelineLook& look) {
  return {{"at", time_text(look.at)}, {"nodes", json_text(look.nodes)}};
}

}  // namespace

std::string node_past_json(const control::NodePast& past, WallTime now) {
  const auto of_alert = [&](const AlertRecord& record) {
    json::object object{{"id", alert_name(record.id)},
                        {"kind", to_string(record.subject.kind)},
                        {"class", json_text(record.subject.node_class)},
                        {"severity", to_string(record.severity)},
                        {"status", to_string(record.status_at(now))}};
    add_subject(object, record.subject.protocol, record.subject.port, record.subject.state);
    object["first_seen"] = time_text(record.first_seen);
    object["last_seen"] = time_text(record.last_seen);
    object["changed"] = time_text(record.changed);
    object["owner"] = json_or_null(record.owner);
    object["note"] = json_text(record.note);
    return object;
  };
  return json_document({{"node", json_text(past.node)},
                        {"from", time_text(past.period.from)},
                        {"to", time_text(past.period.to)},
                        {"ports", json_array(past.ports, of_port)},
                        {"alerts", json_array(past.alerts, of_alert)},
                        {"looks", json_array(past.looks, of_look)},
                        {"complete", past.complete}});
}

std::string node_series_json(const control::NodeSeries& series) {
  return json_document({{"node", json_text(series.node)},
                        {"series", json_array(series.series, of_series)},
                        {"complete", series.complete}});
}

std::string timeline_json(const control::Timeline& timeline) {
  LongDocument document({{"from", time_text(timeline.period.from)},
                         {"to", time_text(timeline.period.to)},
                         {"complete", timeline.complete}});
  document.add("spans", timeline.spans, of_span);
  document.add("looks", timeline.looks, of_timeline_look);
  return document.take();
}

}  // namespace lockstep::documents
