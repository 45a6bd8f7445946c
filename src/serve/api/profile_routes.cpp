// /profiles

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "control/profile_use_cases.h"
#include "control/value_use_cases.h"
#include "documents/documents.h"
#include "documents/json_parts.h"
#include "serve/api/routes.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;

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
  return json_answer(documents::profiles_json(*states, call.sees_all() ? &rules : nullptr));
}

Result<HttpResponse> one(ApiCall& call) {
  const std::string& node_class = call.path["class"];
  LOCKSTEP_CHECK(require_class(call, node_class));
  LOCKSTEP_TRY(const auto rules, control::value_rules_of(call.store, node_class));
  LOCKSTEP_TRY(const auto states, control::profile_states(call.store, node_class));
  return json_answer(documents::profiles_json(states, &rules));
}

Result<HttpResponse> approve(ApiCall& call) {
  const std::string& node_class = call.path["class"];
  LOCKSTEP_CHECK(require_class(call, node_class));
  LOCKSTEP_TRY(const json::object body, call.body({"what"}));
  LOCKSTEP_TRY(const std::string word, text_of(body, "what"));
  auto what = control::ApproveWhat::either;
  if (word == "baseline") what = control::ApproveWhat::baseline;
  if (word == "table") what = control::ApproveWhat::table;
  if (what == control::ApproveWhat::either && !word.empty()) {
    return fail(ErrorKind::invalid, "\"what\": baseline or table");
  }
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
};

}  // namespace

std::span<const Route> profile_routes() {
  return kRoutes;
}

}  // namespace lockstep::serve
