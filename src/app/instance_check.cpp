#include "app/instance_check.h"

#include "app/daemon_plan.h"
#include "app/instances.h"

namespace lockstep {

Result<void> check_instance_against(const Instance& instance, const Config& config,
                                    const Inventory& inventory) {
  LOCKSTEP_CHECK(check_instance(instance));
  LOCKSTEP_TRY(const auto nodes, nodes_of_instance(instance, config, inventory));
  if (nodes.empty()) return fail(ErrorKind::invalid, "nodes: it means no node of the inventory");
  if (instance.collector == "ports") LOCKSTEP_CHECK(ports_of_instance(instance, config));
  if (instance.mode == InstanceMode::rotate) {
    LOCKSTEP_CHECK(plan_rotation_of(instance, config, inventory));
  }
  return {};
}

}  // namespace lockstep
