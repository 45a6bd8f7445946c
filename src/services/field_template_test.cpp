#include "services/field_template.h"

#include <gtest/gtest.h>

#include <array>

namespace lockstep::services {
namespace {

using namespace std::string_view_literals;

TEST(FieldTemplate, FillsInWhatWasCaptured) {
  const std::array captures = {"all of it"sv, "9.2p1"sv,         std::string_view(), "a_b_c"sv,
                               "\x01\x02"sv,  "x\r\ny\x1b[2J"sv, "1 (2)"sv};
  struct Row {
    std::string_view description, text, expected;
  };
  const Row rows[] = {
      {"text alone", "OpenSSH", "OpenSSH"},
      {"nothing", "", ""},
      {"a group", "v$1", "v9.2p1"},
      {"a group twice", "$1/$1", "9.2p1/9.2p1"},
      {"a group that captured nothing empties the field", "v$2", ""},
      {"a group that is not there too", "v$9", ""},
      {"a dollar alone", "US$ $1", "US$ 9.2p1"},
      {"a dollar at the end", "$1$", "9.2p1$"},
      {"control characters of a stranger are left out", "$5", "xy[2J"},
      {"the same by name", "$P(5)", "xy[2J"},
      {"replaced", "$SUBST(3,\"_\",\".\")", "a.b.c"},
      {"replaced by nothing", "$SUBST(3,\"_\",\"\")", "abc"},
      {"a bracket in quotes", "$SUBST(6,\" (\",\")\")", "1)2)"},
      {"a number, most significant byte first", "$I(4,\">\")", "258"},
      {"a number, least significant byte first", "$I(4,\"<\")", "513"},
      {"another word with brackets is text", "$X(1)", "$X(1)"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.description);
    const auto parsed = FieldTemplate::parse(row.text);
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(parsed->fill(captures), row.expected);
  }
}

TEST(FieldTemplate, ANumberOfMoreThanEightBytesIsNone) {
  const std::array captures = {"x"sv, "123456789"sv};
  EXPECT_EQ(FieldTemplate::parse("$I(1,\">\")")->fill(captures), "");
}

TEST(FieldTemplate, IsNeverLongerThanTheBound) {
  const std::string much(1000, 'x');
  const std::array<std::string_view, 2> captures = {much, much};
  EXPECT_EQ(FieldTemplate::parse("$1$1")->fill(captures).size(), kMostFieldBytes);
}

TEST(FieldTemplate, TellsWhatIsWrong) {
  struct Row {
    std::string_view text, expected;
  };
  const Row rows[] = {
      {"$P(1", "$P( has no closing bracket"},
      {"$P()", "the number of a group is missing"},
      {"$P(1,2)", "too much stands between the brackets"},
      {"$SUBST(1)", "a text in quotes is missing"},
      {"$SUBST(1,\"a\")", "a text in quotes is missing"},
      {"$SUBST(1,\"\",\"a\")", "nothing cannot be replaced"},
      {"$I(1,\"!\")", "the order of bytes"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const auto parsed = FieldTemplate::parse(row.text);
    ASSERT_FALSE(parsed);
    EXPECT_NE(parsed.error().message().find(row.expected), std::string::npos)
        << parsed.error().message();
  }
}

}  // namespace
}  // namespace lockstep::services
