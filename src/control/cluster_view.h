// All that a page of the entire cluster needs, at one moment: made once when something has
// happened, and read by any number of requests.

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/alerts.h"
#include "base/result.h"
#include "control/alert_use_cases.h"
#include "model/node.h"
#include "store/store.h"

namespace lockstep::control {

/// How well a node was looked at.
enum class NodeSight : std::uint8_t {
  never,    ///< no sweep has asked it
  partial,  ///< the latest did not examine all that it wanted
  proven,   ///< the latest examined everything at each address
};

std::string_view to_string(NodeSight sight);  ///< "proven"

/// What alerts of a node are about: bits of NodeGlance::kinds.
enum class AlertTheme : std::uint8_t {
  ports = 1,     ///< open, missing or filtered where it should not be
  services = 2,  ///< a service or a key
  coverage = 4,  ///< unreachable, not examined, or overdue
  values = 8,    ///< measured
  jobs = 16,     ///< left by a job
  others = 32,
};
AlertTheme theme_of(FindingKind kind);

/// One node at a glance.
struct NodeGlance {
  const Node* node = nullptr;  ///< of ClusterView::inventory
  NodeSight sight = NodeSight::never;
  std::optional<WallTime> looked{};  ///< when the latest look at it ended
  bool watched = false;              ///< sweeps are to examine it
  std::optional<Severity> worst{};   ///< of its alerts that nobody deals with yet
  std::optional<Severity> muted{};   ///< of those that are acknowledged or silenced
  std::uint32_t alerts = 0;          ///< of both
  std::uint8_t kinds = 0;            ///< their themes

  friend bool operator==(const NodeGlance&, const NodeGlance&) = default;
};

/// A row of the listing. Views share those that did not change, and with them what was written of
/// them.
class ViewRow {
 public:
  explicit ViewRow(AlertRow row) : row_(std::move(row)) {}

  const AlertRow& row() const { return row_; }
  /// What `write` makes of it; by whoever asks first, for all who ask later.
  const std::string& text(std::string (*write)(const AlertRow&)) const;

 private:
  AlertRow row_;
  mutable std::once_flag once_;
  mutable std::string text_;
};

struct ClusterView {
  std::int64_t event = 0;  ///< the latest that is in it
  WallTime made{};
  std::shared_ptr<const Inventory> inventory{};
  std::vector<AlertRecord> alerts{};                   ///< all, ascending by id and node
  std::vector<std::shared_ptr<const ViewRow>> rows{};  ///< of those that are not over
  /// What is to be said of these rows; it has none of its own, and counts nodes that the inventory
  /// has.
  AlertListing listing{};
  std::vector<NodeGlance> nodes{};  ///< ascending by name
};

/// Reads everything. `watched` are the nodes that sweeps are to examine. The store is read in
/// several transactions: what happens meanwhile may be in the view or not, and has a greater event
/// than it either way.
Result<std::shared_ptr<const ClusterView>> make_view(Store& store,
                                                     std::shared_ptr<const Inventory> inventory,
                                                     const std::vector<std::string>& watched,
                                                     WallTime now);

/// The view as it is now, where `before` was made of the same store and inventory. Reads only what
/// events say has changed since. Null: that is not known, or too much; make_view() has to do it.
/// What changes without an event (the time when an alert was seen last, what is pruned) stays as it
/// was, so that everything has to be read now and then.
Result<std::shared_ptr<const ClusterView>> renew_view(Store& store, const ClusterView& before,
                                                      WallTime now);

}  // namespace lockstep::control
