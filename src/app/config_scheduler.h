// [scheduler]: who gives the nodes to jobs.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/toml_reader.h"
#include "inventory/scheduler_cache.h"

namespace lockstep {

enum class SchedulerKind : std::uint8_t { none, slurm, pbs, lsf };

struct SchedulerConfig {
  SchedulerKind kind = SchedulerKind::none;
  std::chrono::seconds interval{30};  ///< between two questions, 30 to 3,600
};

void read_scheduler_table(TomlReader& root, SchedulerConfig& scheduler);

/// Null where the configuration names none.
std::unique_ptr<SchedulerCache> make_scheduler(const SchedulerConfig& config,
                                               std::vector<std::string> nodes);

}  // namespace lockstep
