#include "control/use_cases.h"

namespace lockstep::control {

Result<SweepRecord> scan(const SweepSetting& setting, const std::vector<std::string>& nodes) {
  return run_sweep(setting.collector,
                   select_targets(setting.inventory, nodes, setting.unresolved, setting.policy),
                   setting.control);
}

}  // namespace lockstep::control
