#include "cli/options.h"

#include <gtest/gtest.h>

namespace lockstep::cli {
namespace {

TEST(Options, KnowsDoctor) {
  const char* const argv[] = {"lockstep", "doctor"};
  const auto parsed = parse_command_line(2, argv);
  ASSERT_TRUE(std::holds_alternative<Options>(parsed));
  EXPECT_TRUE(std::holds_alternative<DoctorCommand>(std::get<Options>(parsed).command));
}

}  // namespace
}  // namespace lockstep::cli
