// /, /openapi.json, /events

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

#include "documents/json_parts.h"
#include "serve/api/openapi.h"
#include "serve/api/routes.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;

Result<HttpResponse> about(ApiCall& call) {
  return json_answer(
      documents::json_document({{"name", "lockstep"},
                                {"cluster", documents::json_text(call.view().inventory->cluster)},
                                {"nodes", call.view().inventory->nodes.size()},
                                {"event", call.view().event},
                                {"made", documents::json_time(call.view().made)}}));
}

Result<HttpResponse> openapi(ApiCall& /*call*/) {
  return json_answer(openapi_document());
}

/// What a listener has already; nothing: he begins now.
Result<std::optional<std::int64_t>> last_event(const ApiCall& call) {
  std::string_view text = call.request.header("last-event-id");
  if (text.empty()) text = call.request.parameter("after").value_or("");
  if (text.empty()) return std::optional<std::int64_t>();
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 0) {
    return fail(ErrorKind::invalid, "after: the number of an event");
  }
  return std::optional(id);
}

Result<HttpResponse> events(ApiCall& call) {
  LOCKSTEP_TRY(const auto last, last_event(call));
  const std::int64_t now = call.view().event;
  HttpResponse response;
  response.events_after = last.value_or(now);
  response.body = "retry: 2000\n\n";
  // Who has a gap that cannot be filled is told to load everything anew.
  const bool has_gap = last && (*last < call.live->forgotten || *last > now);
  if (has_gap) {
    response.events_after = now;
    response.body += fmt::format("id: {}\nevent: reset\ndata: {{\"event\":{}}}\n\n", now, now);
  }
  return response;
}

constexpr Parameter kEventsQuery[] = {
    {"after", "integer", "the latest event that one has; the header Last-Event-ID says the same"}};

constexpr Route kRoutes[] = {
    {"GET", "/", Role::viewer, false, false, "What this is", {}, nullptr, "About", about},
    {"GET",
     "/openapi.json",
     Role::viewer,
     true,
     false,
     "This description",
     {},
     nullptr,
     "OpenApi",
     openapi},
    {"GET", "/events", Role::viewer, false, false,
     "What happens, as it happens (text/event-stream); \"reset\": events are missing, load all "
     "anew",
     kEventsQuery, nullptr, nullptr, events},
};

}  // namespace

std::span<const Route> event_routes() {
  return kRoutes;
}

}  // namespace lockstep::serve
