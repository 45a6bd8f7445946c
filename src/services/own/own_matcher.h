// The matcher of our own probes and signatures (data/service-probes), whose filter was compiled
// when the program was built: it is there within some milliseconds.

#pragma once

#include <memory>

#include "base/result.h"
#include "services/matcher.h"

namespace lockstep::services {

/// Our own set, as it is embedded. Errors are mistakes of the program.
Result<ProbeSet> own_probes();

/// `refiner` may be null.
Result<Matcher> own_matcher(std::unique_ptr<Refiner> refiner = nullptr);

}  // namespace lockstep::services
