// What commands that look at nodes, or at what is kept of them, have in common.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/compose.h"
#include "app/console.h"
#include "collectors/services/service_collector.h"
#include "control/profile_use_cases.h"
#include "control/use_cases.h"
#include "net/io/links.h"
#include "proc/stop_switch.h"

namespace lockstep {

/// Now, in whole seconds, as everything that is kept has it.
WallTime now_in_seconds();

/// Everything that one look at nodes needs, alive as long as it lasts.
class Session {
 public:
  /// `call` outlives it.
  Session(Config config, Inventory inventory, Invocation& call);

  const Inventory& inventory() const { return inventory_; }

  /// `all` is the whole inventory, of which this session's may be a part.
  Result<void> prepare(const cli::PortOptions& options, const std::string& default_ports,
                       const std::string& default_udp_ports, const std::vector<Prefix>& allow,
                       EngineUse use, const Inventory& all, const std::vector<std::string>& nodes);
  /// For sweeps and learning: with the fence and the ports of the configuration.
  Result<void> prepare_sweep(const cli::PortOptions& options,
                             const std::vector<std::string>& nodes);

  /// Starts what will ask services, so that it is ready when the ports are known, where it was
  /// asked for, or the configuration says so of sweeps; after prepare(). Then setting() asks
  /// services.
  Result<void> start_services(const cli::ServiceOptions& options);
  /// Asks what `record` has open what it is; after start_services().
  Result<void> identify_services(SweepRecord& record);

  /// Somebody stopped all sending meanwhile (stop_order.h).
  bool was_stopped_for_all() const { return stop_->by_file(); }

  control::SweepSetting setting();
  control::SweepPolicy policy() const;  ///< after start_services()
  /// As long as the session lives.
  control::SweepWorld world() const;

 private:
  /// Says so where asking will take long.
  void foretell(const cli::PortOptions& options) const;
  /// As SweepWorld::wait_for_schedules.
  bool ask_scheduler_anew() const;
  /// Or until asked to stop.
  void wait_for(std::chrono::milliseconds time) const;
  std::vector<NodeSchedule> ask_scheduler(const std::vector<std::string>& nodes) const;

  WallTime begun_ = now_in_seconds();
  Config config_;
  Inventory inventory_;
  std::map<std::string, std::string> unresolved_;
  TargetPolicy policy_;
  PortSets ports_;
  net::KernelLinks links_;
  scan::Fence fence_;
  std::unique_ptr<PortCollector> collector_;
  std::unique_ptr<ServiceCollector> services_;
  std::unique_ptr<SchedulerCache> scheduler_;  ///< null: none is configured
  TellableServices tellable_;
  EngineUse use_ = EngineUse::scan;
  bool asks_all_services_ = false;
  Console& console_;
  DaemonLink* daemon_;  // or null
  std::unique_ptr<StopSource> stop_;
  CollectControl control_;
};

/// The configuration, its inventory, and the nodes of it that are meant (all, where nobody says).
struct ClusterSetup {
  Setup setup;
  Inventory inventory;
  std::vector<std::string> nodes;
};

/// The configuration that the daemon runs by, where the command runs in one; else load_setup().
Result<Setup> setup_of(const Invocation& call);

/// Errors where there is no configuration, or no node in it.
Result<ClusterSetup> load_cluster(const Invocation& call, const std::string& nodes);

/// A configuration is there, and its store is open.
struct StoreSetup {
  Setup setup;
  std::unique_ptr<Store> store;
};
Result<StoreSetup> open_configured_store(const Invocation& call);

/// Does what sends: here, or in a daemon between two of its steps. Errors: those of `work`;
/// `unsupported` where a daemon is to touch files of the caller, which `services` names.
Result<int> send_in_turn(Invocation& call, const cli::ServiceOptions& services,
                         const std::function<Result<int>()>& work);

/// Sweeps have something that they may ask.
Result<void> require_fence(const Setup& setup);

std::vector<std::string> names_of(const Inventory& inventory);

/// Who gave this command, and when.
control::Act own_act(const Invocation& call);

}  // namespace lockstep
