// What instances may say to the collectors that are built in.

#pragma once

#include "app/config.h"
#include "base/port.h"
#include "base/result.h"
#include "model/instance.h"

namespace lockstep {

/// The parameters are such as the collector has, and make sense. Errors: `invalid`, beginning with
/// the parameter.
Result<void> check_instance(const Instance& instance);

/// Of an instance of ports. Errors: `invalid`.
Result<PortSets> ports_of_instance(const Instance& instance, const Config& config);

}  // namespace lockstep
