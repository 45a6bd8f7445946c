#include "documents/documents.h"

#include "documents/json_parts.h"

namespace lockstep::documents {
namespace {

namespace json = boost::json;
using control::ProfileState;

void add_ports(json::array& rows, const Profile& profile) {
  for (const ExpectedPort& port : profile.ports) {
    json::object row{{"port", port.port},
                     {"protocol", to_string(port.protocol)},
                     {"service", json_text(port.service)},
                     {"host_type", json_text(profile.host_type)}};
    if (!port.service_rule.empty()) row["service_rule"] = json_text(port.service_rule);
    rows.emplace_back(std::move(row));
  }
}

json::array ports_of(const Profile& profile) {
  json::array rows;
  add_ports(rows, profile);
  return rows;
}

json::object of_rule(const PortRule& rule, const std::string& host_type) {
  const bool is_rpc = rule.presence == Presence::rpc;
  const bool is_service = rule.presence == Presence::service;
  return {{"host_type", json_text(host_type)},
          {"protocol", to_string(rule.protocol)},
          {"ports", rule.ports.to_string()},
          {"presence", to_string(rule.presence)},
          {"rpc_program", is_rpc ? json::value(rule.rpc_program) : json::value(nullptr)},
          {"service", is_service ? json::value(json_text(rule.service)) : json::value(nullptr)},
          {"until", json_time(rule.until)}};
}

json::object of_value_rule(const ValueRule& rule) {
  return {{"host_type", json_text(rule.host_type)},
          {"instance", json_text(rule.instance)},
          {"name", json_text(rule.name)},
          {"rule", json_text(rule.rule)}};
}

json::object of_baseline(const Baseline& baseline) {
  return {{"host_type", json_text(baseline.profile.host_type)},
          {"origin", json_text(baseline.origin)},
          {"made", time_text(baseline.made)},
          {"maker", json_text(baseline.maker)},
          {"open_ports", ports_of(baseline.profile)},
          {"outliers", json_texts(baseline.outliers)}};
}

json::object of_approval(const Approval& approval) {
  return {{"host_type", json_text(approval.host_type)},
          {"at", time_text(approval.at)},
          {"by", json_text(approval.by)}};
}

json::object of_diff(const LineDiff& diff, const std::string& host_type) {
  return {{"host_type", json_text(host_type)},
          {"added", json_texts(diff.added)},
          {"removed", json_texts(diff.removed)}};
}

json::object of_change(const control::PortChange& change) {
  using Kind = control::PortChange::Kind;
  const bool added = change.kind == Kind::added;
  const bool removed = change.kind == Kind::removed;
  const ExpectedPort& port = removed ? change.before : change.after;
  const char* const word = added ? "added" : removed ? "removed" : "changed";
  return {
      {"host_type", json_text(change.host_type)},
      {"port", port.port},
      {"protocol", to_string(port.protocol)},
      {"change", word},
      {"service_before",
       added ? json::value(nullptr) : json::value(json_text(change.before.service))},
      {"service", removed ? json::value(nullptr) : json::value(json_text(change.after.service))}};
}

json::object of_class(const control::ClassSize& size) {
  return {{"class", json_text(size.name)}, {"nodes", size.nodes}};
}

/// "profile edit" is "edit" to whoever looks at a profile.
json::object of_act(const AuditEntry& entry) {
  constexpr std::string_view kProfile = "profile ";
  const std::string_view action = entry.action;
  return {{"at", json_time(entry.at)},
          {"by", json_text(entry.person)},
          {"action", json_text(action.substr(action.starts_with(kProfile) ? kProfile.size() : 0))},
          {"host_type", json_text(entry.subject)},
          {"detail", json_text(entry.detail)}};
}

}  // namespace

std::string profile_history_json(const std::vector<AuditEntry>& entries) {
  return json_document({{"entries", json_array(entries, of_act)}});
}

std::string learn_json(const control::LearnReport& report) {
  json::object object = json_record(report.record);
  json::array ports;
  for (const Baseline& baseline : report.baselines) add_ports(ports, baseline.profile);
  object["open_ports"] = std::move(ports);
  object["waiting"] = json_array(report.baselines, of_baseline);
  return json_document(object);
}

std::string import_json(const Baseline& baseline) {
  return json_document({{"open_ports", ports_of(baseline.profile)},
                        {"waiting", json::array{of_baseline(baseline)}}});
}

std::string profiles_json(const std::vector<ProfileState>& states,
                          const std::vector<ValueRule>* value_rules,
                          const std::vector<control::ClassSize>* classes) {
  json::array ports;
  json::array rules;
  json::array waiting;
  json::array approved;
  json::array unapproved;
  json::array proposed;
  json::array changes;
  for (const ProfileState& state : states) {
    if (state.in_use) {
      add_ports(ports, *state.in_use);
      for (const PortRule& rule : state.in_use->rules) {
        rules.emplace_back(of_rule(rule, state.host_type));
      }
    }
    if (state.waiting) waiting.emplace_back(of_baseline(*state.waiting));
    if (state.approved) approved.emplace_back(of_approval(*state.approved));
    if (!state.unapproved.empty()) {
      unapproved.emplace_back(of_diff(state.unapproved, state.host_type));
    }
    if (!state.proposed.empty()) proposed.emplace_back(of_diff(state.proposed, state.host_type));
    const auto made = control::changes_of(state);
    for (const control::PortChange& change : made) changes.emplace_back(of_change(change));
  }
  json::object document{{"open_ports", std::move(ports)},      {"port_rules", std::move(rules)},
                        {"waiting", std::move(waiting)},       {"approved", std::move(approved)},
                        {"unapproved", std::move(unapproved)}, {"proposed", std::move(proposed)},
                        {"changes", std::move(changes)}};
  if (value_rules != nullptr) document["value_rules"] = json_array(*value_rules, of_value_rule);
  if (classes != nullptr) document["classes"] = json_array(*classes, of_class);
  return json_document(document);
}

}  // namespace lockstep::documents
