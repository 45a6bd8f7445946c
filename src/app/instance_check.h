// Whether a daemon can do what an instance says.

#pragma once

#include "app/config.h"
#include "base/result.h"
#include "model/instance.h"
#include "model/node.h"

namespace lockstep {

/// Its nodes are such as the inventory has, and its collector can do what it says. Errors:
/// `invalid`, beginning with the key that is wrong.
Result<void> check_instance_against(const Instance& instance, const Config& config,
                                    const Inventory& inventory);

}  // namespace lockstep
