#include "base/text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <limits>

namespace lockstep {
namespace {

TEST(Quoted, TakesTheHarmOutOfHostileText) {
  const struct {
    const char* description;
    std::string_view text;
    std::string_view expected;
  } kRows[] = {
      {"empty", "", R"("")"},
      {"plain", "node[001-512]", R"("node[001-512]")"},
      {"quotes and backslashes", R"(a"b\c)", R"("a\"b\\c")"},
      {"an escape sequence", "\x1b[2J", R"("\x1b[2J")"},
      {"a forged log line", "x\nERROR all is well\r", R"("x\nERROR all is well\r")"},
      {"a zero byte", std::string_view("a\0b", 3), R"("a\x00b")"},
      {"a tab and a delete", "\t\x7f", R"("\t\u{007f}")"},
      {"letters beyond ASCII stay", "Zürich 計算", R"("Zürich 計算")"},
      {"text turned right to left", "a\u202eb", R"("a\u{202e}b")"},
      {"a C1 control", "\u009b", R"("\u{009b}")"},
      {"zero width", "a\u200bb\ufeff", R"("a\u{200b}b\u{feff}")"},
      {"a separator without width", "a\u180eb", R"("a\u{180e}b")"},
      {"a tag", "\U000e0041", R"("\u{e0041}")"},
      {"a byte alone", "\xff", R"("\xff")"},
      {"a character cut short", "\xe2\x82", R"("\xe2\x82")"},
      {"an overlong zero", "\xc0\x80", R"("\xc0\x80")"},
      {"an overlong slash of three", "\xe0\x80\xaf", R"("\xe0\x80\xaf")"},
      {"a surrogate", "\xed\xa0\x80", R"("\xed\xa0\x80")"},
      {"beyond Unicode", "\xf4\x90\x80\x80", R"("\xf4\x90\x80\x80")"},
      {"the last character of Unicode's planes", "\xf4\x8f\xbf\xbd", "\"\xf4\x8f\xbf\xbd\""},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    EXPECT_EQ(quoted(row.text), row.expected);
  }
}

TEST(Quoted, StopsAtTheLimit) {
  EXPECT_EQ(quoted("abcd", 4), R"("abcd")");
  EXPECT_EQ(quoted("abcde", 4), R"("abcd"...)");
  EXPECT_EQ(quoted("äöüß!", 4), R"("äöüß"...)") << "characters count, not bytes";
}

RC_GTEST_PROP(Quoted, NeverLetsAControlByteThrough, (const std::vector<std::uint8_t>& bytes)) {
  const std::string text = quoted(std::string(bytes.begin(), bytes.end()), 1000);
  RC_ASSERT(text.front() == '"' && text.back() == '"');
  for (const char c : text) {
    RC_ASSERT(static_cast<std::uint8_t>(c) >= 0x20);
    RC_ASSERT(c != 0x7f);
  }
}

TEST(Nearest, FindsWhatWasMeant) {
  constexpr std::array<std::string_view, 5> kKeys = {"rate", "node_rate", "ports", "engine",
                                                     "allow"};
  const struct {
    const char* description;
    std::string_view mistyped;
    std::string_view meant;
  } kRows[] = {
      {"itself", "engine", "engine"},
      {"a letter missing", "engin", "engine"},
      {"a letter too many", "portss", "ports"},
      {"two letters swapped", "allwo", "allow"},
      {"another separator", "node-rate", "node_rate"},
      {"nothing like it", "frobnicate", ""},
      {"empty", "", ""},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    EXPECT_EQ(nearest(row.mistyped, kKeys), row.meant);
  }
  EXPECT_EQ(nearest("x", {}), "");
}

RC_GTEST_PROP(Nearest, FindsAWordWithOneLetterLess, (std::uint8_t position)) {
  constexpr std::array<std::string_view, 3> kWords = {"management", "unexpected", "filtered"};
  for (const std::string_view word : kWords) {
    std::string mistyped(word);
    mistyped.erase(position % mistyped.size(), 1);
    RC_ASSERT(nearest(mistyped, kWords) == word);
  }
}

TEST(WithThousands, Groups) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(1'234'567), "1,234,567");
  EXPECT_EQ(with_thousands(std::numeric_limits<unsigned long long>::max()),
            "18,446,744,073,709,551,615");
}

TEST(LowerCase, ChangesLettersOfAsciiAlone) {
  EXPECT_EQ(lower_case(""), "");
  EXPECT_EQ(lower_case("AZ az 09 [@`{"), "az az 09 [@`{");
  EXPECT_EQ(lower_case("\xc3\x84\xff"), "\xc3\x84\xff");
}

TEST(Trimmed, LosesTheSpaceAtBothEnds) {
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed(" \t\r\n"), "");
  EXPECT_EQ(trimmed("\tcompute nodes \r\n"), "compute nodes");
}

TEST(Split, KeepsEmptyPieces) {
  using Pieces = std::vector<std::string_view>;
  EXPECT_EQ(split("", ','), Pieces({""}));
  EXPECT_EQ(split("a", ','), Pieces({"a"}));
  EXPECT_EQ(split(",a,,b,", ','), Pieces({"", "a", "", "b", ""}));
}

RC_GTEST_PROP(Split, IsUndoneByJoining, (const std::string& text)) {
  std::string joined;
  for (const std::string_view piece : split(text, ',')) {
    if (piece.data() != text.data()) joined += ',';
    joined += piece;
  }
  RC_ASSERT(joined == text);
}

}  // namespace
}  // namespace lockstep
