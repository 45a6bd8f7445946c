#include "app/config_analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

TEST(AnalysisConfig, HasGentleDefaults) {
  const AnalysisConfig analysis = parse_config("", "a.toml")->analysis;
  EXPECT_EQ(analysis.missing_after, 5min);
  EXPECT_EQ(analysis.reasks, 2);
  EXPECT_EQ(analysis.reask_interval, 3s);
  EXPECT_EQ(analysis.consensus.share, 0.98);
  EXPECT_EQ(analysis.consensus.least_nodes, 4U);
  EXPECT_EQ(analysis.severities.of(FindingKind::unexpected_port, {"compute"}), Severity::high);
  EXPECT_EQ(analysis.severities.of(FindingKind::unexpected_port, {"management"}),
            Severity::critical);
  EXPECT_EQ(analysis.severities.of(FindingKind::missing_port, {"storage"}), Severity::high);
  EXPECT_EQ(analysis.severities.of(FindingKind::stack_mismatch, {"compute"}),
            Severity::informational);
}

TEST(AnalysisConfig, IsReadInFull) {
  const auto config = parse_config(R"(
[analysis]
missing_after_s = 60
reasks = 0
reask_interval_s = 10
[profiles]
consensus_percent = 90
consensus_nodes = 10
[severity]
unexpected-port = "medium"
coverage-gap = "high"
stack-mismatch = "low"
[class.login]
user_ports = "1024-65535"
[class.storage.severity]
missing-port = "critical"
)",
                                   "a.toml");
  ASSERT_TRUE(config) << config.error().message();
  const AnalysisConfig& analysis = config->analysis;
  EXPECT_EQ(analysis.missing_after, 60s);
  EXPECT_EQ(analysis.reasks, 0);
  EXPECT_EQ(analysis.reask_interval, 10s);
  EXPECT_EQ(analysis.consensus.share, 0.9);
  EXPECT_EQ(analysis.consensus.least_nodes, 10U);
  EXPECT_EQ(analysis.severities.of(FindingKind::unexpected_port, {"compute"}), Severity::medium);
  EXPECT_EQ(analysis.severities.of(FindingKind::unexpected_port, {"compute", "management"}),
            Severity::critical)
      << "the gravest of a node's classes";
  EXPECT_EQ(analysis.severities.of(FindingKind::missing_port, {"storage"}), Severity::critical);
  EXPECT_EQ(analysis.severities.of(FindingKind::coverage_gap, {}), Severity::high);
  EXPECT_EQ(analysis.severities.of(FindingKind::stack_mismatch, {}), Severity::low);
  EXPECT_TRUE(analysis.severities.user_ports({"login"}).contains(1024));
  EXPECT_FALSE(analysis.severities.user_ports({"login"}).contains(1023));
  EXPECT_TRUE(analysis.severities.user_ports({"compute"}).empty());
}

TEST(AnalysisConfig, TellsEachMistake) {
  const struct {
    const char* text;
    const char* says;
  } kRows[] = {
      {"[analysis]\nmissing_afer_s = 1\n", "did you mean missing_after_s"},
      {"[analysis]\nmissing_after_s = -1\n", "2:19"},
      {"[analysis]\nreasks = 11\n", "10"},
      {"[profiles]\nconsensus_percent = 50\n", "51"},
      {"[profiles]\nconsensus_nodes = 1\n", "3"},
      {"[severity]\nunexpected-port = \"hihg\"\n", "did you mean \"high\"?"},
      {"[severity]\nunexpected-prot = \"high\"\n", "did you mean unexpected-port"},
      {"[class.login]\nuser_ports = \"70000\"\n", "70000"},
      {"[class.login.severity]\nmissing-port = 3\n", "2:16"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.text);
    const auto config = parse_config(row.text, "a.toml");
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().kind(), ErrorKind::invalid);
    EXPECT_THAT(config.error().message(), HasSubstr(row.says));
  }
}

}  // namespace
}  // namespace lockstep
