// [scheduler]: who gives the nodes to jobs.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/toml_reader.h"
#include "base/port.h"
#include "inventory/scheduler_cache.h"

namespace lockstep {

enum class SchedulerKind : std::uint8_t { none, slurm, pbs, lsf };

/// What jobs listen on as their programs have it: Spark, VNC, TensorBoard, Ray, Dask, Jupyter,
/// ParaView, torchrun, and what the kernel gives to who names no port (MPI, srun).
inline constexpr std::string_view kUsualJobPorts =
    "4040,5900-5999,6006,6379,7077,8080,8265,8786-8787,8888-8999,10001,11111,29500-29599,"
    "32768-60999";
PortSet usual_job_ports();

struct SchedulerConfig {
  SchedulerKind kind = SchedulerKind::none;
  std::chrono::seconds interval{30};  ///< between two questions, 30 to 3,600
  /// That jobs may open on each node which the scheduler has, 1024 and above; none: only those that
  /// rules of its class name.
  PortSet job_ports = usual_job_ports();
};

void read_scheduler_table(TomlReader& root, SchedulerConfig& scheduler);

/// Null where the configuration names none. `stop` as for Scheduler::heed().
std::unique_ptr<SchedulerCache> make_scheduler(const SchedulerConfig& config,
                                               std::vector<std::string> nodes,
                                               const std::atomic<bool>* stop = nullptr);

}  // namespace lockstep
