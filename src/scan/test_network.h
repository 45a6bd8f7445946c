// For tests: simulated hosts for a plan, and what an engine should find there.

#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "net/io/memory.h"
#include "scan/test_plan.h"

namespace lockstep::scan::test {

inline void expect_done(const Result<void>& done) {
  EXPECT_TRUE(done) << (done ? "" : done.error().message());
}

/// Every host of the plan, each with every 97th port open, beginning with another one.
inline std::vector<PortSet> populate(net::MemoryNetwork& network, const Plan& plan,
                                     net::MemoryHost host = {}) {
  std::vector<PortSet> open;
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    const std::vector<Port> rotated(plan.ports.begin() + static_cast<long>(i % plan.ports.size()),
                                    plan.ports.end());
    host.open = every(97, rotated);
    open.push_back(host.open);
    network.add(plan.targets[i].address, host);
  }
  return open;
}

/// Coverage that is whole, and exactly the open ports.
inline void expect_exact(const Plan& plan, const ResultTable& table,
                         const std::vector<PortSet>& open) {
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    SCOPED_TRACE(plan.targets[i].address.to_string());
    EXPECT_EQ(table.target(i).asked, plan.ports.size());
    EXPECT_EQ(table.target(i).answered, plan.ports.size());
    EXPECT_EQ(table.target(i).open, open[i].size());
    EXPECT_EQ(ports_with(table, i, Answer::open), open[i].to_vector());
    EXPECT_EQ(ports_with(table, i, Answer::closed).size(), plan.ports.size() - open[i].size());
  }
}

}  // namespace lockstep::scan::test
