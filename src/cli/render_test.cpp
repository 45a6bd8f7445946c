#include "cli/render.h"

#include <gtest/gtest.h>

namespace lockstep::cli {
namespace {

TEST(Render, EmptyTableHasAHeader) { EXPECT_EQ(profiles_text({}), "PORT  PROTOCOL  SERVICE  HOST_TYPE\n"); }

}  // namespace
}  // namespace lockstep::cli
