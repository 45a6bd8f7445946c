#include "serve/api/partial_events.h"

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>
#include <vector>

#include "documents/json_parts.h"
#include "model/nodeset.h"

namespace lockstep::serve {
namespace {

using Classes = std::set<std::string>;

/// `joined` is a class, or several joined by "+", of which one is enough.
bool has_one_of(const Classes& classes, std::string_view joined) {
  while (!joined.empty()) {
    const std::size_t plus = std::min(joined.find('+'), joined.size());
    if (classes.contains(std::string(joined.substr(0, plus)))) return true;
    joined.remove_prefix(std::min(plus + 1, joined.size()));
  }
  return false;
}

std::string own_nodes(const std::string& nodeset, const Classes& classes,
                      const Inventory& inventory) {
  const auto nodes = parse_nodeset(nodeset);
  if (!nodes) return {};
  std::vector<std::string> own;
  for (const std::string& name : nodes->sorted()) {
    const auto node = inventory.nodes.find(name);
    if (node == inventory.nodes.end()) continue;
    const bool sees = std::ranges::any_of(
        node->second.classes, [&](const std::string& each) { return classes.contains(each); });
    if (sees) own.push_back(name);
  }
  return fold_nodeset(own);
}

bool is_about_alert(EventKind kind) {
  return kind == EventKind::alert_raised || kind == EventKind::alert_resolved ||
         kind == EventKind::alert_changed;
}

bool is_about_profile(EventKind kind) {
  return kind == EventKind::profile_approved || kind == EventKind::profile_waiting ||
         kind == EventKind::profile_not_learned;
}

/// Of one that is about no node.
bool is_about_classes(const Event& event, const Classes& classes,
                      const control::ClusterView& view) {
  if (is_about_profile(event.kind)) {
    return has_one_of(classes, std::string_view(event.subject).substr(0, event.subject.find('@')));
  }
  const auto id = parse_alert_name(event.subject);
  if (!is_about_alert(event.kind) || !id) return false;
  const auto alert = std::ranges::lower_bound(view.alerts, *id, {}, &AlertRecord::id);
  return alert != view.alerts.end() && alert->id == *id &&
         has_one_of(classes, alert->subject.node_class);
}

}  // namespace

std::optional<Event> part_of(const Event& event, const Classes& classes,
                             const control::ClusterView& view) {
  Event part = event;
  if (event.nodes.empty()) {
    return is_about_classes(event, classes, view) ? std::optional(part) : std::nullopt;
  }
  part.nodes = own_nodes(event.nodes, classes, *view.inventory);
  return part.nodes.empty() ? std::nullopt : std::optional(part);
}

std::string PartialEvents::text_of(const Event& event, const Classes& classes,
                                   const control::ClusterView& view) {
  const std::lock_guard lock(mutex_);
  if (texts_.size() > kMostKept) texts_.clear();
  std::map<std::int64_t, std::string>& texts = texts_[classes];
  const auto known = texts.find(event.id);
  if (known != texts.end()) return known->second;
  const auto part = part_of(event, classes, view);
  std::string text = part ? event_text(*part) : "";
  texts[event.id] = text;
  if (texts.size() > kMostTexts) texts.erase(texts.begin());
  return text;
}

std::string event_text(const Event& event) {
  const boost::json::object object{{"id", event.id},
                                   {"at", documents::json_time(event.at)},
                                   {"kind", to_string(event.kind)},
                                   {"subject", documents::json_or_null(event.subject)},
                                   {"nodes", documents::json_or_null(event.nodes)}};
  return "id: " + std::to_string(event.id) + "\nevent: " + std::string(to_string(event.kind)) +
         "\ndata: " + boost::json::serialize(object) + "\n\n";
}

}  // namespace lockstep::serve
