#include "base/escaped.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace lockstep {
namespace {

TEST(Escaped, IsPrintableAndComesBack) {
  const struct {
    const char* description;
    std::string_view bytes;
    std::string_view text;
  } kRows[] = {
      {"nothing", "", ""},
      {"a greeting", "SSH-2.0-x\r\n", R"(SSH-2.0-x\r\n)"},
      {"a zero, and what is no UTF-8", std::string_view("a\0\xff\x7f", 4), R"(a\x00\xff\x7f)"},
      {"what looks like an escape", R"(\x00\n)", R"(\\x00\\n)"},
      {"quotes and a tab", "\"'\t", R"("'\t)"},
      {"letters beyond ASCII", "\xc3\xbc", R"(\xc3\xbc)"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    EXPECT_EQ(escaped(row.bytes), row.text);
    EXPECT_EQ(unescaped(row.text), row.bytes);
  }
}

TEST(Escaped, WhatIsNoneOfOursStandsForItself) {
  for (const char* const text : {R"(\)", R"(a\q)", R"(\x)", R"(\x1)", R"(\xZZ)", R"(\xFF)"}) {
    EXPECT_EQ(unescaped(text), text);
  }
}

RC_GTEST_PROP(Escaped, AnyBytesComeBack, (const std::vector<char>& any)) {
  const std::string bytes(any.begin(), any.end());
  const std::string text = escaped(bytes);
  RC_ASSERT(unescaped(text) == bytes);
  RC_ASSERT(std::ranges::all_of(text, [](char each) { return each >= ' ' && each <= '~'; }));
}

}  // namespace
}  // namespace lockstep
