// /profiles

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "control/profile_edits.h"
#include "control/profile_use_cases.h"
#include "control/value_use_cases.h"
#include "documents/documents.h"
#include "documents/json_parts.h"
#include "serve/api/routes.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostHistory = 100;

Result<void> require_class(const ApiCall& call, const std::string& node_class) {
  // "compute@hsn" is of compute.
  if (call.sees_class(node_class.substr(0, node_class.find('@')))) return {};
  return fail(ErrorKind::not_found, fmt::format("there is no profile of {}", quoted(node_class)));
}

Result<HttpResponse> list(ApiCall& call) {
  LOCKSTEP_TRY(const auto rules, control::value_rules_of(call.store, ""));
  auto states = control::profile_states(call.store, "");
  if (!states && states.error().kind() == ErrorKind::not_found) {
    states = std::vector<control::ProfileState>();
  }
  LOCKSTEP_CHECK(states);
  std::erase_if(*states, [&](const control::ProfileState& state) {
    return !require_class(call, state.host_type);
  });
  auto classes = control::class_sizes(*call.view().inventory);
  std::erase_if(classes,
                [&](const control::ClassSize& each) { return !call.sees_class(each.name); });
  return json_answer(
      documents::profiles_json(*states, call.sees_all() ? &rules : nullptr, &classes));
}

Result<HttpResponse> one(ApiCall& call) {
  const std::string& node_class = call.path["class"];
  LOCKSTEP_CHECK(require_class(call, node_class));
  LOCKSTEP_TRY(const auto rules, control::value_rules_of(call.store, node_class));
  LOCKSTEP_TRY(const auto states, control::profile_states(call.store, node_class));
  return json_answer(documents::profiles_json(states, &rules));
}

/// Somebody may have proposed something else since the caller looked: he approves what he saw.
Result<void> check_seen(ApiCall& call, const std::string& node_class, const json::object& body) {
  const json::value* const made = body.if_contains("made");
  if (made == nullptr) return {};
  if (!made->is_object()) {
    return fail(ErrorKind::invalid, "\"made\": when what waits was made, by host type");
  }
  LOCKSTEP_TRY(const auto states, control::profile_states(call.store, node_class));
  for (const control::ProfileState& state : states) {
    if (!state.waiting) continue;
    const json::value* const seen = made->as_object().if_contains(state.host_type);
    if (seen != nullptr && *seen == documents::json_time(state.waiting->made)) continue;
    return fail(ErrorKind::invalid,
                fmt::format("what waits for {} is another than you saw: look at it again",
                            quoted(state.host_type)));
  }
  return {};
}

Result<HttpResponse> approve(ApiCall& call) {
  const std::string& node_class = call.path["class"];
  LOCKSTEP_CHECK(require_class(call, node_class));
  LOCKSTEP_TRY(const json::object body, call.body({"what", "made"}));
  LOCKSTEP_TRY(const std::string word, text_of(body, "what"));
  auto what = control::ApproveWhat::either;
  if (word == "baseline") what = control::ApproveWhat::baseline;
  if (word == "table") what = control::ApproveWhat::table;
  if (what == control::ApproveWhat::either && !word.empty()) {
    return fail(ErrorKind::invalid, "\"what\": baseline or table");
  }
  LOCKSTEP_CHECK(check_seen(call, node_class, body));
  LOCKSTEP_TRY(const auto states, control::approve(call.store, node_class, what, call.act()));
  return json_answer(documents::profiles_json(states));
}

Result<HttpResponse> import(ApiCall& call) {
  const std::string& node_class = call.path["class"];
  LOCKSTEP_CHECK(require_class(call, node_class));
  if (call.request.body.empty()) {
    return fail(ErrorKind::invalid,
                "the body is to be what nmap wrote (-oX, -oG or -oN), or a table");
  }
  LOCKSTEP_TRY(
      const Baseline baseline,
      control::import_profile(call.store, call.request.body, "the body", node_class, call.act()));
  return json_answer(documents::import_json(baseline));
}

Result<control::PortRow> port_row(const json::value& value, std::size_t number) {
  const auto wrong = [&](std::string_view complaint) {
    return fail(ErrorKind::invalid, fmt::format("row {}: {}", number, complaint));
  };
  if (!value.is_object()) return wrong("is to be an object");
  const json::object& object = value.as_object();
  for (const auto& each : object) {
    const std::string_view key = each.key();
    if (key == "port" || key == "protocol" || key == "service") continue;
    return wrong(fmt::format("it has an unknown key {}", quoted(key)));
  }
  control::PortRow row;
  const json::value* const port = object.if_contains("port");
  if (port == nullptr || !port->is_int64()) return wrong("\"port\" is to be a whole number");
  row.port = port->as_int64();
  auto protocol = text_of(object, "protocol");
  auto service = text_of(object, "service");
  if (!protocol) return wrong(protocol.error().message());
  if (!service) return wrong(service.error().message());
  row.protocol = std::move(*protocol);
  row.service = std::move(*service);
  return row;
}

Result<HttpResponse> propose(ApiCall& call) {
  const std::string& host_type = call.path["class"];
  LOCKSTEP_CHECK(require_class(call, host_type));
  LOCKSTEP_TRY(const json::object body, call.body({"open_ports", "note"}));
  LOCKSTEP_TRY(const std::string note, text_of(body, "note"));
  const json::value* const ports = body.if_contains("open_ports");
  if (ports == nullptr || !ports->is_array()) {
    return fail(ErrorKind::invalid, "\"open_ports\" is to be a list of rows");
  }
  std::vector<control::PortRow> rows;
  for (const json::value& each : ports->as_array()) {
    LOCKSTEP_TRY(control::PortRow row, port_row(each, rows.size() + 1));
    rows.push_back(std::move(row));
  }
  LOCKSTEP_TRY(const Baseline baseline,
               control::propose_profile(call.store, host_type, rows, note, call.act()));
  return json_answer(documents::import_json(baseline));
}

Result<HttpResponse> drop(ApiCall& call) {
  const std::string& host_type = call.path["class"];
  LOCKSTEP_CHECK(require_class(call, host_type));
  LOCKSTEP_CHECK(control::drop_proposal(call.store, host_type, call.act()));
  HttpResponse response;
  response.status = 204;
  return response;
}

Result<HttpResponse> learn(ApiCall& call) {
  LearnOrder order;
  order.host_type = call.path["class"];
  LOCKSTEP_CHECK(require_class(call, order.host_type));
  LOCKSTEP_TRY(const json::object body, call.body({"node"}));
  LOCKSTEP_TRY(order.node, text_of(body, "node"));
  if (!order.node.empty()) {
    const auto node = call.node(order.node);
    if (!node) return std::unexpected(node.error());
  }
  LOCKSTEP_CHECK(call.world.order_learning(order, call.identity->user));
  HttpResponse response = json_answer(documents::json_document({{"accepted", true}}));
  response.status = 202;
  return response;
}

Result<HttpResponse> history(ApiCall& call) {
  const std::string& node_class = call.path["class"];
  LOCKSTEP_CHECK(require_class(call, node_class));
  LOCKSTEP_TRY(const auto entries, call.store.profile_audit(node_class, kMostHistory));
  return json_answer(documents::profile_history_json(entries));
}

constexpr Route kRoutes[] = {
    {"GET",
     "/profiles",
     Role::viewer,
     false,
     false,
     "What each class should look like, what was approved, and what waits",
     {},
     nullptr,
     "Profiles",
     list},
    {"GET",
     "/profiles/{class}",
     Role::viewer,
     false,
     false,
     "Those of one class, with all its networks",
     {},
     nullptr,
     "Profiles",
     one},
    {"POST",
     "/profiles/{class}/approve",
     Role::admin,
     false,
     false,
     "Makes what waits, or the table as it stands, what counts",
     {},
     "Approval",
     "Profiles",
     approve},
    {"POST",
     "/profiles/{class}/import",
     Role::admin,
     false,
     false,
     "Leaves what Nmap wrote of a node, or a table, for approval",
     {},
     "File",
     "Baseline",
     import},
    {"PUT",
     "/profiles/{class}/proposal",
     Role::admin,
     false,
     false,
     "Leaves an edited table for approval, in place of what waits",
     {},
     "Proposal",
     "Baseline",
     propose},
    {"DELETE",
     "/profiles/{class}/proposal",
     Role::admin,
     false,
     false,
     "Drops what waits for approval",
     {},
     nullptr,
     nullptr,
     drop},
    {"POST",
     "/profiles/{class}/learn",
     Role::admin,
     false,
     false,
     "Begins to learn it, from a node or from what its nodes have in common; the event "
     "profile-waiting or profile-not-learned ends it",
     {},
     "LearnOrder",
     "Accepted",
     learn},
    {"GET",
     "/profiles/{class}/history",
     Role::viewer,
     false,
     false,
     "What was done about it, the latest 100",
     {},
     nullptr,
     "ProfileHistory",
     history},
};

}  // namespace

std::span<const Route> profile_routes() {
  return kRoutes;
}

}  // namespace lockstep::serve
