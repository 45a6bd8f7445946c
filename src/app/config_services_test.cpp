#include "app/config_services.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

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

TEST(ServicesConfig, TellsWhatIsWrong) {
  struct Row {
    std::string_view text, expected;
  };
  const Row rows[] = {
      {"[services]\nprobes = \"/srv/probes\"", "a.toml:2:10: [services] probes: is text; write a list"},
      {"[services]\nprobes = [\"\"]", "is empty; write a path"},
      {"[services]\nrecog = [1]", "is a whole number"},
      {"[services]\nprobe = []", "probe"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const auto config = parse_config(row.text, "a.toml");
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error().message(), HasSubstr(std::string(row.expected)));
  }
}

}  // namespace
}  // namespace lockstep
