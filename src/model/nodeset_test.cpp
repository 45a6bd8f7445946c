#include "model/nodeset.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <numeric>

namespace lockstep {
namespace {

std::string join(const std::vector<std::string>& names) {
  std::string result;
  for (const std::string& name : names) result += (result.empty() ? "" : " ") + name;
  return result;
}

struct GoodRow {
  const char* description;
  const char* text;
  const char* expanded;
  const char* folded;
};

// The expectations are those of `nodeset -e` and `nodeset -f` of ClusterShell 1.9.1, but for the
// rows marked "ours".
const GoodRow kGood[] = {
    GoodRow{"nothing", "", "", ""},
    GoodRow{"only space (ours)", " \t\n", "", ""},
    GoodRow{"a name without number", "login", "login", "login"},
    GoodRow{"a name that is a number", "[8-10]", "8 9 10", "[8-10]"},
    GoodRow{"a range", "node[1-3]", "node1 node2 node3", "node[1-3]"},
    GoodRow{"one of a range", "node[7]", "node7", "node7"},
    GoodRow{"padding is part of the name", "n[001-003],n1", "n1 n001 n002 n003", "n[1,001-003]"},
    GoodRow{"padding ends where the length does", "n[098-101,1000]", "n098 n099 n100 n101 n1000",
            "n[098-101,1000]"},
    GoodRow{"a lone padded index hands its padding on", "n[01,10-12,99-100]",
            "n01 n10 n11 n12 n99 n100", "n[01,10-12,99-100]"},
    GoodRow{"the same, where a run shows it", "n[01,98-100]", "n01 n98 n99 n100",
            "n[01,98-99,100]"},
    GoodRow{"a padded run does not", "n[01-02,98-100]", "n01 n02 n98 n99 n100", "n[01-02,98-100]"},
    GoodRow{"steps", "n[0-10/5]", "n0 n5 n10", "n[0,5,10]"},
    GoodRow{"a step beyond the range", "n[3-5/9]", "n3", "n3"},
    GoodRow{"a suffix", "n[1-2]-ib", "n1-ib n2-ib", "n[1-2]-ib"},
    GoodRow{"digits before a bracket", "n1[2-3]", "n12 n13", "n[12-13]"},
    GoodRow{"digits after a bracket", "n[1-2]5", "n15 n25", "n[15,25]"},
    GoodRow{"numbers grow a digit after digits (ours)", "n1[9-10]", "n19 n110", "n[19,110]"},
    GoodRow{"two dimensions", "r[1-2]n[08-09]", "r1n08 r1n09 r2n08 r2n09", "r[1-2]n[08-09]"},
    GoodRow{"two dimensions in pieces", "r1n1,r2n2,r1n2,r2n1", "r1n1 r1n2 r2n1 r2n2",
            "r[1-2]n[1-2]"},
    GoodRow{"a dimension with a hole", "r[1-2]n[1-3],r3n1,r1n5",
            "r1n1 r1n2 r1n3 r1n5 r2n1 r2n2 r2n3 r3n1", "r1n[1-3,5],r2n[1-3],r3n1"},
    GoodRow{"three dimensions", "a[1-2]b[1-2]c[1-2]!a2b2c2",
            "a1b1c1 a1b1c2 a1b2c1 a1b2c2 a2b1c1 a2b1c2 a2b2c1", "a1b[1-2]c[1-2],a2b1c[1-2],a2b2c1"},
    GoodRow{"union drops duplicates", "b1,a1,b1", "a1 b1", "a1,b1"},
    GoodRow{"white space unites (ours)", "n1 n2\nn3", "n1 n2 n3", "n[1-3]"},
    GoodRow{"white space around operators", " n[1-5] ! n2 , n9 ", "n1 n3 n4 n5 n9", "n[1,3-5,9]"},
    GoodRow{"white space in brackets", "n[ 1 - 3 , 5 ]", "n1 n2 n3 n5", "n[1-3,5]"},
    GoodRow{"difference", "n[1-5]!n[2-3]", "n1 n4 n5", "n[1,4-5]"},
    GoodRow{"intersection", "n[1-5]&n[4-9]", "n4 n5", "n[4-5]"},
    GoodRow{"symmetric difference", "n[1-3]^n[3-4]", "n1 n2 n4", "n[1-2,4]"},
    GoodRow{"left to right, without precedence", "a,b&b,c!b", "c", "c"},
    GoodRow{"all gone", "a!a", "", ""},
    GoodRow{"indexes beyond 64 bits", "n[99999999999999999999-100000000000000000001]",
            "n99999999999999999999 n100000000000000000000 n100000000000000000001",
            "n[99999999999999999999-100000000000000000001]"},
    GoodRow{"patterns sort as ClusterShell's do", "%n1,a%2,a1,a", "%n1 a a%2 a1", "%n1,a,a%2,a1"}};

TEST(Nodeset, ExpandsAndFolds) {
  for (const GoodRow& row : kGood) {
    SCOPED_TRACE(row.description);
    const auto set = parse_nodeset(row.text);
    ASSERT_TRUE(set) << set.error().message();
    EXPECT_EQ(join(set->names()), row.expanded);
    EXPECT_EQ(set->fold(), row.folded);
  }
}

struct BadRow {
  const char* description;
  std::string text;
  const char* message;
};

/// `text`, `times` times.
std::string repeated(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

const BadRow kBad[] = {
    BadRow{"backwards", "node[5-1]", "character 6: the range 5-1 ends before it begins"},
    BadRow{"too large", "node[1-999999999]",
           "character 1: \"node[1-999999999]\" stands for 999,999,999 nodes; the limit is "
           "1,000,000"},
    BadRow{"too large by its dimensions", "a[1-1001]b[1-1000]", "stands for 1,001,000 nodes"},
    BadRow{"beyond 64 bits", "a[1-99999999999]b[1-99999999999]", "stands for more than"},
    BadRow{"unclosed", "node[1-3", "character 5: \"[\" without \"]\""},
    BadRow{"unopened", "node1-3],b", "character 8: \"]\" without \"[\""},
    BadRow{"nested", "n[1-[2]]", "character 3: \"1-[2\" is not a range"},
    BadRow{"empty brackets", "n[]", "character 3: an empty range"},
    BadRow{"empty range", "n[1,,2]", "character 5: an empty range"},
    BadRow{"adjacent brackets", "n[1-2][3-4]", "character 7: two brackets need"},
    BadRow{"only digits between brackets", "n[1-2]5[3-4]", "character 8: two brackets need"},
    BadRow{"negative", "n[-5-3]", "indexes are not negative"},
    BadRow{"not a number", "n[a-b]", "\"a-b\" is not a range"},
    BadRow{"three ends", "n[1-2-3]", "\"1-2-3\" is not a range"},
    BadRow{"paddings that differ", "n[01-100]", "needs ends of one length"},
    BadRow{"padded end only", "n[1-010]", "needs ends of one length"},
    BadRow{"no step", "n[1-9/]", "the step is to be a number"},
    BadRow{"step 0", "n[1-9/0]", "the step is to be a number"},
    BadRow{"huge step", "n[1-9/99999999999999999999]", "the step is to be a number"},
    BadRow{"step of one", "n[4/2]", "a step needs a range"},
    BadRow{"operator first", ",a", "character 1: a node name is missing before \",\""},
    BadRow{"operator last", "a !", "character 4: a node name is missing after \"!\""},
    BadRow{"two operators", "a,&b", "character 3: a node name is missing before \"&\""},
    BadRow{"group without source of groups", "@gpu", "there is no source of groups here"},
    BadRow{"wildcard", "node*", "character 5: wildcards are not supported"},
    BadRow{"control character", "a\x1b[1]", "character 2: \"\\x1b\" is not allowed"},
    BadRow{"not ASCII",
           "n\xc3\xb6"
           "de1",
           "is not allowed in a node name"},
    BadRow{"at sign within", "user@host", "character 5: \"@\" is not allowed"},
    BadRow{"huge padding", "n[" + std::string(5000, '0') + "1]", "has more than 100 digits"},
    BadRow{"long name", std::string(256, 'x'), "makes names of more than 255 bytes"},
    BadRow{"long name by brackets", std::string(250, 'x') + "[123456]",
           "makes names of more than 255 bytes"},
    BadRow{"too many numbers", repeated("a1", 33), "more than 32 numbers"},
    BadRow{"a megabyte of brackets", std::string(1 << 20, '['), "\"[\" without \"]\""},
    BadRow{"a megabyte of commas", std::string(1 << 20, ','), "a node name is missing"},
    BadRow{"too much text", std::string((16 << 20) + 1, 'a'), "bytes are too many"}};

TEST(Nodeset, SaysWhereAndWhyItIsWrong) {
  for (const BadRow& row : kBad) {
    SCOPED_TRACE(row.description);
    const auto set = parse_nodeset(row.text);
    ASSERT_FALSE(set) << "parsed as " << set->fold();
    EXPECT_EQ(set.error().kind(), ErrorKind::invalid);
    EXPECT_NE(set.error().message().find(row.message), std::string::npos) << set.error().message();
    EXPECT_LT(set.error().message().size(), 500U);
  }
}

TEST(Nodeset, IsBoundedAsAWhole) {
  NodesetOptions options;
  options.max_nodes = 1000;
  EXPECT_TRUE(parse_nodeset("a[1-1000]", options));
  EXPECT_TRUE(parse_nodeset("a[1-600],a[1-600]", options));
  const auto together = parse_nodeset("a[1-600],b[1-600]", options);
  ASSERT_FALSE(together);
  EXPECT_NE(together.error().message().find("more than 1,000 nodes"), std::string::npos);
  const auto endless = parse_nodeset(repeated("a[1-1000]!", 20) + "a1", options);
  ASSERT_FALSE(endless);
  EXPECT_NE(endless.error().message().find("more than 8 times 1,000 nodes"), std::string::npos);
}

class Groups : public testing::Test {
 protected:
  Result<Nodeset> parse(std::string_view text) {
    NodesetOptions options;
    options.resolve_group = [this](std::string_view source,
                                   std::string_view group) -> Result<std::string> {
      asked_.push_back(fmt::format("{}:{}", source, group));
      const auto found = groups_.find(asked_.back());
      if (found == groups_.end()) return fail(ErrorKind::not_found, "no such group");
      return found->second;
    };
    return parse_nodeset(text, options);
  }
  std::map<std::string, std::string> groups_;
  std::vector<std::string> asked_;
};

TEST_F(Groups, ComeFromTheResolver) {
  groups_ = {{":gpu", "n[1-2]\nn5"},
             {"slurm:batch", "n[5-9]"},
             {":*", "n[1-9]"},
             {":r1", "a"},
             {":r2", "b"}};
  EXPECT_EQ(parse("@gpu,login")->fold(), "login,n[1-2,5]");
  EXPECT_EQ(parse("@slurm:batch&@gpu")->fold(), "n5");
  EXPECT_EQ(parse("@*!@gpu")->fold(), "n[3-4,6-9]");
  EXPECT_EQ(parse("@r[1-2]")->fold(), "a,b");
}

TEST_F(Groups, NestWithinTheirSource) {
  groups_ = {{"s:all", "@half,@other:x"}, {"s:half", "n1"}, {"other:x", "n2"}};
  EXPECT_EQ(parse("@s:all")->fold(), "n[1-2]");
}

TEST_F(Groups, AreAskedForOnceEach) {
  groups_ = {{":a", "@b,@b,@b"}, {":b", "@c,@c,@c"}, {":c", "n1"}};
  EXPECT_EQ(parse("@a,@a")->fold(), "n1");
  EXPECT_EQ(asked_, (std::vector<std::string>{":a", ":b", ":c"}));
}

TEST_F(Groups, ThatContainThemselvesAreAnError) {
  groups_ = {{":a", "n1,@b"}, {":b", "@a"}};
  const auto set = parse("@a");
  ASSERT_FALSE(set);
  EXPECT_NE(set.error().message().find("the group \"@a\" contains itself"), std::string::npos);
}

TEST_F(Groups, MayNotNestWithoutEnd) {
  for (int i = 0; i < 100; ++i) groups_[fmt::format(":g{}", i)] = fmt::format("@g{}", i + 1);
  groups_[":g100"] = "n1";
  EXPECT_EQ(parse("@g90")->fold(), "n1");
  const auto set = parse("@g0");
  ASSERT_FALSE(set);
  EXPECT_NE(set.error().message().find("nested more than 32 deep"), std::string::npos);
}

TEST_F(Groups, KeepTheErrorOfTheirSource) {
  const auto set = parse("@nope");
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().kind(), ErrorKind::not_found);
  const auto nameless = parse("@s:");
  ASSERT_FALSE(nameless);
  EXPECT_NE(nameless.error().message().find("name of the group is missing"), std::string::npos);
}

TEST(NodesetValue, HasTheOperationsOfASet) {
  const Nodeset a({"n2", "n1", "n2"});
  const Nodeset b({"n2", "n3"});
  EXPECT_EQ(a.size(), 2U);
  EXPECT_TRUE(a.contains("n1"));
  EXPECT_FALSE(a.contains("n3"));
  EXPECT_EQ((a | b).fold(), "n[1-3]");
  EXPECT_EQ((a & b).fold(), "n2");
  EXPECT_EQ((a - b).fold(), "n1");
  EXPECT_EQ((a ^ b).fold(), "n[1,3]");
}

rc::Gen<std::vector<std::string>> any_names() {
  const auto index = rc::gen::element<std::string>("", "0", "1", "2", "3", "9", "10", "11", "01",
                                                   "02", "09", "001", "99", "100");
  const auto name = rc::gen::apply(
      [](const std::string& a, const std::string& b, const std::string& c) {
        return "r" + a + "n" + b + (c.empty() ? "" : "-" + c);
      },
      index, index, index);
  return rc::gen::container<std::vector<std::string>>(name);
}

TEST(NodesetProperty, FoldingLosesNothing) {
  EXPECT_TRUE(rc::check([] {
    const Nodeset set(*any_names());
    const auto again = parse_nodeset(set.fold());
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == set);
    RC_ASSERT(again->fold() == set.fold());
    RC_ASSERT(Nodeset(set.names()) == set);
    RC_ASSERT(set.names().size() == set.size());
  }));
}

TEST(NodesetProperty, OperatorsOfTheTextAreThoseOfTheValue) {
  EXPECT_TRUE(rc::check([] {
    const Nodeset a(*any_names());
    const Nodeset b(*any_names());
    RC_PRE(!a.empty() && !b.empty());
    RC_ASSERT(*parse_nodeset(a.fold() + "," + b.fold()) == (a | b));
    RC_ASSERT(((a | b) - b) == (a - b));
    RC_ASSERT((a ^ b) == ((a - b) | (b - a)));
    RC_ASSERT((a & b) == (a - (a - b)));
  }));
}

}  // namespace
}  // namespace lockstep
