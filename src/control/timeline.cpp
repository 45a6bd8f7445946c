// What the wall shows at any moment of a period.

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "control/past.h"
#include "model/nodeset.h"

namespace lockstep::control {
namespace {

constexpr std::size_t kMostRows = 200'000;  ///< of one alert on one node each
constexpr std::size_t kMostSpans = 20'000;  ///< of folded ones
constexpr std::size_t kMostLooks = 5'000;   ///< in the period
constexpr std::size_t kMostLooksBefore = 2'000;
constexpr std::size_t kMostNodesetBytes = 4 << 20;  ///< of spans, and of looks
constexpr std::size_t kMostUnfolded = 1'000'000;    ///< names, for who sees a part

/// Records of the book by id and node.
class Book {
 public:
  explicit Book(const std::vector<AlertRecord>& records) : records_(records) {}

  /// Any of that id; null: it is gone.
  const AlertRecord* of(std::int64_t id) const {
    const auto place = std::ranges::lower_bound(records_, id, {}, &AlertRecord::id);
    return place != records_.end() && place->id == id ? &*place : nullptr;
  }

  const AlertRecord* of(std::int64_t id, const std::string& node) const {
    const auto key = [](const AlertRecord& record) { return std::tie(record.id, record.node); };
    const auto place = std::ranges::lower_bound(records_, std::tie(id, node), {}, key);
    return place != records_.end() && key(*place) == std::tie(id, node) ? &*place : nullptr;
  }

 private:
  const std::vector<AlertRecord>& records_;
};

/// Spans with equal times of one alert.
class Folder {
 public:
  void add(const AlertSpan& span) {
    groups_[{span.id, span.began, span.ended, span.severity, span.muted}].push_back(span.node);
  }

  std::vector<TimelineSpan> take(const Book& book) const {
    std::vector<TimelineSpan> spans;
    for (const auto& [key, nodes] : groups_) {
      const auto& [id, began, ended, severity, muted] = key;
      std::vector<std::string> names = nodes;
      std::erase(names, "");
      spans.push_back(
          {id, book.of(id)->subject, severity, fold_nodeset(names), began, ended, muted});
    }
    return spans;
  }

 private:
  using Key = std::tuple<std::int64_t, WallTime, std::optional<WallTime>, Severity,
                         std::optional<WallTime>>;
  std::map<Key, std::vector<std::string>> groups_;
};

/// An acknowledgement or silence that has run out by now, though nobody has looked since.
std::optional<WallTime> ran_out(const AlertSpan& span, const Book& book, WallTime now) {
  if (span.ended || !span.muted) return std::nullopt;
  const AlertRecord* const record = book.of(span.id, span.node);
  const bool is_over = record != nullptr && record->until &&
                       record->status_at(now) != record->status && *record->until > span.began;
  return is_over ? record->until : std::nullopt;
}

void add_span(AlertSpan span, const Book& book, WallTime now, Folder& folder) {
  const std::optional<WallTime> unmuted = ran_out(span, book, now);
  if (unmuted) {
    AlertSpan muted = span;
    muted.ended = unmuted;
    folder.add(muted);
    span.began = *unmuted;
    span.muted.reset();
  }
  folder.add(span);
}

bool sees(const Viewer& viewer, const AlertSpan& span, const AlertSubject& subject) {
  if (!viewer.nodes) return true;
  return span.node.empty() ? viewer.sees_class(subject.node_class)
                           : viewer.nodes->contains(span.node);
}

/// Those that stand first, then those that began last, as many as are allowed; false where some
/// are left out.
bool keep_some(std::vector<TimelineSpan>& spans) {
  std::ranges::sort(spans, [](const TimelineSpan& a, const TimelineSpan& b) {
    return std::tuple(a.to.has_value(), b.from, a.id) < std::tuple(b.to.has_value(), a.from, b.id);
  });
  std::size_t bytes = 0;
  std::size_t kept = 0;
  while (kept < std::min(spans.size(), kMostSpans) && bytes < kMostNodesetBytes) {
    bytes += spans[kept].nodes.size();
    ++kept;
  }
  const bool all = kept == spans.size();
  spans.resize(kept);
  std::ranges::sort(spans, {}, [](const TimelineSpan& span) {
    return std::tuple(span.id, span.from, std::string_view(span.nodes));
  });
  return all;
}

/// Nodesets of sweeps as the viewer may see them.
class Sight {
 public:
  explicit Sight(const Viewer& viewer) : viewer_(viewer) {}

  /// Empty: none of them.
  std::string own(const std::string& nodeset) {
    if (!viewer_.nodes) return nodeset;
    const auto known = known_.find(nodeset);
    if (known != known_.end()) return known->second;
    NodesetOptions options;
    options.max_nodes = kMostUnfolded;
    const Result<Nodeset> nodes = parse_nodeset(nodeset, options);
    if (!nodes) return {};
    unfolded_ += nodes->size();
    std::vector<std::string> names;
    std::ranges::copy_if(nodes->sorted(), std::back_inserter(names),
                         [&](const std::string& name) { return viewer_.nodes->contains(name); });
    return known_[nodeset] = fold_nodeset(names);
  }

  bool had_enough() const { return unfolded_ > kMostUnfolded; }

 private:
  const Viewer& viewer_;
  std::map<std::string, std::string> known_;
  std::size_t unfolded_ = 0;
};

/// Looks, the newest first, as long as there is room.
class LookList {
 public:
  explicit LookList(const Viewer& viewer) : sight_(viewer) {}

  /// False where there is no room.
  bool add(const SweepInfo& sweep) {
    if (bytes_ > kMostNodesetBytes || sight_.had_enough()) return false;
    std::string nodes = sight_.own(sweep.nodes);
    if (nodes.empty()) return true;
    bytes_ += nodes.size();
    looks_.push_back({sweep.ended, std::move(nodes)});
    return true;
  }

  std::vector<TimelineLook> take() {
    std::ranges::sort(looks_, {}, [](const TimelineLook& look) {
      return std::tuple(look.at, std::string_view(look.nodes));
    });
    return std::move(looks_);
  }

 private:
  Sight sight_;
  std::vector<TimelineLook> looks_;
  std::size_t bytes_ = 0;
};

Result<void> add_looks(Store& store, const Viewer& viewer, Timeline& timeline) {
  const Period& period = timeline.period;
  LOCKSTEP_TRY(auto sweeps, store.finished_sweeps(period, kAnyId, kMostLooks + 1));
  bool room = sweeps.size() <= kMostLooks;
  if (!room) sweeps.pop_back();
  LookList looks(viewer);
  for (const SweepInfo& sweep : sweeps) room = looks.add(sweep) && room;
  // What was known as the period began; where there are more, the oldest of them say least.
  const Period before = {WallTime(), period.from - std::chrono::seconds(1)};
  LOCKSTEP_TRY(sweeps, store.finished_sweeps(before, kAnyId, kMostLooksBefore));
  std::set<std::string> nodesets;
  for (const SweepInfo& sweep : sweeps) {
    if (nodesets.insert(sweep.nodes).second) room = looks.add(sweep) && room;
  }
  timeline.looks = looks.take();
  timeline.complete = timeline.complete && room;
  return {};
}

/// Sweeps that were steps of instances are not kept for as long as all else.
Result<bool> has_steps_of(Store& store, WallTime from, WallTime now) {
  if (from >= now - Retention{}.steps) return true;
  LOCKSTEP_TRY(const auto runs, store.runs(1));
  return runs.empty();
}

}  // namespace

Result<Timeline> make_timeline(Store& store, const std::vector<AlertRecord>& book,
                               const Viewer& viewer, const Period& period, WallTime now) {
  Timeline timeline;
  timeline.period = period;
  LOCKSTEP_TRY(const bool noted, goes_back_to(store, period.from, Retention{}.changes, now));
  LOCKSTEP_TRY(const bool stepped, has_steps_of(store, period.from, now));
  LOCKSTEP_TRY(const std::vector<AlertSpan> rows, store.alert_spans(period, kMostRows + 1));
  const Book records(book);
  Folder folder;
  for (const AlertSpan& row : rows) {
    const AlertRecord* const any = records.of(row.id);
    if (any != nullptr && sees(viewer, row, any->subject)) add_span(row, records, now, folder);
  }
  timeline.spans = folder.take(records);
  const bool all = keep_some(timeline.spans);
  timeline.complete = noted && stepped && all && rows.size() <= kMostRows;
  LOCKSTEP_CHECK(add_looks(store, viewer, timeline));
  return timeline;
}

}  // namespace lockstep::control
