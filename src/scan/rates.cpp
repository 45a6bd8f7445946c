#include "scan/rates.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>

namespace lockstep::scan {
namespace {

/// Lowers the rates at `members` to a common level so that their sum is at most `limit`.
void pour(std::vector<double>& rates, std::vector<std::uint32_t> members, double limit) {
  const auto by_rate = [&](std::uint32_t a, std::uint32_t b) { return rates[a] < rates[b]; };
  std::sort(members.begin(), members.end(), by_rate);
  double left = limit;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const double level = left / static_cast<double>(members.size() - i);
    double& rate = rates[members[i]];
    rate = std::min(rate, level);
    left -= rate;
  }
}

}  // namespace

std::vector<double> allocate_rates(const Plan& plan, const std::vector<std::uint32_t>& active,
                                   PacketsPerSecond total) {
  std::vector<double> rates;
  std::vector<std::vector<std::uint32_t>> groups(plan.group_rates.size());
  for (std::uint32_t i = 0; i < active.size(); ++i) {
    const PlanTarget& target = plan.targets[active[i]];
    rates.push_back(target.rate.value());
    if (target.group != PlanTarget::kNoGroup) groups[target.group].push_back(i);
  }
  for (std::size_t group = 0; group < groups.size(); ++group) {
    const PacketsPerSecond cap = plan.group_rates[group];
    if (!cap.is_unlimited()) pour(rates, std::move(groups[group]), cap.value());
  }
  if (!total.is_unlimited()) {
    std::vector<std::uint32_t> everybody(active.size());
    std::iota(everybody.begin(), everybody.end(), 0U);
    pour(rates, std::move(everybody), total.value());
  }
  return rates;
}

}  // namespace lockstep::scan
