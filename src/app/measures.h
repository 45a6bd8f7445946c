// The instances that measure: each has a thread of its own, since each may hang on its own.

#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/compose.h"
#include "daemon/board.h"
#include "daemon/troubles.h"
#include "model/instance.h"
#include "plugin_host/keeper.h"
#include "store/spool/outage.h"

namespace lockstep {

/// What they work with; all of it outlives them, and is for several threads.
struct MeasureWorld {
  std::function<std::pair<std::shared_ptr<const Setup>, std::shared_ptr<const Inventory>>()> now;
  const std::atomic<bool>& stop;
  Board& board;
  Troubles& troubles;
  plugin_host::Keeper& keeper;
  Outage& outage;
  std::function<bool()> has_scheduler;
  /// What the scheduler says of nodes; nothing where there is none.
  std::function<std::vector<NodeSchedule>(const std::vector<std::string>&)> schedules;
  /// Blocks until it was asked once more, or `stop`; false: it says nothing.
  std::function<bool(const std::atomic<bool>& stop)> wait_for_schedules;
};

/// Not for several threads at once.
class Measures {
 public:
  explicit Measures(MeasureWorld world);
  ~Measures();

  /// Makes threads for what is new, and ends those of what is gone or changed.
  void take_up(const std::vector<Instance>& instances);
  /// A round now.
  void run_now(const std::string& instance);

 private:
  class Loop;

  MeasureWorld world_;
  std::map<std::string, std::unique_ptr<Loop>> loops_;
};

}  // namespace lockstep
