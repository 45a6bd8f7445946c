#include "inventory/groups/yaml_groups.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(YamlGroups, AreStringsOrLists) {
  const auto groups = parse_yaml_groups(R"(
roles:
  adm: 'example0'
  io: [ "@mds", "example[4-5]" ]
  none:
racks:
  r1: example[0-3]
)");
  ASSERT_TRUE(groups) << groups.error().message();
  EXPECT_EQ(groups->at("roles").at("adm"), "example0");
  EXPECT_EQ(groups->at("roles").at("io"), "@mds,example[4-5]");
  EXPECT_EQ(groups->at("roles").at("none"), "");
  EXPECT_EQ(groups->at("racks").at("r1"), "example[0-3]");
}

TEST(YamlGroups, ThatAreWrongSayWhere) {
  const struct {
    const char* description;
    std::string text;
    const char* message;
  } rows[] = {
      {"a list", "- a\n", "line 1: a map of group sources is expected"},
      {"nothing", "", "line 1: a map of group sources is expected"},
      {"not a map", "roles:\n- a\n", "line 1: a group source is expected"},
      {"a map for nodes", "roles:\n  a:\n    b: c\n", "line 3: the group \"a\" is to be a nodeset"},
      {"a list of lists", "roles:\n  a: [ [ b ] ]\n", "line 2: the list of the group \"a\""},
      {"group twice", "roles:\n  a: b\n  a: c\n", "line 3: the group \"a\" appears twice"},
      {"not YAML", "roles:\n  a: [b\n", "line "},
      {"a bomb of brackets", "a: " + std::string(100'000, '['), "line "},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    const auto groups = parse_yaml_groups(row.text);
    ASSERT_FALSE(groups);
    EXPECT_EQ(groups.error().kind(), ErrorKind::invalid);
    EXPECT_TRUE(groups.error().message().starts_with(row.message)) << groups.error().message();
  }
}

}  // namespace
}  // namespace lockstep
