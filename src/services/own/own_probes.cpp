#include "data/service_probes.h"
#include "services/own/own_matcher.h"
#include "services/probe_file.h"

namespace lockstep::services {

Result<ProbeSet> own_probes() {
  ProbeSet set;
  LOCKSTEP_CHECK(parse_probe_file(data::service_probes(), set));
  LOCKSTEP_CHECK(check_fallbacks(set));
  return set;
}

}  // namespace lockstep::services
