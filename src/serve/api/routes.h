// Every path of the API, with what is said of it in its OpenAPI document: the document is made of
// this list, so that it cannot say anything else.

#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "serve/api/call.h"

namespace lockstep::serve {

struct Parameter {
  const char* name;
  const char* type;  ///< of JSON schema: "string", "integer", "boolean"
  const char* meaning;
};

/// Of lists that come in pages (page.h), where a page has rows.
inline constexpr Parameter kPageQuery[] = {
    {"limit", "integer", "rows of a page, up to 1,000; 100 where nothing is said"},
    {"cursor", "string", "what the page before gave as next"},
};

struct Route {
  const char* method;
  const char* path;  ///< below /api/v1: "/alerts/{id}"
  Role role;
  bool is_open;    ///< to everybody; `role` does not matter then
  bool needs_all;  ///< not for those who see some classes alone
  const char* summary;
  std::span<const Parameter> query;
  const char* body;    ///< the schema of the body; null: it has none
  const char* answer;  ///< the schema of the answer; null: it is no JSON
  Result<HttpResponse> (*handle)(ApiCall&);
};

// One list a file.
std::span<const Route> alert_routes();
std::span<const Route> node_routes();
std::span<const Route> past_routes();
std::span<const Route> profile_routes();
std::span<const Route> work_routes();     ///< sweeps, runs, instances, the daemon
std::span<const Route> account_routes();  ///< sessions, users, tokens, the audit
std::span<const Route> event_routes();
std::span<const Route> notice_routes();
std::span<const Route> maintenance_routes();

/// All of them.
const std::vector<Route>& all_routes();

/// The route of a request, and what its path has for "{...}".
struct Match {
  const Route* route = nullptr;  ///< null: there is none
  std::map<std::string, std::string> path{};
  std::string allowed{};  ///< methods that the path has: "GET, POST"; empty: no such path
};
Match find_route(std::string_view method, std::span<const std::string> path);

}  // namespace lockstep::serve
