#include "app/config_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.h"

namespace lockstep {
namespace {

using namespace std::chrono_literals;

TEST(SchedulerConfig, IsNoneUnlessNamed) {
  const SchedulerConfig none = parse_config("", "a.toml")->scheduler;
  EXPECT_EQ(none.kind, SchedulerKind::none);
  EXPECT_EQ(make_scheduler(none, {"n1"}), nullptr);
  const auto config = parse_config("[scheduler]\ntype = \"slurm\"\ninterval_s = 60", "a.toml");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->scheduler.kind, SchedulerKind::slurm);
  EXPECT_EQ(config->scheduler.interval, 60s);
  EXPECT_NE(make_scheduler(config->scheduler, {"n1"}), nullptr);
}

TEST(SchedulerConfig, SaysWhatIsWrong) {
  const struct {
    const char* text;
    const char* told;
  } rows[] = {
      {"[scheduler]\ntype = \"slrum\"", "did you mean \"slurm\"?"},
      {"[scheduler]\ntype = \"xyzzy\"", "write slurm, pbs, lsf or none"},
      {"[scheduler]\ninterval_s = 5", "a.toml:2"},
      {"[scheduler]\nkind = \"slurm\"", "kind"},
  };
  for (const auto& row : rows) {
    const auto config = parse_config(row.text, "a.toml");
    ASSERT_FALSE(config) << row.text;
    EXPECT_THAT(config.error().message(), testing::HasSubstr(row.told)) << row.text;
  }
}

}  // namespace
}  // namespace lockstep
