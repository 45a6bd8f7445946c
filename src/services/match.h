// What an answer tells, and who may add to it. For matcher.h.

#pragma once

#include <string_view>

#include "model/service.h"

namespace lockstep::services {

struct Match {
  Service service;       ///< its name and fields; ServiceMatch::none: no signature fits
  bool limited = false;  ///< a pattern was given up at a limit
};

/// Says more of a service that signatures have given a name. One thread at a time.
class Refiner {
 public:
  virtual ~Refiner() = default;

  /// Fills fields of `match.service` that are empty, by the answer that gave it its name.
  virtual void refine(std::string_view answer, Match& match) = 0;
};

}  // namespace lockstep::services
