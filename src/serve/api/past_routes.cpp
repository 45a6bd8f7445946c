// /nodes/{name}/history, /nodes/{name}/series, /timeline

#include <chrono>

#include "control/past.h"
#include "documents/documents.h"
#include "serve/api/routes.h"

namespace lockstep::serve {
namespace {

using std::chrono::days;

constexpr days kLongestTimeline(40);

/// Parameters from and to; without them, that long until now.
Result<Period> period_of(const ApiCall& call, std::chrono::seconds usual) {
  Period period;
  LOCKSTEP_TRY(period.to, call.time("to", call.world.now()));
  LOCKSTEP_TRY(period.from, call.time("from", period.to - usual));
  if (period.from <= period.to) return period;
  return fail(ErrorKind::invalid, "from: it is after \"to\"");
}

Result<HttpResponse> history(ApiCall& call) {
  LOCKSTEP_TRY(const Node* const node, call.node(call.path["name"]));
  LOCKSTEP_TRY(const Period period, period_of(call, days(30)));
  const WallTime now = call.world.now();
  LOCKSTEP_TRY(const control::NodePast past,
               control::past_of_node(call.store, node->name, call.view().alerts, period, now));
  return json_answer(documents::node_past_json(past, now));
}

Result<HttpResponse> series(ApiCall& call) {
  LOCKSTEP_TRY(const Node* const node, call.node(call.path["name"]));
  PointQuery query;
  query.node = node->name;
  query.instance = call.text("instance");
  query.name = call.text("name");
  LOCKSTEP_TRY(query.period, period_of(call, Retention{}.points));
  LOCKSTEP_TRY(const control::NodeSeries found,
               control::series_of_node(call.store, query, call.world.now()));
  return json_answer(documents::node_series_json(found));
}

Result<HttpResponse> timeline(ApiCall& call) {
  LOCKSTEP_TRY(const Period period, period_of(call, days(1)));
  if (period.to - period.from > kLongestTimeline) {
    return fail(ErrorKind::invalid, "from: the period is longer than 40 days");
  }
  const control::Viewer viewer = {
      .nodes = call.own_nodes(),
      .sees_class = [&](std::string_view node_class) { return call.sees_class(node_class); }};
  LOCKSTEP_TRY(
      const control::Timeline found,
      control::make_timeline(call.store, call.view().alerts, viewer, period, call.world.now()));
  return json_answer(documents::timeline_json(found));
}

constexpr Parameter kHistoryQuery[] = {
    {"from", "string", "2026-12-01T00:00:00Z; not given: 30 days before \"to\""},
    {"to", "string", "not given: now"},
};
constexpr Parameter kSeriesQuery[] = {
    {"instance", "string", "of this plug-in instance"},
    {"name", "string", "of this value"},
    {"from", "string", "2026-12-01T00:00:00Z; not given: 3 days before \"to\""},
    {"to", "string", "not given: now"},
};
constexpr Parameter kTimelineQuery[] = {
    {"from", "string", "2026-12-01T00:00:00Z, at most 40 days before \"to\"; not given: one"},
    {"to", "string", "not given: now"},
};

constexpr Route kRoutes[] = {
    {"GET", "/nodes/{name}/history", Role::viewer, false, false,
     "What became of the ports and the alerts of a node, and who looked", kHistoryQuery, nullptr,
     "NodeHistory", history},
    {"GET", "/nodes/{name}/series", Role::viewer, false, false,
     "Curves of what was measured of a node", kSeriesQuery, nullptr, "NodeSeries", series},
    {"GET", "/timeline", Role::viewer, false, false,
     "What stood on which nodes at any moment of a period", kTimelineQuery, nullptr, "Timeline",
     timeline},
};

}  // namespace

std::span<const Route> past_routes() {
  return kRoutes;
}

}  // namespace lockstep::serve
