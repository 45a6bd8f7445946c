// A view of the cluster as requests are answered from it.

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "control/cluster_view.h"
#include "serve/api/node_dictionary.h"

namespace lockstep::serve {

/// Bytes that many ask for, with what HTTP wants to know of them.
struct PackedBytes {
  std::string bytes{};
  std::string gzip{};  ///< the same, compressed
  std::string tag{};   ///< what tells them from others
};

struct LiveView {
  std::shared_ptr<const control::ClusterView> view{};
  /// The greatest event that listeners cannot get any more.
  std::int64_t forgotten = 0;
  std::int64_t version = 1;  ///< counts up with each view of this daemon
  std::uint64_t epoch = 0;   ///< as long as it is the same, indices mean the same nodes
  std::shared_ptr<const NodeDictionary> dictionary{};
  std::shared_ptr<const Schedules> schedules{};  ///< never null
  std::vector<std::int64_t> changed{};           ///< the version in which each node changed last

  /// All nodes at a glance (snapshot.h), written by whoever asks first.
  const PackedBytes& glances() const;

 private:
  mutable std::once_flag once_{};
  mutable PackedBytes glances_{};
};

/// A view made after `before` (null: the first). Nodes are compared with those of `before` where it
/// has the same list of them; else its epoch begins.
std::shared_ptr<const LiveView> next_view(const std::shared_ptr<const LiveView>& before,
                                          std::shared_ptr<const control::ClusterView> view,
                                          std::shared_ptr<const Schedules> schedules,
                                          std::int64_t forgotten);

}  // namespace lockstep::serve
