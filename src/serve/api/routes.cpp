#include "serve/api/routes.h"

#include <algorithm>

namespace lockstep::serve {
namespace {

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) parts.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return parts;
}

/// What stands for the parts in braces; nothing: the path is another one.
std::optional<std::map<std::string, std::string>> match(std::string_view pattern,
                                                        std::span<const std::string> path) {
  const std::vector<std::string_view> parts = split(pattern);
  if (parts.size() != path.size()) return std::nullopt;
  std::map<std::string, std::string> found;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].starts_with('{')) {
      found[std::string(parts[i].substr(1, parts[i].size() - 2))] = path[i];
    } else if (parts[i] != path[i]) {
      return std::nullopt;
    }
  }
  return found;
}

}  // namespace

const std::vector<Route>& all_routes() {
  static const std::vector<Route> routes = [] {
    std::vector<Route> all;
    for (const auto list :
         {event_routes(), alert_routes(), node_routes(), past_routes(), profile_routes(),
          work_routes(), account_routes(), notice_routes(), maintenance_routes()}) {
      all.insert(all.end(), list.begin(), list.end());
    }
    return all;
  }();
  return routes;
}

Match find_route(std::string_view method, std::span<const std::string> path) {
  Match result;
  if (method == "HEAD") method = "GET";
  for (const Route& route : all_routes()) {
    auto found = match(route.path, path);
    if (!found) continue;
    result.allowed += (result.allowed.empty() ? "" : ", ") + std::string(route.method);
    if (result.route != nullptr || route.method != method) continue;
    result.route = &route;
    result.path = std::move(*found);
  }
  return result;
}

}  // namespace lockstep::serve
