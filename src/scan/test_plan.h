// For tests: plans over 198.18.0.0/15 and fd00::/8, and what a table says of them.

#pragma once

#include <algorithm>
#include <chrono>
#include <numeric>
#include <string_view>
#include <vector>

#include "scan/plan.h"
#include "scan/result_table.h"

namespace lockstep::scan::test {

inline IpAddress address(std::string_view text) {
  return IpAddress::parse(text).value();
}

inline std::vector<Port> port_range(Port first, Port last) {
  std::vector<Port> ports(static_cast<std::size_t>(last - first + 1));
  std::iota(ports.begin(), ports.end(), first);
  return ports;
}

/// `count` addresses from `first` on, behind a fence that permits every address of the tests.
inline Plan plan_of(std::size_t count, std::vector<Port> ports,
                    std::string_view first = "198.18.0.1") {
  Plan plan;
  for (std::size_t i = 0; i < count; ++i) {
    plan.targets.push_back({.address = address(first).plus(i)});
  }
  plan.ports = std::move(ports);
  plan.fence = Fence({Prefix::parse("198.18.0.0/15").value(), Prefix::parse("fd00::/8").value(),
                      Prefix::parse("127.0.0.0/8").value(), Prefix::parse("::1").value()},
                     {});
  plan.key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  plan.seed = 1;
  return plan;
}

inline ResultTable table_for(const Plan& plan) {
  return ResultTable::create(plan.targets.size()).value();
}

/// The ports of one target that the table gives `answer`, in ascending order.
inline std::vector<Port> ports_with(const ResultTable& table, std::size_t target, Answer answer) {
  std::vector<Port> ports;
  for (const Port port : port_range(1, 65535)) {
    if (table.answer(target, port) == answer) ports.push_back(port);
  }
  return ports;
}

/// Every how manieth of `ports`, beginning with the first.
inline PortSet every(std::size_t step, const std::vector<Port>& ports) {
  PortSet set;
  for (std::size_t i = 0; i < ports.size(); i += step) set.insert(ports[i]);
  return set;
}

}  // namespace lockstep::scan::test
