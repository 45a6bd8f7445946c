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

TEST(SchedulerConfig, NamesThePortsOfJobs) {
  const PortSet usual = parse_config("", "a.toml")->scheduler.job_ports;
  EXPECT_EQ(usual.to_string(), kUsualJobPorts);
  const auto none = parse_config("[scheduler]\njob_ports = \"none\"", "a.toml");
  EXPECT_TRUE(none->scheduler.job_ports.empty());
  const auto own = parse_config("[scheduler]\njob_ports = \"8888,9000-9010\"", "a.toml");
  EXPECT_EQ(own->scheduler.job_ports.to_string(), "8888,9000-9010");
}

TEST(SchedulerConfig, SaysWhatIsWrong) {
  const struct {
    const char* text;
    const char* told;
  } rows[] = {
      {"[scheduler]\ntype = \"slrum\"", "did you mean \"slurm\"?"},
      {"[scheduler]\ntype = \"xyzzy\"", "write slurm, pbs, lsf or none"},
      {"[scheduler]\ninterval_s = 5", "a.toml:2"},
      {"[scheduler]\njob_ports = \"22,8888\"", "names 22; a port below 1024 is no job's"},
      {"[scheduler]\njob_ports = \"88x8\"", "a.toml:2"},
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
