// /alerts

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <span>

#include "base/text.h"
#include "documents/json_parts.h"
#include "serve/api/page.h"
#include "serve/api/routes.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;

/// Alerts that one request deals with: they are changed in one transaction.
constexpr std::size_t kMostActedOn = 1000;

/// Which rows are asked for, beside their nodes.
struct RowFilter {
  std::string node_class;
  std::optional<FindingKind> kind;
  std::optional<Severity> least;
  std::optional<AlertStatus> status;

  bool takes(const AlertRow& row) const {
    const AlertSubject& subject = row.first.subject;
    return (node_class.empty() || subject.node_class == node_class) &&
           (!kind || subject.kind == *kind) && (!least || row.first.severity >= *least) &&
           (!status || row.status == *status);
  }
};

template <typename T>
Result<std::optional<T>> word(const ApiCall& call, std::string_view name,
                              std::optional<T> (*parse)(std::string_view)) {
  const std::string text = call.text(name);
  if (text.empty()) return std::optional<T>();
  const std::optional<T> value = parse(text);
  if (value) return value;
  return fail(ErrorKind::invalid, fmt::format("{}: {} is none", name, quoted(text)));
}

Result<RowFilter> filter_of(const ApiCall& call) {
  RowFilter filter;
  filter.node_class = call.text("class");
  LOCKSTEP_TRY(filter.kind, word<FindingKind>(call, "kind", parse_finding_kind));
  LOCKSTEP_TRY(filter.least, word<Severity>(call, "severity", parse_severity));
  LOCKSTEP_TRY(filter.status, word<AlertStatus>(call, "status", parse_alert_status));
  return filter;
}

std::string text_of_row(const AlertRow& row) {
  return json::serialize(documents::json_alert(row));
}

/// A row of a listing. That of the view keeps its text.
struct Listed {
  const AlertRow* row = nullptr;
  const control::ViewRow* kept = nullptr;

  std::string text() const { return kept != nullptr ? kept->text(text_of_row) : text_of_row(*row); }
};

struct Rows {
  std::vector<Listed> rows{};
  std::vector<AlertRow> own{};  ///< which the view does not have
};

/// Alerts about a class have no node to tell by whether the caller sees them.
bool is_visible(const ApiCall& call, const AlertRow& row) {
  return !row.nodes.empty() || call.sees_class(row.first.subject.node_class);
}

/// Those of all nodes are there already; others are folded anew.
Result<Rows> rows_of(const ApiCall& call, const RowFilter& filter) {
  Rows result;
  LOCKSTEP_TRY(const bool all, call.flag("all"));
  LOCKSTEP_TRY(std::optional<std::set<std::string>> nodes, call.nodes(call.text("nodes")));
  const bool is_ready = !all && !nodes;
  if (!is_ready) {
    result.own =
        fold_alerts(call.view().alerts,
                    {.include_resolved = all, .include_pending = all, .nodes = std::move(nodes)},
                    call.world.now());
  }
  const auto add = [&](const Listed& listed) {
    if (filter.takes(*listed.row) && is_visible(call, *listed.row)) result.rows.push_back(listed);
  };
  if (is_ready) {
    for (const auto& each : call.view().rows) add({&each->row(), each.get()});
  } else {
    for (const AlertRow& each : result.own) add({&each, nullptr});
  }
  return result;
}

/// A place in the order of rows: the gravest first, then as folding has them. NUL parts the fields,
/// so that a text goes before those that it begins.
std::string place_of(const AlertRow& row) {
  std::string place = fmt::format("{}{:020}{}", 9 - static_cast<int>(row.first.severity),
                                  row.first.id, static_cast<int>(row.status));
  place += row.first.owner;
  place += '\0';
  if (row.first.until) place += documents::time_text(*row.first.until);
  return place;
}

/// Of the nodes that the caller sees.
std::size_t unproven_of(const ApiCall& call) {
  const control::ClusterView& view = call.view();
  if (call.sees_all()) return view.listing.unproven;
  return static_cast<std::size_t>(
      std::ranges::count_if(view.nodes, [&](const control::NodeGlance& glance) {
        return glance.watched && glance.sight != control::NodeSight::proven &&
               call.sees(*glance.node);
      }));
}

Result<HttpResponse> list(ApiCall& call) {
  LOCKSTEP_TRY(const RowFilter filter, filter_of(call));
  LOCKSTEP_TRY(const PageOrder order, page_order(call));
  LOCKSTEP_TRY(const Rows rows, rows_of(call, filter));
  const Page page =
      page_of(rows.rows.size(), order, [&](std::size_t i) { return place_of(*rows.rows[i].row); });
  std::string items;
  for (const std::size_t i : page.items) {
    items += items.empty() ? "" : ",";
    items += rows.rows[i].text();
  }
  const std::size_t unproven = unproven_of(call);
  const bool complete = call.view().listing.latest.has_value() && unproven == 0;
  return json_answer(fmt::format(
      R"({{"alerts":[{}],"total":{},"next":{},"complete":{},"unproven":{},"event":{}}})"
      "\n",
      items, rows.rows.size(), page.next_text(), complete, unproven, call.view().event));
}

Result<std::int64_t> id_of(std::string_view text) {
  const auto id = parse_alert_name(text);
  if (id) return *id;
  return fail(ErrorKind::invalid, fmt::format("{} is no alert: write A-17", quoted(text)));
}

Result<HttpResponse> one(ApiCall& call) {
  LOCKSTEP_TRY(const std::int64_t id, id_of(call.path["id"]));
  const auto [first, last] = std::ranges::equal_range(call.view().alerts, id, {}, &AlertRecord::id);
  auto rows =
      fold_alerts(std::span(first, last),
                  {.include_resolved = true, .include_pending = true, .nodes = call.own_nodes()},
                  call.world.now());
  std::erase_if(rows, [&](const AlertRow& row) { return !is_visible(call, row); });
  if (rows.empty()) {
    return fail(ErrorKind::not_found, fmt::format("there is no alert {}", alert_name(id)));
  }
  return json_answer(documents::json_document(
      {{"id", alert_name(id)}, {"rows", documents::json_array(rows, documents::json_alert)}}));
}

Result<HttpResponse> act(ApiCall& call, AlertAction::Kind kind) {
  LOCKSTEP_TRY(const json::object body, call.body({"alerts", "nodes", "note", "for"}));
  AlertAction action;
  action.kind = kind;
  action.person = call.identity->user;
  LOCKSTEP_TRY(const std::vector<std::string> names, texts_of(body, "alerts"));
  if (names.empty())
    return fail(ErrorKind::invalid, "\"alerts\" is to name one at least: [\"A-17\"]");
  if (names.size() > kMostActedOn)
    return fail(ErrorKind::invalid, "\"alerts\" names more than 1,000");
  std::set<std::int64_t> ids;
  for (const std::string& name : names) {
    LOCKSTEP_TRY(const std::int64_t id, id_of(name));
    ids.insert(id);
  }
  action.ids.assign(ids.begin(), ids.end());
  LOCKSTEP_TRY(const std::string nodeset, text_of(body, "nodes"));
  LOCKSTEP_TRY(action.nodes, call.nodes(nodeset));
  LOCKSTEP_TRY(action.note, text_of(body, "note"));
  LOCKSTEP_TRY(const auto duration, duration_of(body, "for"));
  if (duration) action.duration = *duration;
  LOCKSTEP_TRY(const control::AlertListing listing,
               control::act(call.store, call.world.watched(), action, call.world.now()));
  const auto own = call.own_nodes();
  json::array rows;
  for (AlertRow row : listing.rows) {
    if (own)
      std::erase_if(row.nodes, [&](const std::string& name) { return !own->contains(name); });
    if (is_visible(call, row)) rows.push_back(documents::json_alert(row));
  }
  return json_answer(documents::json_document({{"alerts", std::move(rows)}}));
}

Result<HttpResponse> acknowledge(ApiCall& call) {
  return act(call, AlertAction::Kind::acknowledge);
}
Result<HttpResponse> silence(ApiCall& call) {
  return act(call, AlertAction::Kind::silence);
}
Result<HttpResponse> resolve(ApiCall& call) {
  return act(call, AlertAction::Kind::resolve);
}

constexpr Parameter kListQuery[] = {
    {"nodes", "string", "of these nodes alone: a nodeset, @CLASS among it"},
    {"class", "string", "of this class"},
    {"kind", "string", "unexpected-port and so on"},
    {"severity", "string", "so grave or graver: informational, low, medium, high, critical"},
    {"status", "string", "open, reopened, acknowledged, silenced; with all: pending, resolved"},
    {"all", "boolean", "with those that are pending or resolved"},
    {"limit", "integer", "rows of a page, up to 1,000; 100 where nothing is said"},
    {"cursor", "string", "what the page before gave as next"},
};

constexpr Route kRoutes[] = {
    {"GET", "/alerts", Role::viewer, false, false, "What is wrong, by cause, the gravest first",
     kListQuery, nullptr, "Alerts", list},
    {"GET",
     "/alerts/{id}",
     Role::viewer,
     false,
     false,
     "One cause, in each state of dealing with it",
     {},
     nullptr,
     "Alert",
     one},
    {"POST",
     "/alerts/acknowledge",
     Role::operating,
     false,
     false,
     "Somebody is on it, for a time",
     {},
     "AlertAction",
     "ActedAlerts",
     acknowledge},
    {"POST",
     "/alerts/silence",
     Role::operating,
     false,
     false,
     "Nobody wants to hear of it, for a time",
     {},
     "AlertAction",
     "ActedAlerts",
     silence},
    {"POST",
     "/alerts/resolve",
     Role::operating,
     false,
     false,
     "It is over, for the reason noted",
     {},
     "AlertAction",
     "ActedAlerts",
     resolve},
};

}  // namespace

std::span<const Route> alert_routes() {
  return kRoutes;
}

}  // namespace lockstep::serve
