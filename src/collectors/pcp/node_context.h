// One node's pmcd, asked through libpcp over a connection that is there already.

#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "collectors/pcp/pcp_messages.h"

namespace lockstep::pcp {

/// Reads what libpcp reads of files, and tries it over a connection to ourselves, so that it needs
/// no file any more. Before threads, and before rights are given up. Errors: libpcp does not work
/// here.
Result<void> warm_up();

/// A libpcp context, and what is known of its metrics. Any thread, one at a time.
class NodeContext {
 public:
  /// `number`: of the connection; no two contexts have the same. `settings` outlives it.
  NodeContext(UniqueFd connected, std::uint32_t number, const Settings& settings);
  ~NodeContext();
  NodeContext(const NodeContext&) = delete;
  NodeContext& operator=(const NodeContext&) = delete;

  /// Counters from the second time on. After an error, which says what the node did, it is of no
  /// more use. Takes no longer than `patience`.
  Result<std::vector<Measured>> measure(std::chrono::milliseconds patience);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace lockstep::pcp
