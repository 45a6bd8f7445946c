#include "base/escaped.h"
#include "documents/documents.h"
#include "documents/json_parts.h"

namespace lockstep::documents {
namespace {

namespace json = boost::json;

std::string_view standing_key(control::Standing standing) {
  using control::Standing;
  switch (standing) {
    case Standing::in_step: return "in-step";
    case Standing::unexpected: return "unexpected";
    case Standing::wrong_service: return "wrong-service";
    case Standing::missing: return "missing";
    case Standing::conditional: return "conditional";
    case Standing::not_judged: return "not-judged";
    case Standing::not_known: return "not-known";
    case Standing::of_job: return "of-job";
  }
  return "";
}

/// The banner is there byte for byte, in printable ASCII.
json::value of_answer(const std::optional<Service>& answer) {
  if (!answer) return nullptr;
  json::object service = json_service(*answer);
  service["banner"] = escaped(answer->banner);
  return service;
}

json::object of_port(const control::PagePort& port) {
  json::object object{
      {"network", json_text(port.network)},
      {"protocol", to_string(port.protocol)},
      {"port", port.port},
      {"state", port.seen ? json::value(to_string(*port.seen)) : json::value(nullptr)},
      {"since", json_time(port.since)},
      {"expected", port.expected},
      {"service", json_text(port.service)},
      {"answers", of_answer(port.answers)},
      {"asked", json_time(port.asked)},
      {"verdict", standing_key(port.standing)},
      {"last_closed", json_time(port.last_closed)},
      {"clones", port.clones},
      {"clones_open", port.clones_open}};
  if (!port.jobs.empty()) object["jobs"] = json_text(port.jobs);
  return object;
}

json::object of_schedule(const NodeSchedule& schedule) {
  json::array jobs;
  for (const SchedulerJob& job : schedule.jobs) {
    jobs.push_back(json::object{{"id", json_text(job.id)}, {"user", json_or_null(job.user)}});
  }
  return {{"state", to_string(schedule.state)},
          {"responding", schedule.responding},
          {"jobs", std::move(jobs)},
          {"reason", json_or_null(schedule.reason)},
          {"partitions", json_texts(schedule.partitions)},
          {"features", json_texts(schedule.features)}};
}

json::object of_filtered(const control::FilteredPorts& filtered) {
  return {{"network", json_text(filtered.network)},
          {"protocol", to_string(filtered.protocol)},
          {"ports", filtered.ports.to_string()}};
}

json::object of_look(const Look& look) {
  return {{"address", look.address == IpAddress() ? json::value(nullptr)
                                                  : json::value(look.address.to_string())},
          {"network", json_text(look.network)},
          {"protocol", to_string(look.protocol)},
          {"sweep", look.sweep},
          {"looked", json_time(look.looked)},
          {"examined", json_time(look.examined)},
          {"gap", to_string(look.gap)},
          {"asked", look.asked},
          {"wanted", look.wanted},
          {"proven", look.proven()}};
}

/// With which ports it was about.
json::array of_looks(const control::NodePage& page) {
  constexpr std::size_t kMostBytes = 1000;
  json::array looks;
  for (std::size_t i = 0; i < page.looks.size(); ++i) {
    json::object look = of_look(page.looks[i]);
    const std::string ports = i < page.asked.size() ? page.asked[i] : std::string();
    // Of thousands of single ports nobody reads all: the text ends with a whole one.
    const std::size_t end = ports.size() > kMostBytes ? ports.rfind(',', kMostBytes) : ports.size();
    look["ports"] = json_text(ports.substr(0, end) + (end < ports.size() ? ",..." : ""));
    looks.emplace_back(std::move(look));
  }
  return looks;
}

json::object of_report(const control::PageReport& report) {
  json::object object{{"instance", json_text(report.port.instance)},
                      {"network", json_text(report.port.network)},
                      {"address", report.port.address.to_string()},
                      {"protocol", to_string(report.port.protocol)},
                      {"port", report.port.port},
                      {"since", json_time(report.port.since)},
                      {"looked", json_time(report.looked)},
                      {"expected", report.expected},
                      {"verdict", standing_key(report.standing)}};
  if (!report.jobs.empty()) object["jobs"] = json_text(report.jobs);
  return object;
}

json::object of_reported_look(const ReportedLook& look) {
  return {{"instance", json_text(look.instance)}, {"network", json_text(look.network)},
          {"address", look.address.to_string()},  {"tcp", json_or_null(look.tcp)},
          {"udp", json_or_null(look.udp)},        {"looked", json_time(look.looked)}};
}

json::object of_profile(const control::PageProfile& profile) {
  const bool approved = profile.approval.has_value();
  return {{"host_type", json_text(profile.host_type)},
          {"exists", profile.exists},
          {"approved_at", approved ? json_time(profile.approval->at) : json::value(nullptr)},
          {"approved_by", approved ? json_or_null(profile.approval->by) : json::value(nullptr)},
          {"unapproved_changes", profile.unapproved}};
}

}  // namespace

std::string node_page_json(const control::NodePage& page) {
  json::object node = json_node(page.node);
  if (page.schedule) node["scheduler"] = of_schedule(*page.schedule);
  node["looks"] = of_looks(page);
  node["ports"] = json_array(page.ports, of_port);
  node["filtered"] = json_array(page.filtered, of_filtered);
  node["reported"] = json_array(page.reported, of_report);
  node["reported_looks"] = json_array(page.reported_looks, of_reported_look);
  node["profiles"] = json_array(page.profiles, of_profile);
  node["values"] = json_array(page.values, json_value_row);
  node["alerts"] = json_array(page.alerts, json_alert);
  return json_document({{"nodes", json::array{std::move(node)}}});
}

}  // namespace lockstep::documents
