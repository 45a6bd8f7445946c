#include "control/use_cases.h"

#include <gtest/gtest.h>

namespace lockstep::control {
namespace {

TEST(SweepReport, WithoutRowsDoesNotDeviate) { EXPECT_FALSE(SweepReport{}.deviates()); }

}  // namespace
}  // namespace lockstep::control
