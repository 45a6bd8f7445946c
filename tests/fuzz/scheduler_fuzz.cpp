// What schedulers say of nodes: whatever the bytes, each reader returns. A node that it tells of
// has a name, and an error is fit for a terminal. The first byte chooses the reader.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "inventory/lsf/lsf_hosts.h"
#include "inventory/pbs/pbs_nodes.h"
#include "inventory/slurm/slurm_json.h"
#include "inventory/slurm/slurm_source.h"
#include "inventory/slurm/slurm_text.h"

namespace {

using lockstep::Error;
using lockstep::NodeSchedule;
using lockstep::Result;

bool is_sound(const Error& error) {
  const std::string_view text = error.message();
  return !text.empty() && text.size() < 2000 && std::ranges::all_of(text, [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
}

bool is_sound(const Result<std::vector<NodeSchedule>>& nodes) {
  if (!nodes) return is_sound(nodes.error());
  return std::ranges::all_of(*nodes, [](const NodeSchedule& node) {
    return node.since.time_since_epoch().count() >= 0 &&
           lockstep::parse_scheduler_state(to_string(node.state)) == node.state;
  });
}

bool is_sound(const Result<std::vector<lockstep::SlurmJob>>& jobs) {
  if (!jobs) return is_sound(jobs.error());
  return std::ranges::all_of(*jobs, [](const lockstep::SlurmJob& job) {
    return !job.job.id.empty() && job.nodes.size() <= lockstep::kMostJobNodes;
  });
}

bool is_sound(const Result<std::vector<lockstep::SlurmPlace>>& places) {
  if (!places) return is_sound(places.error());
  return std::ranges::all_of(*places, [](const lockstep::SlurmPlace& place) {
    return !place.node.empty() && place.node[0] != '-' && !place.partition.empty();
  });
}

bool read(char reader, std::string_view text) {
  switch (reader) {
    case 's': return is_sound(lockstep::parse_sinfo(text));
    case 'i': return is_sound(lockstep::parse_slurm_places(text));
    case 'q': return is_sound(lockstep::parse_squeue(text));
    case 'n': return is_sound(lockstep::parse_slurm_nodes_json(text));
    case 'j': return is_sound(lockstep::parse_slurm_jobs_json(text));
    case 'p': return is_sound(lockstep::parse_pbs_text(text));
    case 'P': return is_sound(lockstep::parse_pbs_json(text));
    case 'l': return is_sound(lockstep::parse_lsf_text(text));
    case 'L': return is_sound(lockstep::parse_lsf_json(text));
    default: return true;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // More bytes only bring more of the same.
  constexpr std::size_t kLargest = 16384;
  if (size == 0 || size > kLargest) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!read(text[0], text.substr(1))) std::abort();
  return 0;
}
