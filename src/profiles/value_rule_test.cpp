#include "profiles/value_rule.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(ValueRule, SaysWhatFits) {
  const struct {
    const char* rule;
    Value value;
    bool fits;
  } rows[] = {
      {"= 512", 512.0, true},
      {"=512.0", 512.0, true},
      {"= 512", 513.0, false},
      {"= 512", "512", true},
      {"= ext4", "ext4", true},
      {"= ext4", "Ext4", false},
      {"=", "", true},
      {"in ext4| xfs", "xfs", true},
      {"in ext4|xfs", "btrfs", false},
      {"in 1|2", 2.0, true},
      {"1..10", 1.0, true},
      {"1..10", 10.0, true},
      {"1..10", 10.5, false},
      {"1.5 .. 2.5", 2.0, true},
      {"..10", -1e9, true},
      {"..10", 11.0, false},
      {"-3..", -3.0, true},
      {"-3..", -4.0, false},
      {"1..10", "5", false},
      {"~ 6.1.*", "6.1.0-18-amd64", true},
      {"~ 6.1.*", "6.10", false},
      {"~ 4??", 404.0, true},
      {"any", "x", true},
      {"like the class", 5.0, true},
  };
  for (const auto& row : rows) {
    const auto rule = parse_value_rule(row.rule);
    ASSERT_TRUE(rule) << row.rule;
    EXPECT_EQ(rule->fits(row.value), row.fits) << row.rule << " and " << to_text(row.value);
  }
}

TEST(ValueRule, RefusesWhatHasNoSense) {
  for (const char* text :
       {"", "512", "..", "10..1", "a..b", "~", "1..1e999", "like class", "inx"}) {
    const auto rule = parse_value_rule(text);
    ASSERT_FALSE(rule) << text;
    EXPECT_EQ(rule.error().kind(), ErrorKind::invalid);
  }
}

TEST(ValueRules, TheMostTellingOneCounts) {
  const std::vector<ValueRule> rules = {
      {"*", "*", "*", "any"},          {"*", "mine", "*", "= 1"},
      {"compute", "*", "*", "= 2"},    {"*", "*", "disk.*", "= 3"},
      {"*", "*", "disk.a", "= 4"},     {"compute", "mine", "disk.a", "= 5"},
      {"gpu", "mine", "disk.a", "= 6"}};
  const auto parsed = ValueRules::parse(rules);
  ASSERT_TRUE(parsed);
  const struct {
    std::set<std::string> classes;
    const char* instance;
    const char* name;
    std::vector<std::string> expected;
  } rows[] = {
      {{"login"}, "pcp", "load", {"any"}},
      {{"login"}, "mine", "load", {"= 1"}},
      {{"compute"}, "mine", "load", {"= 2"}},
      {{"compute"}, "mine", "disk.b", {"= 3"}},
      {{"compute"}, "pcp", "disk.a", {"= 4"}},
      {{"compute"}, "mine", "disk.a", {"= 5"}},
      {{"compute", "gpu"}, "mine", "disk.a", {"= 5", "= 6"}},
  };
  for (const auto& row : rows) {
    std::vector<std::string> found;
    for (const auto* each : parsed->of(row.classes, row.instance, row.name)) {
      found.push_back(each->rule);
    }
    EXPECT_EQ(found, row.expected) << row.instance << " " << row.name;
  }
  EXPECT_EQ(parsed->required({"gpu"}, "mine"), std::set<std::string>({"disk.a"}));
  EXPECT_TRUE(parsed->compares("pcp"));
}

TEST(ValueRules, NamesTheRowThatHasNoSense) {
  const auto parsed = ValueRules::parse(std::vector<ValueRule>{{"compute", "mine", "a", "512"}});
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().kind(), ErrorKind::corrupt);
  EXPECT_TRUE(parsed.error().message().contains("host_type \"compute\", instance \"mine\""));
}

}  // namespace
}  // namespace lockstep
