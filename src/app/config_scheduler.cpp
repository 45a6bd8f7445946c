#include "app/config_scheduler.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "analysis/job_ports.h"
#include "base/text.h"
#include "inventory/lsf/lsf_scheduler.h"
#include "inventory/pbs/pbs_scheduler.h"
#include "inventory/slurm/slurm_scheduler.h"
#include "model/port_spec.h"

namespace lockstep {
namespace {

Result<SchedulerKind> as_kind(const TomlValue& value) {
  static constexpr std::array<std::pair<std::string_view, SchedulerKind>, 4> kKinds = {
      {{"none", SchedulerKind::none},
       {"slurm", SchedulerKind::slurm},
       {"pbs", SchedulerKind::pbs},
       {"lsf", SchedulerKind::lsf}}};
  LOCKSTEP_TRY(const std::string text, toml_text(value));
  std::vector<std::string_view> words;
  for (const auto& [word, kind] : kKinds) {
    if (text == word) return kind;
    words.push_back(word);
  }
  const std::string_view likely = nearest(text, words);
  return fail(ErrorKind::invalid,
              fmt::format("{} is no scheduler that is known; {}", quoted(text),
                          likely.empty() ? "write slurm, pbs, lsf or none"
                                         : fmt::format("did you mean \"{}\"?", likely)));
}

std::unique_ptr<Scheduler> scheduler_of(SchedulerKind kind) {
  switch (kind) {
    case SchedulerKind::slurm: return make_slurm_scheduler();
    case SchedulerKind::pbs: return make_pbs_scheduler();
    case SchedulerKind::lsf: return make_lsf_scheduler();
    case SchedulerKind::none: break;
  }
  return nullptr;
}

/// More often would be against the limits of schedulers.
Result<std::chrono::seconds> as_interval(const TomlValue& value) {
  LOCKSTEP_TRY(const std::int64_t seconds, toml_integer(value, 30, 3600));
  return std::chrono::seconds(seconds);
}

Result<PortSet> as_job_ports(const TomlValue& value) {
  LOCKSTEP_TRY(const std::string text, toml_text(value));
  if (text == "none") return PortSet{};
  LOCKSTEP_TRY(PortSet ports, parse_port_spec(text, Protocol::tcp));
  PortSet low = ports;
  PortSet high;
  high.insert_range(kFirstJobPort, 65535);
  low.remove(high);
  if (low.empty()) return ports;
  return fail(ErrorKind::invalid,
              fmt::format("names {}; a port below {} is no job's", low.to_string(), kFirstJobPort));
}

}  // namespace

PortSet usual_job_ports() {
  return parse_port_spec(kUsualJobPorts, Protocol::tcp).value_or(PortSet{});
}

void read_scheduler_table(TomlReader& root, SchedulerConfig& scheduler) {
  root.table("scheduler", [&](TomlReader& table) {
    table.read("type", scheduler.kind, as_kind);
    table.read("job_ports", scheduler.job_ports, as_job_ports);
    table.read("interval_s", scheduler.interval, as_interval);
  });
}

std::unique_ptr<SchedulerCache> make_scheduler(const SchedulerConfig& config,
                                               std::vector<std::string> nodes,
                                               const std::atomic<bool>* stop) {
  if (config.kind == SchedulerKind::none) return nullptr;
  std::unique_ptr<Scheduler> scheduler = scheduler_of(config.kind);
  scheduler->heed(stop);
  return std::make_unique<SchedulerCache>(std::move(scheduler), std::move(nodes),
                                          std::chrono::steady_clock::now,
                                          SchedulerCacheOptions{.interval = config.interval});
}

}  // namespace lockstep
