// What was: of one node, and of all that the wall shows.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/alert.h"
#include "model/past.h"
#include "model/sweep_info.h"
#include "store/store.h"

namespace lockstep::control {

// --- One node ---

struct PortPast {
  std::string network;
  Protocol protocol = Protocol::tcp;
  Port port = 0;
  std::vector<PortChange> changes;  ///< at all addresses of the network, in the order of time
};

struct NodePast {
  std::string node;
  Period period;
  std::vector<PortPast> ports;      ///< ascending by network, protocol and port
  std::vector<AlertRecord> alerts;  ///< that were there in the period, ascending by id
  /// That were to examine it, the newest first, at most 200; steps of instances are kept for days.
  std::vector<SweepInfo> looks;
  bool complete = true;  ///< ports and alerts: everything is there since the period began
};

/// `book` are all alerts, ascending by id and node.
Result<NodePast> past_of_node(Store& store, const std::string& node,
                              const std::vector<AlertRecord>& book, const Period& period,
                              WallTime now);

struct ValueSeries {
  std::string instance;
  std::string name;
  std::string unit;  ///< as it is now; empty: it has none, or is not measured any more
  std::vector<ValuePoint> points;  ///< in the order of time
};

struct NodeSeries {
  std::string node;
  std::vector<ValueSeries> series;  ///< ascending by instance and name
  bool complete = true;
};

/// The query's limit is ours.
Result<NodeSeries> series_of_node(Store& store, PointQuery query, WallTime now);

// --- All nodes ---

/// Who looks.
struct Viewer {
  std::optional<std::set<std::string>> nodes{};  ///< that he may see; none: all
  std::function<bool(std::string_view node_class)> sees_class{};
};

/// A time in which an alert stood on nodes.
struct TimelineSpan {
  std::int64_t id = 0;
  AlertSubject subject;
  Severity severity = Severity::informational;
  std::string nodes;  ///< folded; empty where the subject is a class
  WallTime from{};
  std::optional<WallTime> to;     ///< none: it stands
  std::optional<WallTime> muted;  ///< as in AlertSpan
};

struct TimelineLook {
  WallTime at{};
  std::string nodes;  ///< folded
};

struct Timeline {
  Period period;
  std::vector<TimelineSpan> spans;  ///< ascending by id and time
  std::vector<TimelineLook> looks;  ///< in the order of time; of before, the latest of each nodeset
  bool complete = true;
};

/// `book` as in past_of_node(). Bounded, whatever there was.
Result<Timeline> make_timeline(Store& store, const std::vector<AlertRecord>& book,
                               const Viewer& viewer, const Period& period, WallTime now);

// --- For both ---

/// Whether what is kept for `kept` days, and was noted at all, goes back to `from`.
Result<bool> goes_back_to(Store& store, WallTime from, std::chrono::days kept, WallTime now);

}  // namespace lockstep::control
