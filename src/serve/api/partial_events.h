// Events as those hear of them who see some classes alone.

#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "control/cluster_view.h"
#include "model/event.h"

namespace lockstep::serve {

/// The event of which somebody may know who sees these classes, with its nodes cut to his; none: it
/// is about others, or about what he does not see. An alert without a node is its class's, which is
/// looked up in `view`.
std::optional<Event> part_of(const Event& event, const std::set<std::string>& classes,
                             const control::ClusterView& view);

/// The same as texts. Listeners hear of an event at the same time: for those who see the same
/// classes it is written once. For several threads at once.
class PartialEvents {
 public:
  /// Empty: he may not know of it.
  std::string text_of(const Event& event, const std::set<std::string>& classes,
                      const control::ClusterView& view);

 private:
  /// Users are few, and so are their sets of classes.
  static constexpr std::size_t kMostKept = 256;
  /// Of events that came at once each listener is told in turn, one after the other.
  static constexpr std::size_t kMostTexts = 64;

  std::mutex mutex_;
  std::map<std::set<std::string>, std::map<std::int64_t, std::string>> texts_;
};

/// As it goes over the wire.
std::string event_text(const Event& event);

}  // namespace lockstep::serve
