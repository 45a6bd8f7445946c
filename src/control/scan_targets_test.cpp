#include "control/scan_targets.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(ScanTargets, ExpandsARange) {
  EXPECT_EQ(parse_scan_targets({"198.18.0.1-16"}, {})->nodes.size(), 16U);
}

}  // namespace
}  // namespace lockstep
