#include "app/config_http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.h"

namespace lockstep {
namespace {

using testing::HasSubstr;

TEST(HttpConfig, ThereIsNoneUnlessItIsAskedFor) {
  EXPECT_FALSE(parse_config("", "a.toml")->http.enabled());
  const auto config = parse_config(R"(
[http]
listen = "[::1]:7480"
session = "30m"
open_metrics = true
)",
                                   "a.toml");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->http.address, "::1");
  EXPECT_EQ(config->http.port, 7480);
  EXPECT_EQ(config->http.session, std::chrono::minutes(30));
  EXPECT_TRUE(config->http.open_metrics);
  const auto open = parse_config(
      "[http]\nlisten = \"0.0.0.0:443\"\ncertificate = \"/c.pem\"\nkey = \"/k.pem\"\n", "a.toml");
  EXPECT_TRUE(open) << open.error().message();
}

TEST(HttpConfig, SaysWhatIsWrong) {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"listen = \"host:80\"", "is no address with a port"},
      {"listen = \"127.0.0.1\"", "is no address with a port"},
      {"listen = \"127.0.0.1:0\"", "is no address with a port"},
      {"listen = \"127.0.0.1:70000\"", "is no address with a port"},
      {"listen = \"::1:80\"", "is no address with a port"},
      {"listen = \"0.0.0.0:80\"", "name a certificate"},
      {"certificate = \"/c.pem\"", "go together"},
      {"certificate = \"c.pem\"", "no absolute path"},
      {"session = \"9d\"", "session"},
      {"listn = \"127.0.0.1:80\"", "listen"},
  };
  for (const auto& each : cases) {
    const auto config = parse_config(std::string("[http]\n") + each.text + "\n", "a.toml");
    ASSERT_FALSE(config) << each.text;
    EXPECT_THAT(config.error().message(), HasSubstr(each.message));
  }
}

}  // namespace
}  // namespace lockstep
