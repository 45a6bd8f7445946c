#include "app/config_services.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

TEST(ServicesConfig, AsksOnceADayAndOnlyWhenTold) {
  const ServicesConfig services = parse_config("", "a.toml")->services;
  EXPECT_FALSE(services.in_sweeps);
  EXPECT_EQ(services.interval, 24h);
  EXPECT_TRUE(services.keys);
  EXPECT_EQ(services.policies.of({"compute"}), KeyPolicy::own);
}

TEST(ServicesConfig, IsReadInFull) {
  const auto config = parse_config(R"(
[services]
in_sweeps = true
interval_s = 3600
keys = false
[class.login]
keys = "shared"
[class.compute]
keys = "boot"
)",
                                   "a.toml");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_TRUE(config->services.in_sweeps);
  EXPECT_EQ(config->services.interval, 1h);
  EXPECT_FALSE(config->services.keys);
  EXPECT_EQ(config->services.policies.of({"login"}), KeyPolicy::shared);
  EXPECT_EQ(config->services.policies.of({"compute"}), KeyPolicy::boot);
}

TEST(ServicesConfig, NamesFiles) {
  const auto config = parse_config(R"(
[services]
probes = ["/srv/probes", "mine/probes"]
recog = ["recog/xml"]
)",
                                   "/etc/lockstep/lockstep.toml");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_THAT(config->services.files.probes,
              ElementsAre("/srv/probes", "/etc/lockstep/mine/probes"));
  EXPECT_THAT(config->services.files.recog, ElementsAre("/etc/lockstep/recog/xml"));
  EXPECT_TRUE(parse_config("", "a.toml")->services.files.empty());
}

TEST(ServicesConfig, SaysWhatIsWrong) {
  struct Row {
    const char* text;
    const char* told;
  };
  const Row rows[] = {
      {"[services]\ninterval_s = -1", "a.toml:2"},
      {"[services]\ninterval_s = 2592001", "a.toml:2"},
      {"[services]\nintervall_s = 1", "interval_s"},
      {"[services]\nin_sweeps = 1", "a.toml:2"},
      {"[services]\nprobes = \"/srv/probes\"", "a.toml:2:10: [services] probes: is text"},
      {"[services]\nprobes = [\"\"]", "is empty; write a path"},
      {"[services]\nrecog = [1]", "is a whole number"},
      {"[class.a]\nkeys = \"share\"", "did you mean \"shared\"?"},
      {"[class.a]\nkeys = \"xyzzy\"", "write own, shared or boot"},
  };
  for (const Row& row : rows) {
    const auto config = parse_config(row.text, "a.toml");
    ASSERT_FALSE(config) << row.text;
    EXPECT_THAT(config.error().message(), HasSubstr(row.told)) << row.text;
  }
}

}  // namespace
}  // namespace lockstep
