// A view out of the one before, and of what events say has changed.

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "control/cluster_view.h"
#include "control/node_places.h"
#include "model/nodeset.h"

namespace lockstep::control {
namespace {

/// More events, or more nodes of an event, and reading everything costs no more.
constexpr std::size_t kMostEvents = 5000;
constexpr std::size_t kMostNodes = 10'000;

/// What is to be read anew.
class Changes {
 public:
  /// False: it is not known what has changed, or it is too much.
  bool note(const Event& event) {
    switch (event.kind) {
      case EventKind::alert_raised:
      case EventKind::alert_resolved:
      case EventKind::alert_changed: return note_alert(event);
      case EventKind::sweep_ended: has_run_ = true; return note_sweep(event);
      case EventKind::run_ended: has_run_ = true; return true;
      case EventKind::instance_changed:
      case EventKind::profile_approved:
      case EventKind::profile_waiting:
      case EventKind::profile_not_learned:
      case EventKind::maintenance_changed: return true;
    }
    return false;
  }

  /// A sweep or a run has ended.
  bool has_run() const { return has_run_; }
  std::vector<std::string> swept() const { return {swept_.begin(), swept_.end()}; }

  std::vector<AlertChoice> choices() const {
    std::vector<AlertChoice> result;
    for (const auto& [id, nodes] : alerts_) result.push_back({id, {nodes.begin(), nodes.end()}});
    return result;
  }

  /// The record was read anew, or has gone.
  bool concerns(const AlertRecord& record) const {
    if (swept_.contains(record.node)) return true;
    const auto place = alerts_.find(record.id);
    return place != alerts_.end() && place->second.contains(record.node);
  }

 private:
  bool note_alert(const Event& event) {
    const auto id = parse_alert_name(event.subject);
    const auto nodes = parse_nodeset(event.nodes);
    if (!id || !nodes) return false;
    std::set<std::string>& of_id = alerts_[*id];
    of_id.insert("");  // an event tells of none
    of_id.insert(nodes->sorted().begin(), nodes->sorted().end());
    return count(nodes->size());
  }

  bool note_sweep(const Event& event) {
    const auto nodes = parse_nodeset(event.nodes);
    if (!nodes || nodes->empty()) return false;
    swept_.insert(nodes->sorted().begin(), nodes->sorted().end());
    return count(nodes->size());
  }

  bool count(std::size_t nodes) {
    count_ += nodes;
    return count_ <= kMostNodes;
  }

  std::map<std::int64_t, std::set<std::string>> alerts_;
  std::set<std::string> swept_;
  bool has_run_ = false;
  std::size_t count_ = 0;
};

/// Nothing: it is not known.
Result<std::optional<Changes>> changes_since(Store& store, std::int64_t event,
                                             std::int64_t& latest) {
  LOCKSTEP_TRY(const std::vector<Event> events, store.events(event, kMostEvents));
  LOCKSTEP_TRY(latest, store.latest_event());
  Changes changes;
  // Some have been pruned, or the store is another one; or there are more than one wants to read.
  const bool has_gap =
      events.empty() ? latest != event : events.back().id - event != std::ssize(events);
  if (has_gap || events.size() >= kMostEvents) return std::optional<Changes>();
  for (const Event& each : events) {
    if (!changes.note(each)) return std::optional<Changes>();
  }
  if (!events.empty()) latest = events.back().id;
  return std::optional(std::move(changes));
}

bool stands_before_by_key(const AlertRecord& a, const AlertRecord& b) {
  return std::tie(a.id, a.node) < std::tie(b.id, b.node);
}

/// Those that `changes` is about, as they are now; ascending, each once.
Result<std::vector<AlertRecord>> read_changed(Store& store, const Changes& changes) {
  LOCKSTEP_TRY(std::vector<AlertRecord> records, store.alerts_of(changes.choices()));
  LOCKSTEP_TRY(std::vector<AlertRecord> swept, store.alerts_on(changes.swept()));
  // Read in two transactions: of two of one key the later one counts.
  std::vector<AlertRecord> result;
  std::ranges::set_union(swept, records, std::back_inserter(result), stands_before_by_key);
  return result;
}

using Ids = std::unordered_set<std::int64_t>;

/// The records of a view, and the ids of which rows are to be folded anew.
struct Book {
  std::vector<AlertRecord> records{};
  Ids touched{};
};

Book renewed_book(const ClusterView& before, const std::vector<AlertRecord>& changed,
                  const Changes& changes, WallTime now) {
  Book book;
  book.records.reserve(before.alerts.size() + changed.size());
  auto next = changed.begin();
  for (const AlertRecord& record : before.alerts) {
    for (; next != changed.end() && stands_before_by_key(*next, record); ++next) {
      book.touched.insert(next->id);
      book.records.push_back(*next);
    }
    const bool is_there =
        next != changed.end() && next->id == record.id && next->node == record.node;
    const bool has_changed = is_there ? *next != record : changes.concerns(record);
    // A mute may run out without an event.
    if (has_changed || record.status_at(before.made) != record.status_at(now)) {
      book.touched.insert(record.id);
    }
    if (is_there) {
      book.records.push_back(*next++);
    } else if (!has_changed) {
      book.records.push_back(record);
    }
  }
  for (; next != changed.end(); ++next) {
    book.touched.insert(next->id);
    book.records.push_back(*next);
  }
  return book;
}

using Rows = std::vector<std::shared_ptr<const ViewRow>>;

/// Of the ids that were touched; in the order of a listing.
Rows fold_touched(const Book& book, WallTime now) {
  Rows rows;
  std::vector<std::int64_t> ids(book.touched.begin(), book.touched.end());
  std::ranges::sort(ids);
  auto from = book.records.begin();
  for (const std::int64_t id : ids) {
    from = std::ranges::lower_bound(from, book.records.end(), id, {}, &AlertRecord::id);
    const auto to = std::ranges::upper_bound(from, book.records.end(), id, {}, &AlertRecord::id);
    for (AlertRow& row : fold_alerts(std::span(from, to), {}, now)) {
      rows.push_back(std::make_shared<const ViewRow>(std::move(row)));
    }
    from = to;
  }
  std::ranges::sort(
      rows, [](const auto& a, const auto& b) { return row_comes_first(a->row(), b->row()); });
  return rows;
}

Rows renewed_rows(const Rows& before, const Book& book, WallTime now) {
  Rows kept;
  kept.reserve(before.size());
  std::ranges::copy_if(before, std::back_inserter(kept), [&](const auto& row) {
    return !book.touched.contains(row->row().first.id);
  });
  const Rows folded = fold_touched(book, now);
  Rows rows;
  rows.reserve(kept.size() + folded.size());
  std::ranges::merge(kept, folded, std::back_inserter(rows), [](const auto& a, const auto& b) {
    return row_comes_first(a->row(), b->row());
  });
  return rows;
}

/// What is known of looks stays, but for nodes that were swept.
Result<void> renew_nodes(Store& store, const Changes& changes, ClusterView& view) {
  const std::vector<std::string> swept = changes.swept();
  LOCKSTEP_TRY(const Looks looks, store.looks_of(swept));
  const NodePlaces places(view.nodes);
  for (const std::string& name : swept) {
    NodeGlance* const glance = places.find(name);
    if (glance == nullptr) continue;
    glance->sight = NodeSight::never;
    glance->looked.reset();
  }
  add_looks(looks, places);
  for (NodeGlance& glance : view.nodes) {
    glance.worst.reset();
    glance.muted.reset();
    glance.alerts = 0;
    glance.kinds = 0;
  }
  add_alerts(view.alerts, places, view.made);
  return {};
}

Result<void> renew_listing(Store& store, const Changes& changes, ClusterView& view) {
  AlertListing& listing = view.listing;
  listing.now = view.made;
  if (changes.has_run()) {
    LOCKSTEP_TRY(const Grounds work, read_work(store));
    describe_work(work, listing);
  }
  count_nodes(view);
  return {};
}

}  // namespace

Result<std::shared_ptr<const ClusterView>> renew_view(Store& store, const ClusterView& before,
                                                      WallTime now) {
  auto view = std::make_shared<ClusterView>();
  LOCKSTEP_TRY(const std::optional<Changes> changes,
               changes_since(store, before.event, view->event));
  if (!changes) return nullptr;
  view->made = now;
  view->inventory = before.inventory;
  LOCKSTEP_TRY(const std::vector<AlertRecord> changed, read_changed(store, *changes));
  Book book = renewed_book(before, changed, *changes, now);
  view->rows = renewed_rows(before.rows, book, now);
  view->alerts = std::move(book.records);
  view->nodes = before.nodes;
  view->listing = before.listing;
  LOCKSTEP_CHECK(renew_nodes(store, *changes, *view));
  LOCKSTEP_CHECK(renew_listing(store, *changes, *view));
  return view;
}

}  // namespace lockstep::control
