// The port collector over a simulated network.

#include "collectors/ports/port_collector.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(PortCollector, HasItsName) { EXPECT_EQ(PortCollector({}, nullptr).name(), "ports"); }

}  // namespace
}  // namespace lockstep
