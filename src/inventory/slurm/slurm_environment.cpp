#include "inventory/slurm/slurm_environment.h"

namespace lockstep {

std::vector<std::string> slurm_environment() {
  return {"SLURM_TIME_FORMAT=%s", "LC_ALL=C",       "SLURM_CLUSTERS",   "SINFO_ALL",
          "SINFO_FEDERATION",     "SINFO_FORMAT",   "SINFO_LOCAL",      "SINFO_PARTITION",
          "SINFO_SORT",           "SQUEUE_ACCOUNT", "SQUEUE_ALL",       "SQUEUE_ARRAY",
          "SQUEUE_FEDERATION",    "SQUEUE_FORMAT",  "SQUEUE_FORMAT2",   "SQUEUE_LICENSES",
          "SQUEUE_LOCAL",         "SQUEUE_NAMES",   "SQUEUE_PARTITION", "SQUEUE_PRIORITY",
          "SQUEUE_QOS",           "SQUEUE_SIBLING", "SQUEUE_SORT",      "SQUEUE_STATES",
          "SQUEUE_USERS"};
}

}  // namespace lockstep
