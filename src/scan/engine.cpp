#include "scan/engine.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cmath>

namespace lockstep::scan {
namespace {

/// A fan-out group of packet sockets has room for 256.
constexpr unsigned kMostThreads = 256;

/// At this rate in total, an address of a full plan is asked once in five days.
constexpr PacketsPerSecond kLowestRate(0.01);

bool usable(PacketsPerSecond rate) {
  return rate >= kLowestRate;
}

template <typename T>
bool each_once(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return std::adjacent_find(values.begin(), values.end()) == values.end();
}

Result<void> check_rates(const Plan& plan) {
  bool right =
      usable(plan.rate) && std::all_of(plan.group_rates.begin(), plan.group_rates.end(), usable);
  for (const PlanTarget& target : plan.targets) right = right && usable(target.rate);
  if (right) return {};
  return fail(ErrorKind::invalid,
              fmt::format("a rate below {} packets a second", kLowestRate.value()));
}

Result<void> check_targets(const Plan& plan) {
  std::vector<IpAddress> addresses;
  for (const PlanTarget& target : plan.targets) {
    addresses.push_back(target.address);
    const std::uint64_t end = std::uint64_t{target.first} + target.count;
    const bool shares = target.count != PlanTarget::kAllPorts;
    if (target.count == 0 || (shares && end > plan.ports.size())) {
      return fail(ErrorKind::invalid,
                  fmt::format("{} is to be asked ports that the plan does not have",
                              target.address.to_string()));
    }
    if (target.group != PlanTarget::kNoGroup && target.group >= plan.group_rates.size()) {
      return fail(ErrorKind::invalid,
                  fmt::format("{} is in a group without a rate", target.address.to_string()));
    }
  }
  if (each_once(std::move(addresses))) return {};
  return fail(ErrorKind::invalid, "a plan with the same address twice");
}

Result<void> check(const Plan& plan, const ResultTable& table) {
  if (plan.targets.size() > kMaxTargets || plan.targets.size() != table.size()) {
    return fail(ErrorKind::invalid, fmt::format("a plan of {} addresses with a table of {}",
                                                plan.targets.size(), table.size()));
  }
  const bool zero = std::find(plan.ports.begin(), plan.ports.end(), 0) != plan.ports.end();
  if (plan.ports.empty() || zero) return fail(ErrorKind::invalid, "a plan without ports to ask");
  if (!each_once(plan.ports)) return fail(ErrorKind::invalid, "a plan with a port twice");
  if (plan.tries == 0) return fail(ErrorKind::invalid, "a plan with no try");
  if (plan.threads > kMostThreads) {
    return fail(ErrorKind::invalid, fmt::format("more than {} threads", kMostThreads));
  }
  LOCKSTEP_CHECK(check_rates(plan));
  return check_targets(plan);
}

unsigned usable_cpus() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

}  // namespace

Result<void> Engine::run(const Plan& plan, const ResultTable& table) {
  LOCKSTEP_CHECK(check(plan, table));
  std::vector<std::uint32_t> permitted;
  for (std::uint32_t i = 0; i < plan.targets.size(); ++i) {
    if (plan.fence.permits(plan.targets[i].address)) {
      permitted.push_back(i);
    } else {
      table.target(i).status.store(TargetStatus::fenced, std::memory_order_relaxed);
    }
  }
  return do_run(plan, table, std::move(permitted));
}

unsigned sender_threads(const Plan& plan, double per_second) {
  if (plan.threads > 0) return plan.threads;
  constexpr double kPerThread = 100'000;
  const double wanted = std::ceil(per_second / kPerThread);
  return static_cast<unsigned>(std::clamp(wanted, 1.0, static_cast<double>(usable_cpus())));
}

}  // namespace lockstep::scan
