#include "app/config_notify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.h"

namespace lockstep {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

Result<NotifyConfig> read(const std::string& text) {
  auto config = parse_config(text, "/etc/lockstep/lockstep.toml");
  if (!config) return std::unexpected(config.error());
  return config->notify;
}

TEST(NotifyConfig, HasNoChannelUnlessOneIsNamed) {
  const NotifyConfig config = read("").value();
  EXPECT_TRUE(config.channels.empty());
  EXPECT_EQ(config.groups.nodes, 5U);
}

TEST(NotifyConfig, ReadsAllThatChannelsShare) {
  const NotifyConfig config = read(R"(
[notify.ops]
type = "alertmanager"
url = "http://localhost:9093/"
resend = "10s"
severity = "high"
kinds = ["unexpected-port", "hostkey-changed"]
classes = ["compute"]
nodes = "n[1-9]"
gather = "10s"
updates = ["1m", "2h"]
repeat = "never"
resolved = false
give_up = "1d"
heartbeat = "5m"
[notify_groups]
nodes = 20
within = "3m"
[[maintenance]]
nodes = "n[1-4]"
from = "2026-12-01T22:00:00Z"
until = "2026-12-02T06:00:00Z"
note = "new switch"
)")
                                  .value();
  ASSERT_EQ(config.channels.size(), 1U);
  const NotifyChannelConfig& channel = config.channels[0];
  EXPECT_EQ(channel.type, "alertmanager");
  EXPECT_EQ(channel.policy.name, "ops");
  EXPECT_EQ(channel.policy.least, Severity::high);
  EXPECT_EQ(channel.policy.kinds.size(), 2U);
  EXPECT_EQ(channel.policy.nodes->size(), 9U);
  EXPECT_EQ(channel.policy.gather, seconds(10));
  EXPECT_EQ(channel.policy.pauses, (std::vector<seconds>{minutes(1), hours(2)}));
  EXPECT_EQ(channel.policy.repeat, std::nullopt);
  EXPECT_FALSE(channel.policy.tells_end);
  EXPECT_EQ(channel.give_up, hours(24));
  EXPECT_EQ(channel.heartbeat, minutes(5));
  EXPECT_EQ(std::get<notify::AlertmanagerConfig>(channel.way).resend, seconds(10));
  EXPECT_EQ(config.groups.nodes, 20U);
  EXPECT_EQ(config.maintenance.at(0).until - config.maintenance.at(0).from, hours(8));
}

TEST(NotifyConfig, ReadsEachChannel) {
  const NotifyConfig config = read(R"(
[notify.a]
type = "webhook"
url_file = "secret"
format = "slack"
[notify.b]
type = "smtp"
server = "smtps://mail.example"
from = "l@lab.example"
to = ["a@lab.example"]
user = "lockstep"
password_file = "/run/secret"
[notify.c]
type = "syslog"
server = "tls://[fd00::1]:6000"
format = "cef"
facility = "authpriv"
[notify.d]
type = "syslog"
[notify.e]
type = "syslog"
server = "udp://[::1]"
)")
                                  .value();
  ASSERT_EQ(config.channels.size(), 5U);
  const auto& webhook = std::get<notify::WebhookConfig>(config.channels[0].way);
  EXPECT_EQ(webhook.url_file, "/etc/lockstep/secret");
  EXPECT_EQ(webhook.format, notify::WebhookFormat::slack);
  const auto& smtp = std::get<notify::SmtpConfig>(config.channels[1].way);
  EXPECT_EQ(smtp.to, std::vector<std::string>{"a@lab.example"});
  EXPECT_EQ(smtp.endpoint.password_file, "/run/secret");
  const auto& tls = std::get<notify::SyslogConfig>(config.channels[2].way);
  EXPECT_EQ(tls.host + " " + tls.port, "[fd00::1] 6000");
  EXPECT_EQ(tls.line.facility, 10);
  EXPECT_EQ(std::get<notify::SyslogConfig>(config.channels[3].way).host, "/dev/log");
  const auto& udp = std::get<notify::SyslogConfig>(config.channels[4].way);
  EXPECT_EQ(udp.host + " " + udp.port, "::1 514");
}

TEST(NotifyConfig, SaysWhatIsWrong) {
  struct Row {
    const char* text;
    const char* problem;
  };
  const Row rows[] = {
      {"[notify.a]\n", "type"},
      {"[notify.a]\ntype = \"webhok\"\n", "did you mean \"webhook\"?"},
      {"[notify.\"a b\"]\ntype = \"syslog\"\n", "has a name that is not of letters"},
      {"[notify.a]\ntype = \"webhook\"\n", "needs one of url and url_file"},
      {"[notify.a]\ntype = \"webhook\"\nurl = \"ftp://x\"\n", "is no URL"},
      {"[notify.a]\ntype = \"webhook\"\nurl = \"http://u:p@x\"\n", "names a user"},
      {"[notify.a]\ntype = \"webhook\"\nurl = \"http://x\"\ntoken_file = \"t\"\n", "without TLS"},
      {"[notify.a]\ntype = \"webhook\"\nurl = \"https://x\"\nserver = \"x\"\n", "server"},
      {"[notify.a]\ntype = \"syslog\"\nseverity = \"hihg\"\n", "did you mean \"high\"?"},
      {"[notify.a]\ntype = \"syslog\"\nkinds = [\"unexpected\"]\n", "is not known here"},
      {"[notify.a]\ntype = \"syslog\"\nserver = \"http://x\"\n", "no place of a syslog daemon"},
      {"[notify.a]\ntype = \"syslog\"\nserver = \"udp://x:0\"\n", "no place of a syslog daemon"},
      {"[notify.a]\ntype = \"smtp\"\nserver = \"smtp://x\"\nfrom = \"a@b\"\nto = [\"c\"]\n",
       "is no mail address"},
      {"[notify.a]\ntype = \"alertmanager\"\nurl = \"http://x\"\nresend = \"2h\"\n",
       "longer than an hour"},
      {"[[maintenance]]\nnodes = \"n1\"\nfrom = \"2026-12-02T00:00:00Z\"\nuntil = "
       "\"2026-12-01T00:00:00Z\"\n",
       "is not after from"},
      {"[[maintenance]]\nnodes = \"n1\"\nfrom = \"today\"\nuntil = \"2026-12-01T00:00:00Z\"\n",
       "is no time"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const auto config = read(row.text);
    ASSERT_FALSE(config.has_value());
    EXPECT_THAT(config.error().message(), HasSubstr(row.problem));
  }
}

}  // namespace
}  // namespace lockstep
