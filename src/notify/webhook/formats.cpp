#include "notify/webhook/formats.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "model/nodeset.h"

namespace lockstep::notify {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostResources = 1000;
constexpr std::size_t kMostSlackBytes = 3500;

json::value or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

std::int64_t millis(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

bool is_of_an_alert(const Message& message) {
  return message.what != What::test && message.what != What::alive;
}

json::object plain(const Message& message) {
  json::object object{{"version", 1},
                      {"id", message.id},
                      {"what", to_string(message.what)},
                      {"title", title_of(message)},
                      {"cluster", message.cluster},
                      {"at", time_text(message.at)}};
  if (!is_of_an_alert(message)) return object;
  const AlertSubject& subject = message.subject;
  object["alert"] = message.cause;
  object["kind"] = to_string(subject.kind);
  object["severity"] = to_string(message.severity);
  object["class"] = or_null(subject.node_class);
  object["network"] = or_null(subject.network);
  object["protocol"] = subject.protocol ? json::value(to_string(*subject.protocol)) : nullptr;
  object["port"] = subject.port ? json::value(*subject.port) : nullptr;
  object["state"] = subject.state ? json::value(to_string(*subject.state)) : nullptr;
  object["reason"] = or_null(subject.reason);
  object["nodes"] = message.nodes;
  object["node_count"] = message.node_count;
  object["new_nodes"] = or_null(message.new_nodes);
  object["first_seen"] = time_text(message.first_seen);
  object["last_seen"] = time_text(message.last_seen);
  object["detail"] = or_null(message.detail);
  object["expected"] = or_null(message.expected);
  object["clones"] = or_null(message.clones);
  object["resolution"] = or_null(message.resolution);
  return object;
}

struct Activity {
  int id;
  const char* name;
  int status;
  const char* status_name;
};

Activity activity_of(What what) {
  switch (what) {
    case What::raised: return {1, "Create", 1, "New"};
    case What::updated:
    case What::repeated: return {2, "Update", 2, "In Progress"};
    case What::resolved: return {3, "Close", 4, "Resolved"};
    case What::test: return {99, "Test", 99, "Test"};
    case What::alive: return {99, "Alive", 99, "Alive"};
  }
  return {0, "Unknown", 0, "Unknown"};
}

json::array resources_of(const Message& message) {
  json::array resources;
  const auto nodes = parse_nodeset(message.nodes);
  if (!nodes) return resources;
  const std::vector<std::string> names = nodes->names();
  for (const std::string& name : names) {
    if (resources.size() == kMostResources) break;
    resources.push_back(json::object{{"name", name}, {"uid", name}, {"type", "node"}});
  }
  return resources;
}

/// https://schema.ocsf.io/1.3.0/classes/detection_finding
json::object ocsf(const Message& message) {
  constexpr int kCategory = 2;
  constexpr int kClass = 2004;
  const Activity activity = activity_of(message.what);
  json::object finding{{"uid", message.cluster + "/" + message.cause},
                       {"title", title_of(message)},
                       {"desc", text_of(message)},
                       {"modified_time", millis(message.at)}};
  if (is_of_an_alert(message)) {
    finding["types"] = json::array{json::value(to_string(message.subject.kind))};
    finding["created_time"] = millis(message.first_seen);
    finding["first_seen_time"] = millis(message.first_seen);
    finding["last_seen_time"] = millis(message.last_seen);
  }
  json::object object{
      {"activity_id", activity.id},
      {"activity_name", activity.name},
      {"category_uid", kCategory},
      {"category_name", "Findings"},
      {"class_uid", kClass},
      {"class_name", "Detection Finding"},
      {"type_uid", kClass * 100 + activity.id},
      {"type_name", fmt::format("Detection Finding: {}", activity.name)},
      {"time", millis(message.at)},
      {"message", title_of(message)},
      {"severity_id", static_cast<int>(message.severity) + 1},
      {"status_id", activity.status},
      {"status", activity.status_name},
      {"is_alert", is_of_an_alert(message)},
      {"metadata",
       {{"version", "1.3.0"},
        {"uid", message.id},
        {"product",
         {{"name", "Lockstep"}, {"vendor_name", "Lockstep"}, {"version", LOCKSTEP_VERSION}}}}},
      {"finding_info", std::move(finding)},
      {"resources", resources_of(message)},
      {"unmapped", plain(message)}};
  static constexpr const char* kSeverities[] = {"Informational", "Low", "Medium", "High",
                                                "Critical"};
  object["severity"] = kSeverities[static_cast<int>(message.severity)];
  const AlertSubject& subject = message.subject;
  if (subject.port && subject.protocol) {
    object["evidences"] = json::array{
        json::object{{"dst_endpoint", {{"port", *subject.port}}},
                     {"connection_info",
                      {{"protocol_name", to_string(*subject.protocol)}, {"direction_id", 0}}}}};
  }
  return object;
}

/// Inside of a block of code nothing is a mention, a link or a format; only its end must not come
/// early. https://api.slack.com/reference/surfaces/formatting#escaping
std::string in_code(const std::string& text) {
  std::string escaped;
  for (const char c : text.substr(0, kMostSlackBytes)) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '`': escaped += '\''; break;
      default: escaped += c;
    }
  }
  // A character that was cut in two is none.
  while (!escaped.empty() && text.size() > kMostSlackBytes && (escaped.back() & 0x80) != 0) {
    escaped.pop_back();
  }
  return "```\n" + escaped + "\n```";
}

json::object slack(const Message& message) {
  return json::object{{"text", in_code(text_of(message))}};
}

}  // namespace

std::string body_of(const Message& message, WebhookFormat format) {
  switch (format) {
    case WebhookFormat::json: return json::serialize(plain(message));
    case WebhookFormat::ocsf: return json::serialize(ocsf(message));
    case WebhookFormat::slack: return json::serialize(slack(message));
  }
  return {};
}

}  // namespace lockstep::notify
