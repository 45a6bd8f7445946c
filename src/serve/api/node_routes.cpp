// /nodes, /snapshot, /values, /keys

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <ranges>
#include <set>

#include "control/key_use_cases.h"
#include "control/node_page.h"
#include "control/value_use_cases.h"
#include "documents/documents.h"
#include "documents/json_parts.h"
#include "serve/api/page.h"
#include "serve/api/routes.h"
#include "serve/api/snapshot.h"
#include "serve/auth/secrets.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;
using control::NodeGlance;

json::value severity_or_null(const std::optional<Severity>& severity) {
  return severity ? json::value(to_string(*severity)) : json::value(nullptr);
}

json::object of_glance(const NodeGlance& glance) {
  json::object object = documents::json_node(*glance.node);
  object["sight"] = to_string(glance.sight);
  object["looked"] = documents::json_time(glance.looked);
  object["watched"] = glance.watched;
  object["worst"] = severity_or_null(glance.worst);
  object["worst_muted"] = severity_or_null(glance.muted);
  object["alerts"] = glance.alerts;
  return object;
}

/// Indices of the nodes that are meant and may be seen, ascending by name.
Result<std::vector<std::size_t>> nodes_meant(const ApiCall& call) {
  LOCKSTEP_TRY(const auto names, call.nodes(call.text("nodes")));
  const std::string node_class = call.text("class");
  const std::string group = call.text("group");
  std::vector<std::size_t> meant;
  const std::vector<NodeGlance>& nodes = call.view().nodes;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = *nodes[i].node;
    if (names && !names->contains(node.name)) continue;
    if (!node_class.empty() && !node.classes.contains(node_class)) continue;
    if (!group.empty() && node.group != group) continue;
    meant.push_back(i);
  }
  return meant;
}

Result<HttpResponse> list(ApiCall& call) {
  LOCKSTEP_TRY(const PageOrder order, page_order(call));
  LOCKSTEP_TRY(const auto meant, nodes_meant(call));
  const std::vector<NodeGlance>& nodes = call.view().nodes;
  const Page page =
      page_of(meant.size(), order, [&](std::size_t i) { return nodes[meant[i]].node->name; });
  json::array rows;
  for (const std::size_t i : page.items) rows.push_back(of_glance(nodes[meant[i]]));
  const json::object document{{"nodes", std::move(rows)},
                              {"total", meant.size()},
                              {"next", documents::json_or_null(page.next)},
                              {"event", call.view().event}};
  return json_answer(documents::json_document(document));
}

Result<HttpResponse> one(ApiCall& call) {
  LOCKSTEP_TRY(const Node* const node, call.node(call.path["name"]));
  LOCKSTEP_TRY(control::NodePage page,
               control::describe_node(call.store, *call.view().inventory, *node, call.world.now()));
  std::vector<NodeSchedule> said = call.world.schedules({node->name});
  if (!said.empty()) page.schedule = std::move(said.front());
  return json_answer(documents::node_page_json(page));
}

/// Whether it is of all nodes.
bool is_whole(const ApiCall& call) {
  return call.sees_all() && call.text("nodes").empty() && call.text("class").empty() &&
         call.text("group").empty();
}

/// What the caller sees has indices of its own: its epoch is another one for each part of the
/// nodes.
std::uint64_t epoch_of(const ApiCall& call) {
  const std::uint64_t epoch = call.live->epoch;
  if (is_whole(call)) return epoch;
  std::string part;
  for (const std::string& each : call.identity->classes) part += each + '\n';
  for (const char* const name : {"nodes", "class", "group"}) part += '\0' + call.text(name);
  std::uint64_t mixed = 0;
  for (const char digit : hash_of_secret(part).substr(0, 16)) {
    mixed = mixed << 4 | static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  }
  return epoch ^ mixed;
}

template <typename Number>
Result<std::optional<Number>> whole_number(const ApiCall& call, std::string_view name) {
  const std::string text = call.text(name);
  if (text.empty()) return std::optional<Number>();
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return std::optional(number);
  return fail(ErrorKind::invalid, fmt::format("{}: a number, as a snapshot gave it", name));
}

Result<HttpResponse> snapshot(ApiCall& call) {
  LOCKSTEP_TRY(const auto after, whole_number<std::int64_t>(call, "after"));
  LOCKSTEP_TRY(const auto epoch, whole_number<std::uint64_t>(call, "epoch"));
  const LiveView& live = *call.live;
  SnapshotWish wish;
  wish.epoch = epoch_of(call);
  if (epoch == wish.epoch && after && *after >= 1 && *after <= live.version) wish.after = after;
  HttpResponse response;
  response.type = "application/octet-stream";
  if (is_whole(call) && !wish.after) {
    const PackedBytes& glances = live.glances();
    response.body = glances.bytes;
    response.gzip = glances.gzip;
    response.tag = glances.tag;
    return response;
  }
  if (!is_whole(call)) {
    LOCKSTEP_TRY(wish.nodes, nodes_meant(call));
  }
  wish.only_own_words = !call.sees_all();
  response.body = snapshot_of(live, wish);
  return response;
}

/// Nodes that have rows of their own, a page at a time.
struct NodesOfPage {
  std::set<std::string> names{};
  std::string next{};  ///< the cursor; empty: these are the last
};

/// Without a nodeset those that the inventory has.
Result<NodesOfPage> nodes_of_page(const ApiCall& call) {
  LOCKSTEP_TRY(const PageOrder order, page_order(call));
  LOCKSTEP_TRY(const auto meant, call.nodes(call.text("nodes")));
  std::vector<std::string_view> names;
  if (meant) {
    names.assign(meant->begin(), meant->end());
  } else {
    const auto known = call.view().inventory->nodes | std::views::keys;
    names.assign(known.begin(), known.end());
  }
  Page page = page_of(names.size(), order, [&](std::size_t i) { return std::string(names[i]); });
  NodesOfPage result;
  for (const std::size_t i : page.items) result.names.emplace(names[i]);
  result.next = std::move(page.next);
  return result;
}

Result<HttpResponse> values(ApiCall& call) {
  LOCKSTEP_TRY(const NodesOfPage page, nodes_of_page(call));
  if (page.names.empty()) return json_answer(documents::values_json({}, &page.next));
  LOCKSTEP_TRY(const auto rows,
               control::list_values(call.store, *call.view().inventory, page.names,
                                    call.text("instance"), control::MissingValues::all));
  return json_answer(documents::values_json(rows, &page.next));
}

Result<HttpResponse> keys(ApiCall& call) {
  LOCKSTEP_TRY(const NodesOfPage page, nodes_of_page(call));
  if (page.names.empty()) return json_answer(documents::keys_json({}, &page.next));
  LOCKSTEP_TRY(const auto rows, control::list_keys(call.store, page.names));
  return json_answer(documents::keys_json(rows, &page.next));
}

Result<HttpResponse> accept_keys(ApiCall& call) {
  LOCKSTEP_TRY(const json::object body, call.body({"nodes", "next", "read"}));
  LOCKSTEP_TRY(const std::string nodeset, text_of(body, "nodes"));
  LOCKSTEP_TRY(const bool next, flag_of(body, "next"));
  LOCKSTEP_TRY(const std::vector<std::string> read, texts_of(body, "read"));
  LOCKSTEP_TRY(const auto names, call.nodes(nodeset));
  if (nodeset.empty() || !names || names->empty()) {
    return fail(ErrorKind::invalid, "\"nodes\" is to say whose keys are accepted");
  }
  LOCKSTEP_TRY(const control::AcceptReport report,
               control::accept_keys(call.store, *names,
                                    next ? control::AcceptWhat::next : control::AcceptWhat::seen,
                                    call.act(), {read.begin(), read.end()}));
  return json_answer(documents::accept_json(report));
}

constexpr Parameter kSnapshotQuery[] = {
    {"nodes", "string", "these alone: a nodeset, @CLASS among it"},
    {"class", "string", "of this class"},
    {"group", "string", "of this rack or switch"},
    {"after", "integer",
     "only what has changed since the snapshot of this version, if it can be told"},
    {"epoch", "string", "that of the snapshot that one has, in decimal digits"},
};
constexpr Parameter kListQuery[] = {
    {"nodes", "string", "these alone: a nodeset, @CLASS among it"},
    {"class", "string", "of this class"},
    {"group", "string", "of this rack or switch"},
    {"limit", "integer", "rows of a page, up to 1,000; 100 where nothing is said"},
    {"cursor", "string", "what the page before gave as next"},
};
constexpr Parameter kValuesQuery[] = {
    {"nodes", "string", "of these alone: a nodeset, @CLASS among it"},
    {"instance", "string", "of this plug-in instance"},
    {"limit", "integer", "nodes of a page, up to 1,000; 100 where nothing is said"},
    {"cursor", "string", "what the page before gave as next"},
};
constexpr Parameter kKeysQuery[] = {
    {"nodes", "string",
     "of these alone: a nodeset, @CLASS among it; without it of all that the inventory has"},
    {"limit", "integer", "nodes of a page, up to 1,000; 100 where nothing is said"},
    {"cursor", "string", "what the page before gave as next"},
};

constexpr Route kRoutes[] = {
    {"GET", "/nodes", Role::viewer, false, false, "Nodes at a glance, by name", kListQuery, nullptr,
     "Nodes", list},
    {"GET",
     "/nodes/{name}",
     Role::viewer,
     false,
     false,
     "All that is known of one node, expected beside seen",
     {},
     nullptr,
     "NodePage",
     one},
    {"GET", "/snapshot", Role::viewer, false, false,
     "All nodes at a glance, or what has changed of them, as bytes (docs/api.md)", kSnapshotQuery,
     nullptr, nullptr, snapshot},
    {"GET", "/values", Role::viewer, false, false, "What plug-ins measured", kValuesQuery, nullptr,
     "Values", values},
    {"GET", "/keys", Role::viewer, false, false, "What nodes prove themselves by", kKeysQuery,
     nullptr, "Keys", keys},
    {"POST",
     "/keys/accept",
     Role::admin,
     false,
     false,
     "Takes the keys that nodes show, or the next ones that they show, for theirs",
     {},
     "KeyAcceptance",
     "AcceptedKeys",
     accept_keys},
};

}  // namespace

std::span<const Route> node_routes() {
  return kRoutes;
}

}  // namespace lockstep::serve
