#include "inventory/groups/groups_conf.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(GroupsConf, HasSectionsAndOptions) {
  const auto sections = parse_conf(R"(# comment
[Main]
Default: local
confdir = /a $CFGDIR/b

[slurm,batch]
; comment
map: sinfo -h -o "%N" -p $GROUP
list: sed 's/:.*//'
  | sort
)");
  ASSERT_TRUE(sections) << sections.error().message();
  ASSERT_EQ(sections->size(), 2U);
  EXPECT_EQ((*sections)[0].options.at("default").value, "local");
  EXPECT_EQ((*sections)[0].options.at("confdir").value, "/a $CFGDIR/b");
  EXPECT_EQ((*sections)[1].name, "slurm,batch");
  EXPECT_EQ((*sections)[1].line, 6U);
  EXPECT_EQ((*sections)[1].options.at("map").value, "sinfo -h -o \"%N\" -p $GROUP");
  EXPECT_EQ((*sections)[1].options.at("map").line, 8U);
  EXPECT_EQ((*sections)[1].options.at("list").value, "sed 's/:.*//'\n| sort");
}

TEST(GroupsConf, ThatIsWrongSaysWhere) {
  const struct {
    const char* text;
    const char* message;
  } rows[] = {
      {"map: x\n", "line 1: an option before the first [section]"},
      {"[a\n", "line 1: \"[\" without \"]\""},
      {"[a]\nmap\n", "line 2: \"map\" is neither"},
      {"[a]\n[a]\n", "line 2: the section [a] appears twice"},
      {"[a]\nmap: x\nMAP: y\n", "line 3: the option \"map\" appears twice"},
  };
  for (const auto& row : rows) {
    const auto sections = parse_conf(row.text);
    ASSERT_FALSE(sections) << row.text;
    EXPECT_TRUE(sections.error().message().starts_with(row.message)) << sections.error().message();
  }
}

TEST(GroupsConf, ListsOfFoldersAreSplitAsByAShell) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(*shell_words(" /a  /b\n/c "), (Words{"/a", "/b", "/c"}));
  EXPECT_EQ(*shell_words("\"/a b\" '/c\\d' /e\\ f \"\""), (Words{"/a b", "/c\\d", "/e f", ""}));
  EXPECT_EQ(*shell_words(""), Words{});
  EXPECT_FALSE(shell_words("\"/a"));
}

TEST(GroupsConf, VariablesAreSubstitutedOnce) {
  const std::map<std::string, std::string> values{{"GROUP", "gpu"}, {"NODE", "$GROUP"}};
  EXPECT_EQ(substituted("-p $GROUP ${GROUP}s $NODE", values), "-p gpu gpus $GROUP");
  EXPECT_EQ(substituted("$f $GROUPS ${GROUP $$GROUP $", values), "$f $GROUPS ${GROUP $GROUP $");
  EXPECT_EQ(substituted("[ -f x ] && f=x || f=y; cat $f", values),
            "[ -f x ] && f=x || f=y; cat $f");
}

}  // namespace
}  // namespace lockstep
