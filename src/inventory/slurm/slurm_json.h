// Slurm's JSON of nodes and jobs, in the dialects of its versions:
//
//   21.08, 22.05    "state": "idle", "state_flags": ["DRAIN"], features as text, plain numbers
//   23.02 to 24.05  "state": ["IDLE", "DRAIN"], features as a list
//   24.11 on        numbers as {"set": true, "infinite": false, "number": 7}
//
// `scontrol show nodes --json` has a list "nodes"; `sinfo --json` has that too up to 22.05, and
// later a list "sinfo", where nodes that are alike share an entry for each partition. Only 22.05's
// is tried with a real Slurm; the others are read as its documentation of the REST API has them.

#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "inventory/slurm/slurm_text.h"
#include "model/scheduler_state.h"

namespace lockstep {

/// `invalid` with the path, or the byte, where it is something else.
Result<std::vector<NodeSchedule>> parse_slurm_nodes_json(std::string_view text);

/// The jobs of `squeue --json` that hold nodes now.
Result<std::vector<SlurmJob>> parse_slurm_jobs_json(std::string_view text);

}  // namespace lockstep
