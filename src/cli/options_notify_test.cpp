#include <gtest/gtest.h>

#include "cli/options.h"
#include "cli/test_options.h"

namespace lockstep::cli {
namespace {

TEST(NotifyOptions, AreRead) {
  EXPECT_EQ(parsed<NotifyTestCommand>({"notify", "test"}).channel, "");
  const auto test = parsed<NotifyTestCommand>({"notify", "test", "ops", "--json"});
  EXPECT_EQ(test.channel, "ops");
  EXPECT_TRUE(test.json);
  EXPECT_FALSE(parsed<NotifyListCommand>({"notify", "list"}).all);
  const auto list = parsed<NotifyListCommand>({"notify", "list", "--all", "--limit", "7"});
  EXPECT_TRUE(list.all);
  EXPECT_EQ(list.limit, 7U);
}

}  // namespace
}  // namespace lockstep::cli
