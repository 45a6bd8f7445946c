// /maintenance

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "base/text.h"
#include "control/maintenance_use_cases.h"
#include "control/scan_targets.h"
#include "documents/documents.h"
#include "documents/json_parts.h"
#include "model/utc.h"
#include "serve/api/routes.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;

/// Of a window, the nodes that the caller sees. What a hand made unreadable has none.
Nodeset seen_nodes(const MaintenanceWindow& window, const std::set<std::string>& own) {
  const auto all = parse_nodeset(window.nodes);
  if (!all) return Nodeset();
  std::vector<std::string> seen;
  for (const std::string& name : all->sorted()) {
    if (own.contains(name)) seen.push_back(name);
  }
  return Nodeset(std::move(seen));
}

Result<HttpResponse> list(ApiCall& call) {
  LOCKSTEP_TRY(
      auto windows,
      control::list_maintenance(call.store, call.world.configured_maintenance(), call.world.now()));
  if (const auto own = call.own_nodes()) {
    for (MaintenanceWindow& window : windows) window.nodes = seen_nodes(window, *own).fold();
    std::erase_if(windows, [](const MaintenanceWindow& window) { return window.nodes.empty(); });
  }
  return json_answer(documents::maintenance_json(windows));
}

/// Named one by one: a window of a class is of its nodes as they are now.
Result<std::vector<std::string>> meant_nodes(const ApiCall& call, const std::string& nodeset) {
  if (nodeset.empty()) return fail(ErrorKind::invalid, "\"nodes\": a nodeset");
  const auto own = call.own_nodes();
  // Of nodes that he may not see he learns neither that they are there nor what they are called.
  LOCKSTEP_TRY(const Nodeset set, call.nodeset(nodeset, own));
  if (!own) return parse_inventory_nodes(nodeset, *call.view().inventory);
  if (set.empty()) return fail(ErrorKind::invalid, "\"nodes\" names no node");
  std::vector<std::string> unseen;
  std::ranges::copy_if(set.sorted(), std::back_inserter(unseen),
                       [&](const std::string& name) { return !own->contains(name); });
  if (unseen.empty()) return set.names();
  return fail(ErrorKind::not_found,
              fmt::format("the inventory has no node {}", fold_nodeset(unseen)));
}

Result<HttpResponse> open(ApiCall& call) {
  LOCKSTEP_TRY(const json::object body, call.body({"nodes", "from", "for", "note"}));
  LOCKSTEP_TRY(const std::string nodeset, text_of(body, "nodes"));
  LOCKSTEP_TRY(const std::string from, text_of(body, "from"));
  LOCKSTEP_TRY(const auto lasts, duration_of(body, "for"));
  control::MaintenanceOrder order;
  LOCKSTEP_TRY(order.note, text_of(body, "note"));
  LOCKSTEP_TRY(order.nodes, meant_nodes(call, nodeset));
  if (!lasts) return fail(ErrorKind::invalid, "\"for\": how long: 30m, 4h, 2d");
  order.lasts = *lasts;
  order.from = parse_time(from);
  if (!from.empty() && !order.from) {
    return fail(ErrorKind::invalid, "\"from\": a time in UTC, such as 2026-12-01T22:00:00Z");
  }
  LOCKSTEP_TRY(const MaintenanceWindow window,
               control::open_maintenance(call.store, order, call.act()));
  return json_answer(documents::json_document(documents::json_maintenance(window)));
}

/// Nodes that have left are nobody's.
bool is_all_own(const Nodeset& nodes, const std::set<std::string>& own,
                const Inventory& inventory) {
  bool has_any = false;
  for (const std::string& name : nodes.sorted()) {
    if (!inventory.nodes.contains(name)) continue;
    if (!own.contains(name)) return false;
    has_any = true;
  }
  return has_any;
}

Result<void> require_own(const ApiCall& call, std::int64_t id) {
  const auto own = call.own_nodes();
  if (!own) return {};
  LOCKSTEP_TRY(const auto windows, call.store.maintenance());
  const auto found = std::ranges::find(windows, id, &MaintenanceWindow::id);
  if (found != windows.end()) {
    const auto all = parse_nodeset(found->nodes);
    if (all && is_all_own(*all, *own, *call.view().inventory)) return {};
  }
  return fail(ErrorKind::not_found, fmt::format("there is no window of maintenance {}", id));
}

Result<HttpResponse> close(ApiCall& call) {
  const std::string& text = call.path["id"];
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 1) {
    return fail(ErrorKind::invalid,
                fmt::format("{} is no number of a window; those of the configuration have none",
                            quoted(text)));
  }
  LOCKSTEP_CHECK(require_own(call, id));
  LOCKSTEP_CHECK(control::close_maintenance(call.store, id, call.act()));
  HttpResponse response;
  response.status = 204;
  return response;
}

constexpr Route kRoutes[] = {
    {"GET",
     "/maintenance",
     Role::viewer,
     false,
     false,
     "Windows that are open or to come: what is wrong with their nodes then is told nobody",
     {},
     nullptr,
     "Maintenance",
     list},
    {"POST",
     "/maintenance",
     Role::operating,
     false,
     false,
     "Opens one, for the nodes that are meant now",
     {},
     "MaintenanceOrder",
     "MaintenanceWindow",
     open},
    {"DELETE",
     "/maintenance/{id}",
     Role::operating,
     false,
     false,
     "Takes one away that was opened at run time",
     {},
     nullptr,
     nullptr,
     close},
};

}  // namespace

std::span<const Route> maintenance_routes() {
  return kRoutes;
}

}  // namespace lockstep::serve
