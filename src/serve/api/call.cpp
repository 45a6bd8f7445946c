#include "serve/api/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <limits>

#include "base/text.h"
#include "control/scan_targets.h"
#include "documents/json_parts.h"
#include "model/duration.h"
#include "model/utc.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostNodesetBytes = 64 << 10;
constexpr std::size_t kMostUnknown = 10'000;
constexpr std::chrono::sys_days kFirstTime = std::chrono::year(1970) / 1 / 1;
constexpr std::chrono::sys_days kEndOfTimes = std::chrono::year(2200) / 1 / 1;

unsigned status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid: return 400;
    case ErrorKind::denied: return 403;
    case ErrorKind::not_found: return 404;
    case ErrorKind::unsupported: return 501;
    case ErrorKind::unavailable: return 503;
    case ErrorKind::corrupt: return 500;
  }
  return 500;
}

Result<const json::value*> value_of(const json::object& body, std::string_view key, json::kind kind,
                                    std::string_view what) {
  const json::value* const value = body.if_contains(key);
  if (value == nullptr || value->is_null()) return nullptr;
  if (value->kind() == kind) return value;
  return fail(ErrorKind::invalid, fmt::format("\"{}\" is to be {}", key, what));
}

}  // namespace

AccessCall ApiCall::access_call() const {
  return {.person = identity ? identity->user : "", .peer = request.peer, .now = world.now()};
}

bool ApiCall::sees(const Node& node) const {
  return sees_all() || std::ranges::any_of(node.classes, [&](const std::string& each) {
           return identity->classes.contains(each);
         });
}

bool ApiCall::sees_class(std::string_view node_class) const {
  if (sees_all()) return true;
  while (!node_class.empty()) {
    const std::size_t plus = std::min(node_class.find('+'), node_class.size());
    if (identity->classes.contains(std::string(node_class.substr(0, plus)))) return true;
    node_class.remove_prefix(std::min(plus + 1, node_class.size()));
  }
  return false;
}

std::optional<std::set<std::string>> ApiCall::own_nodes() const {
  if (sees_all()) return std::nullopt;
  std::set<std::string> names;
  for (const auto& [name, node] : view().inventory->nodes) {
    if (sees(node)) names.insert(name);
  }
  return names;
}

Result<const Node*> ApiCall::node(const std::string& name) const {
  const auto& nodes = view().inventory->nodes;
  const auto found = nodes.find(name);
  // Of one that he may not see, nobody learns whether it is there.
  if (found != nodes.end() && sees(found->second)) return &found->second;
  return fail(ErrorKind::not_found, fmt::format("there is no node {}", quoted(name)));
}

Result<WallTime> ApiCall::time(std::string_view name, WallTime usual) const {
  std::string given = text(name);
  if (given.empty()) return usual;
  const std::size_t point = given.find('.');
  const bool has_parts = point != std::string::npos && given.ends_with('Z') &&
                         given.find_first_not_of("0123456789", point + 1) == given.size() - 1;
  if (has_parts) given.erase(point, given.size() - 1 - point);
  const auto time = parse_time(given);
  // What is added to it or taken from it is to be a time, too.
  if (time && *time >= kFirstTime && *time < kEndOfTimes) return *time;
  return fail(ErrorKind::invalid,
              fmt::format("{}: a time in UTC, from 1970 to 2199: 2026-12-01T00:00:00Z", name));
}

Result<std::size_t> ApiCall::number(std::string_view name, std::size_t usual,
                                    std::size_t most) const {
  const auto given = request.parameter(name);
  if (!given) return usual;
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), value);
  if (error == std::errc() && end == given->data() + given->size() && value >= 1 && value <= most) {
    return value;
  }
  return fail(ErrorKind::invalid, fmt::format("{}: a whole number from 1 to {}", name, most));
}

Result<bool> ApiCall::flag(std::string_view name) const {
  const auto given = request.parameter(name);
  if (!given || *given == "false") return false;
  if (given->empty() || *given == "true") return true;
  return fail(ErrorKind::invalid, fmt::format("{}: true or false", name));
}

std::string ApiCall::text(std::string_view name) const {
  return std::string(request.parameter(name).value_or(""));
}

Result<Nodeset> ApiCall::nodeset(std::string_view text,
                                 const std::optional<std::set<std::string>>& own) const {
  if (text.size() > kMostNodesetBytes) {
    return fail(ErrorKind::invalid, "the nodeset is longer than 64 KiB");
  }
  const Inventory& inventory = *view().inventory;
  return parse_nodeset_with_groups(
      text, inventory,
      {.most_names = 2 * inventory.nodes.size() + kMostUnknown, .own = own ? &*own : nullptr});
}

Result<std::optional<std::set<std::string>>> ApiCall::nodes(std::string_view text) const {
  std::optional<std::set<std::string>> own = own_nodes();
  if (text.empty()) return own;
  LOCKSTEP_TRY(const Nodeset set, nodeset(text, own));
  // Names that nobody knows cost memory, and mean nothing; but an alert may be of a node that left.
  std::set<std::string> meant;
  for (const std::string& name : set.sorted()) {
    if (view().inventory->nodes.contains(name) || meant.size() < kMostUnknown) meant.insert(name);
  }
  if (own) std::erase_if(meant, [&](const std::string& name) { return !own->contains(name); });
  return std::optional(std::move(meant));
}

Result<json::object> ApiCall::body(const std::set<std::string_view>& known) const {
  if (request.body.empty()) return json::object();
  boost::system::error_code error;
  json::value value = json::parse(request.body, error);
  if (error || !value.is_object()) {
    return fail(ErrorKind::invalid, "the body is to be a JSON object");
  }
  json::object object = std::move(value.as_object());
  for (const auto& each : object) {
    if (known.contains(each.key())) continue;
    return fail(ErrorKind::invalid,
                fmt::format("the body has an unknown key {}", quoted(each.key())));
  }
  return object;
}

Result<std::string> text_of(const json::object& body, std::string_view key) {
  LOCKSTEP_TRY(const json::value* const value, value_of(body, key, json::kind::string, "a text"));
  return value == nullptr ? std::string() : std::string(value->as_string());
}

Result<std::vector<std::string>> texts_of(const json::object& body, std::string_view key) {
  LOCKSTEP_TRY(const json::value* const value,
               value_of(body, key, json::kind::array, "a list of texts"));
  std::vector<std::string> texts;
  if (value == nullptr) return texts;
  for (const json::value& each : value->as_array()) {
    if (!each.is_string()) {
      return fail(ErrorKind::invalid, fmt::format("\"{}\" is to be a list of texts", key));
    }
    texts.emplace_back(each.as_string());
  }
  return texts;
}

Result<bool> flag_of(const json::object& body, std::string_view key) {
  LOCKSTEP_TRY(const json::value* const value,
               value_of(body, key, json::kind::bool_, "true or false"));
  return value != nullptr && value->as_bool();
}

Result<std::optional<std::chrono::seconds>> duration_of(const json::object& body,
                                                        std::string_view key) {
  LOCKSTEP_TRY(const std::string text, text_of(body, key));
  if (text.empty()) return std::optional<std::chrono::seconds>();
  auto duration = parse_duration(text, std::chrono::days(3650));
  if (!duration) return std::unexpected(duration.error().within(fmt::format("\"{}\"", key)));
  return std::optional(*duration);
}

HttpResponse json_answer(std::string document) {
  HttpResponse response;
  response.body = std::move(document);
  return response;
}

HttpResponse error_answer(const Error& error) {
  HttpResponse response;
  response.status = status_of(error.kind());
  response.body = documents::json_document(
      {{"error", json::object{{"kind", to_string(error.kind())},
                              {"message", documents::json_text(error.message())}}}});
  return response;
}

}  // namespace lockstep::serve
