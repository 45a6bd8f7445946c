// What a site says of services, and what can be said of them at all.

#pragma once

#include "analysis/key_policy.h"
#include "profiles/service_text.h"

namespace lockstep {

struct ServicePolicy {
  KeyPolicies keys;
  TellableServices tellable;  ///< by the signatures in use
};

}  // namespace lockstep
