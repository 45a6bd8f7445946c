// What an instance would ask of whom, and when that was asked before.

#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "app/compose.h"
#include "control/instance_use_cases.h"
#include "daemon/sweeper.h"
#include "model/instance.h"
#include "store/store.h"

namespace lockstep {

/// The nodes that an instance means, without those that are excluded. Errors: `invalid`.
Result<std::vector<std::string>> nodes_of_instance(const Instance& instance, const Config& config,
                                                   const Inventory& inventory);

/// When services of nodes were asked, by instances of this process: a node none of whose services
/// answered was asked all the same.
class ServiceRounds {
 public:
  void note(const std::string& instance, const std::vector<std::string>& nodes, WallTime now);
  std::map<std::string, WallTime> of(const std::string& instance) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::map<std::string, WallTime>> rounds_;
};

/// Errors: `invalid` for nodes that make no sense, and where no class has a profile whose services
/// could be asked; those of the store.
Result<SweepPlan> plan_instance(const Instance& instance, const Config& config,
                                const Inventory& inventory, const ServiceRounds& rounds,
                                Store& store);

/// The profiles of the classes of these nodes. Errors: `invalid` where there is none: nothing could
/// be judged.
Result<std::vector<Profile>> profiles_of(const std::vector<std::string>& nodes,
                                         const Inventory& inventory, Store& store);

/// What an instance that rotates asks of whom, without `history`. Errors: `invalid`.
Result<RotationPlan> plan_rotation_of(const Instance& instance, const Config& config,
                                      const Inventory& inventory);
/// The same with what the store knows of earlier looks.
Result<RotationPlan> plan_rotation_of(const Instance& instance, const Config& config,
                                      const Inventory& inventory, Store& store);

/// What an instance that rotates promises; empty: it does not rotate, or makes no sense.
std::string promise_of_instance(const Instance& instance, const Config& config,
                                const Inventory& inventory);
/// Says it of each row.
void note_promises(std::vector<control::InstanceRow>& rows, const Config& config,
                   const Inventory& inventory);

}  // namespace lockstep
