// What instances may say to the collectors that are built in.

#pragma once

#include <chrono>

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

/// How long a turn of one that rotates should take, a minute where it does not say. Errors:
/// `invalid`.
Result<std::chrono::seconds> turn_of_instance(const Instance& instance);

}  // namespace lockstep
