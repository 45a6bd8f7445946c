// What the API needs of the daemon in which it runs.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/daemon_status.h"
#include "control/notification_view.h"
#include "inventory/scheduler.h"
#include "model/instance.h"
#include "model/maintenance.h"
#include "model/node.h"
#include "store/store.h"

namespace lockstep::serve {

/// A sweep that somebody orders by hand.
struct SweepOrder {
  std::string nodes;  ///< a nodeset
  std::string ports;  ///< as model/port_spec.h reads it; empty: the configuration's
  bool services = false;
};

/// What somebody wants a class to be learned from.
struct LearnOrder {
  std::string host_type;  ///< a class, or class@network
  std::string node;       ///< empty: what its nodes have in common
};

/// For several threads at once.
class ApiWorld {
 public:
  virtual ~ApiWorld() = default;

  virtual Result<std::unique_ptr<Store>> open_store() = 0;
  virtual WallTime now() = 0;  ///< whole seconds
  virtual std::shared_ptr<const Inventory> inventory() = 0;
  /// The nodes that sweeps are to examine, ascending.
  virtual std::vector<std::string> watched() = 0;
  virtual Result<control::DaemonStatus> status() = 0;
  /// What is asked now, by this daemon; none: nothing.
  virtual std::optional<control::Sweeping> sweeping() = 0;
  /// Its threads show signs of life.
  virtual bool is_alive() = 0;
  /// What the scheduler says of these nodes, one each; empty: there is none.
  virtual std::vector<NodeSchedule> schedules(const std::vector<std::string>& nodes) = 0;

  virtual Result<void> reload(const std::string& person) = 0;
  virtual Result<void> run_now(const std::string& instance) = 0;
  virtual std::vector<Instance> configured_instances() = 0;
  virtual void instances_changed() = 0;
  /// Whether the daemon can do what an instance says. Errors: `invalid`.
  virtual Result<void> check_instance(const Instance& instance) = 0;
  /// Begins it between two steps of instances, and does not wait for its end: what becomes of it is
  /// in status(), by the number that this returns. Classes need no profile. Errors: `invalid`;
  /// `unavailable` where all sending is stopped, or too many wait already.
  virtual Result<std::int64_t> order_sweep(const SweepOrder& order, const std::string& person) = 0;
  /// Likewise. What was learned waits for approval; that it failed is in the history of the
  /// profile. Errors: also `not_found`.
  virtual Result<void> order_learning(const LearnOrder& order, const std::string& person) = 0;

  /// Ascending by name.
  virtual std::vector<control::ChannelInfo> channels() = 0;
  /// Sends a message, and waits for what becomes of it as long as the channel does, half a minute
  /// at most. Errors: `not_found`; `unavailable` where one is under way.
  virtual Result<control::TestDelivery> test_channel(const std::string& name) = 0;
  /// What a message is about, in one line.
  virtual std::string title_of(const OutboxMessage& message) = 0;
  /// The windows of the configuration.
  virtual std::vector<MaintenanceWindow> configured_maintenance() = 0;
};

}  // namespace lockstep::serve
