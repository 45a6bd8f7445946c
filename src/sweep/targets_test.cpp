#include "sweep/targets.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(SelectTargets, OfNothingIsNothing) {
  EXPECT_TRUE(select_targets({}, {"n1"}, {}, {}).targets.empty());
}

}  // namespace
}  // namespace lockstep
