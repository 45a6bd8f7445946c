#include "control/past.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "model/nodeset.h"

namespace lockstep::control {
namespace {

constexpr std::size_t kMostChanges = 10'000;
constexpr std::size_t kMostAlerts = 1'000;
constexpr std::size_t kMostLooks = 200;
constexpr std::size_t kMostPoints = 100'000;

// An instance that rotates makes some ten thousand small sweeps a day, of which a node has a few.
constexpr std::size_t kSweepsAtOnce = 1'000;
constexpr std::size_t kMostSweeps = 20'000;
constexpr std::size_t kMostUnfolded = 1'000'000;  ///< names, in all

std::vector<PortPast> by_port(std::vector<PortChange> changes) {
  std::map<std::tuple<std::string, Protocol, Port>, PortPast> ports;
  for (PortChange& change : changes) {
    const std::tuple key(change.network, change.protocol, change.port);
    PortPast& port = ports[key];
    std::tie(port.network, port.protocol, port.port) = key;
    port.changes.push_back(std::move(change));
  }
  std::vector<PortPast> result;
  for (auto& [key, port] : ports) result.push_back(std::move(port));
  return result;
}

bool was_there(const AlertRecord& record, const Period& period) {
  if (record.status == AlertStatus::pending || record.first_seen > period.to) return false;
  return record.status != AlertStatus::resolved || record.changed >= period.from;
}

/// Whether nodesets have a node: the same few come again and again.
class Members {
 public:
  explicit Members(std::string node) : node_(std::move(node)) {}

  bool has(const std::string& nodeset) {
    const auto known = known_.find(nodeset);
    if (known != known_.end()) return known->second;
    NodesetOptions options;
    options.max_nodes = kMostUnfolded;
    const Result<Nodeset> nodes = parse_nodeset(nodeset, options);
    unfolded_ += nodes ? nodes->size() : 0;
    return known_[nodeset] = nodes && nodes->contains(node_);
  }

  bool had_enough() const { return unfolded_ > kMostUnfolded; }

 private:
  std::string node_;
  std::map<std::string, bool> known_;
  std::size_t unfolded_ = 0;
};

Result<std::vector<SweepInfo>> looks_at(Store& store, const std::string& node,
                                        const Period& period) {
  std::vector<SweepInfo> looks;
  Members members(node);
  std::int64_t below = kAnyId;
  for (std::size_t read = 0; read < kMostSweeps; read += kSweepsAtOnce) {
    LOCKSTEP_TRY(std::vector<SweepInfo> sweeps,
                 store.finished_sweeps(period, below, kSweepsAtOnce));
    for (SweepInfo& sweep : sweeps) {
      below = sweep.id;
      if (members.had_enough()) return looks;
      if (members.has(sweep.nodes)) looks.push_back(std::move(sweep));
      if (looks.size() == kMostLooks) return looks;
    }
    if (sweeps.size() < kSweepsAtOnce) break;
  }
  return looks;
}

}  // namespace

Result<bool> goes_back_to(Store& store, WallTime from, std::chrono::days kept, WallTime now) {
  LOCKSTEP_TRY(const std::optional<WallTime> begins, store.past_begins());
  return from >= now - kept && (!begins || from >= *begins);
}

Result<NodePast> past_of_node(Store& store, const std::string& node,
                              const std::vector<AlertRecord>& book, const Period& period,
                              WallTime now) {
  NodePast past;
  past.node = node;
  past.period = period;
  LOCKSTEP_TRY(past.complete, goes_back_to(store, period.from, Retention{}.changes, now));
  LOCKSTEP_TRY(std::vector<PortChange> changes, store.port_changes(node, period, kMostChanges + 1));
  if (changes.size() > kMostChanges) {
    changes.erase(changes.begin());
    past.complete = false;
  }
  past.ports = by_port(std::move(changes));
  for (const AlertRecord& record : book) {
    if (record.node != node || !was_there(record, period)) continue;
    past.alerts.push_back(record);
  }
  if (past.alerts.size() > kMostAlerts) {
    past.alerts.erase(past.alerts.begin(), past.alerts.end() - kMostAlerts);
    past.complete = false;
  }
  LOCKSTEP_TRY(past.looks, looks_at(store, node, period));
  return past;
}

Result<NodeSeries> series_of_node(Store& store, PointQuery query, WallTime now) {
  query.limit = kMostPoints + 1;
  NodeSeries result;
  result.node = query.node;
  LOCKSTEP_TRY(result.complete, goes_back_to(store, query.period.from, Retention{}.points, now));
  LOCKSTEP_TRY(std::vector<ValuePoint> points, store.value_points(query));
  if (points.size() > kMostPoints) result.complete = false;
  for (ValuePoint& point : points) {
    const bool same = !result.series.empty() && result.series.back().instance == point.instance &&
                      result.series.back().name == point.name;
    if (!same) result.series.push_back({point.instance, point.name, "", {}});
    result.series.back().points.push_back(std::move(point));
  }
  LOCKSTEP_TRY(const std::vector<ValueFact> latest, store.values(query.instance, query.node));
  std::map<std::pair<std::string, std::string>, std::string> units;
  for (const ValueFact& fact : latest) units[{fact.seen.instance, fact.seen.name}] = fact.seen.unit;
  for (ValueSeries& series : result.series) series.unit = units[{series.instance, series.name}];
  return result;
}

}  // namespace lockstep::control
