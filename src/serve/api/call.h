// One request, as its handler sees it: who asks, what for, and what to answer it from.

#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "control/profile_use_cases.h"
#include "model/nodeset.h"
#include "serve/api/live.h"
#include "serve/api/world.h"
#include "serve/auth/access.h"
#include "serve/http/message.h"

namespace lockstep::serve {

class ApiCall {
 public:
  const HttpRequest& request;
  ApiWorld& world;
  Store& store;
  Access& access;
  std::shared_ptr<const LiveView> live;
  std::optional<Identity> identity{};         ///< none only where the route is open to everybody
  std::map<std::string, std::string> path{};  ///< what stands for "{id}" in the route

  const control::ClusterView& view() const { return *live->view; }
  control::Act act() const { return {.person = identity->user, .now = world.now()}; }
  AccessCall access_call() const;

  // --- What the caller may see. ---

  bool sees_all() const { return identity->classes.empty(); }
  bool sees(const Node& node) const;
  /// A class, or several joined by "+", of which one is his.
  bool sees_class(std::string_view node_class) const;
  /// The nodes that he may see; none: all.
  std::optional<std::set<std::string>> own_nodes() const;
  /// The one of that name. Errors: `not_found`, also where he may not see it.
  Result<const Node*> node(const std::string& name) const;

  // --- What was asked. ---

  /// Errors: `invalid`, naming the parameter.
  Result<std::size_t> number(std::string_view name, std::size_t usual, std::size_t most) const;
  Result<bool> flag(std::string_view name) const;
  std::string text(std::string_view name) const;  ///< empty: not given
  /// "2026-12-01T00:00:00Z"; parts of a second, as browsers write them, are cut off.
  Result<WallTime> time(std::string_view name, WallTime usual) const;
  /// A nodeset with groups and classes ("@compute"), as far as they are the caller's: `own` is
  /// own_nodes(). Errors: `invalid`, also where it is much longer than the cluster.
  Result<Nodeset> nodeset(std::string_view text,
                          const std::optional<std::set<std::string>>& own) const;
  /// The nodes of a nodeset(), but for those that the caller does not see; none: nothing was given,
  /// and he sees all. Errors: `invalid`.
  Result<std::optional<std::set<std::string>>> nodes(std::string_view text) const;
  /// The body, an object with these keys alone. Errors: `invalid`.
  Result<boost::json::object> body(const std::set<std::string_view>& known) const;
};

/// Texts, numbers and lists of a body; `invalid` where they are of another type.
Result<std::string> text_of(const boost::json::object& body, std::string_view key);
Result<std::vector<std::string>> texts_of(const boost::json::object& body, std::string_view key);
Result<bool> flag_of(const boost::json::object& body, std::string_view key);
/// "8h" (model/duration.h); none: the key is not there.
Result<std::optional<std::chrono::seconds>> duration_of(const boost::json::object& body,
                                                        std::string_view key);

HttpResponse json_answer(std::string document);
HttpResponse error_answer(const Error& error);

}  // namespace lockstep::serve
