#include "scan/rates.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numeric>

#include "scan/test_plan.h"

namespace lockstep::scan {
namespace {

constexpr double kUnlimited = std::numeric_limits<double>::infinity();
constexpr double kTolerance = 1e-9;  // relative, for sums of floating point numbers

std::vector<std::uint32_t> all_of(const Plan& plan) {
  std::vector<std::uint32_t> indices(plan.targets.size());
  std::iota(indices.begin(), indices.end(), 0U);
  return indices;
}

TEST(AllocateRates, MeetsEveryCapAtOnce) {
  struct Target {
    double rate;
    std::uint32_t group = PlanTarget::kNoGroup;
  };
  const struct {
    const char* description;
    double total;
    std::vector<double> groups;
    std::vector<Target> targets;
    std::vector<double> expected;
  } kRows[] = {
      {"nobody", 100, {}, {}, {}},
      {"no cap", kUnlimited, {}, {{kUnlimited}, {kUnlimited}}, {kUnlimited, kUnlimited}},
      {"own caps", kUnlimited, {}, {{50}, {20}}, {50, 20}},
      {"an even share", 90, {}, {{kUnlimited}, {kUnlimited}, {kUnlimited}}, {30, 30, 30}},
      {"what one cannot use the others get", 90, {}, {{10}, {kUnlimited}, {60}}, {10, 40, 40}},
      {"more than all can use", 1000, {}, {{10}, {20}}, {10, 20}},
      {"a group", kUnlimited, {30}, {{50, 0}, {50, 0}, {50}}, {15, 15, 50}},
      {"a group's slack stays unused", kUnlimited, {90}, {{10, 0}, {20, 0}}, {10, 20}},
      {"a group below the total's level", 100, {20}, {{50, 0}, {50, 0}, {90}}, {10, 10, 80}},
      {"a group above the total's level", 30, {40}, {{50, 0}, {50, 0}, {90}}, {10, 10, 10}},
      {"an empty group", 30, {5, 40}, {{50, 1}, {50, 1}}, {15, 15}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Plan plan;
    for (const double cap : row.groups) plan.group_rates.emplace_back(cap);
    for (const Target& target : row.targets) {
      plan.targets.push_back({{}, PacketsPerSecond(target.rate), target.group});
    }
    EXPECT_EQ(allocate_rates(plan, all_of(plan), PacketsPerSecond(row.total)), row.expected);
  }
}

TEST(AllocateRates, SharesAmongTheActiveOnly) {
  Plan plan = test::plan_of(4, {22});
  plan.targets[2].rate = PacketsPerSecond(5);
  EXPECT_EQ(allocate_rates(plan, {3, 2}, PacketsPerSecond(30)), (std::vector<double>{25, 5}));
}

rc::Gen<PacketsPerSecond> any_cap() {
  return rc::gen::oneOf(rc::gen::just(PacketsPerSecond::unlimited()),
                        rc::gen::map(rc::gen::inRange(1, 1'000'000), [](int hundredths) {
                          return PacketsPerSecond(hundredths / 100.0);
                        }));
}

Plan any_plan() {
  Plan plan;
  const auto groups = *rc::gen::inRange<std::uint32_t>(0, 4);
  for (std::uint32_t i = 0; i < groups; ++i) plan.group_rates.push_back(*any_cap());
  const auto count = *rc::gen::inRange(1, 12);
  for (int i = 0; i < count; ++i) {
    const auto group = *rc::gen::inRange<std::uint32_t>(0, groups + 1);
    plan.targets.push_back({{}, *any_cap(), group == groups ? PlanTarget::kNoGroup : group});
  }
  return plan;
}

/// A set of targets with a common cap.
struct Pool {
  std::vector<std::size_t> members;
  double cap;

  double used(const std::vector<double>& rates) const {
    double sum = 0;
    for (const std::size_t member : members) sum += rates[member];
    return sum;
  }
  /// Whether it is what keeps `member` from getting more: full, and nobody in it gets more.
  bool limits(std::size_t member, const std::vector<double>& rates) const {
    return std::ranges::count(members, member) > 0 && used(rates) >= cap * (1 - kTolerance) &&
           std::ranges::all_of(members, [&](std::size_t other) {
             return rates[other] <= rates[member] * (1 + kTolerance);
           });
  }
};

std::vector<Pool> pools_of(const Plan& plan, PacketsPerSecond total) {
  std::vector<Pool> pools{{{}, total.value()}};
  for (const PacketsPerSecond cap : plan.group_rates) pools.push_back({{}, cap.value()});
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    pools[0].members.push_back(i);
    const std::uint32_t group = plan.targets[i].group;
    if (group != PlanTarget::kNoGroup) pools[group + 1].members.push_back(i);
  }
  return pools;
}

RC_GTEST_PROP(AllocateRates, ExceedsNoCapAndStarvesNobody, ()) {
  const Plan plan = any_plan();
  const PacketsPerSecond total = *any_cap();
  const std::vector<double> rates = allocate_rates(plan, all_of(plan), total);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    RC_ASSERT(rates[i] > 0);
    RC_ASSERT(rates[i] <= plan.targets[i].rate.value());
  }
  for (const Pool& pool : pools_of(plan, total)) {
    RC_ASSERT(pool.used(rates) <= pool.cap * (1 + kTolerance));
  }
}

// A rate is max-min fair, and nothing is left unused, exactly if each target has a bottleneck: its
// own cap, or a full pool in which nobody gets more (Bertsekas and Gallager, section 6.5.2).
RC_GTEST_PROP(AllocateRates, GivesEachTargetABottleneck, ()) {
  const Plan plan = any_plan();
  const PacketsPerSecond total = *any_cap();
  const std::vector<double> rates = allocate_rates(plan, all_of(plan), total);
  const std::vector<Pool> pools = pools_of(plan, total);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const bool own = rates[i] == plan.targets[i].rate.value();
    RC_ASSERT(own ||
              std::ranges::any_of(pools, [&](const Pool& pool) { return pool.limits(i, rates); }));
  }
}

}  // namespace
}  // namespace lockstep::scan
