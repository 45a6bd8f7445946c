#include "notify/alertmanager/alerts.h"

#include <algorithm>
#include <boost/json.hpp>

namespace lockstep::notify {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostNodes = 4000;

std::string name_of(const Message& message) {
  if (message.what == What::alive) return "LockstepAlive";
  if (message.what == What::test) return "LockstepTest";
  return "Lockstep";
}

/// Alertmanager takes alerts with the same labels for the same.
json::object labels_of(const Message& message, Severity severity) {
  json::object labels{{"alertname", name_of(message)}, {"cluster", message.cluster}};
  if (message.what == What::alive || message.what == What::test) return labels;
  labels["class"] = harmless(message.subject.node_class);
  labels["kind"] = to_string(message.subject.kind);
  labels["severity"] = to_string(severity);
  labels["subject"] = subject_of(message);
  labels["alert"] = harmless(message.cause);
  if (!message.subject.network.empty()) labels["network"] = harmless(message.subject.network);
  return labels;
}

json::object annotations_of(const Message& message) {
  json::object annotations{{"summary", title_of(message)}};
  const auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) annotations[name] = harmless(text, kMostNodes);
  };
  add("nodes", message.nodes);
  add("new_nodes", message.new_nodes);
  add("detail", message.detail);
  add("expected", message.expected);
  add("clones", message.clones);
  add("resolution", message.resolution);
  return annotations;
}

json::object alert_of(const Message& message, Severity severity, WallTime ends) {
  const bool of_a_cause = message.what != What::alive && message.what != What::test;
  const WallTime starts = of_a_cause ? message.first_seen : message.at;
  return json::object{{"labels", labels_of(message, severity)},
                      {"annotations", annotations_of(message)},
                      {"startsAt", time_text(std::min(starts, ends))},
                      {"endsAt", time_text(ends)}};
}

}  // namespace

std::string alerts_of(std::span<const Message> messages, WallTime now, std::chrono::seconds holds) {
  json::array alerts;
  for (const Message& message : messages) {
    const bool is_over = message.what == What::resolved;
    if (message.severity_before != message.severity) {
      alerts.push_back(alert_of(message, message.severity_before, now));
    }
    alerts.push_back(alert_of(message, message.severity, is_over ? now : now + holds));
  }
  return json::serialize(alerts);
}

}  // namespace lockstep::notify
