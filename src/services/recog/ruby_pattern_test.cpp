#include "services/recog/ruby_pattern.h"

#include <gtest/gtest.h>

#include "services/pattern.h"

namespace lockstep::services {
namespace {

TEST(RubyPattern, MeansTheSameInPcre) {
  struct Row {
    std::string_view description, pattern, translated, fits, fits_not;
  };
  const Row rows[] = {
      {"plain", "^a.c$", "(?m)^a.c$", "abc", "a\nc"},
      {"anchors of lines", "^b$", "(?m)^b$", "a\nb\nc", "abc"},
      {"anchors of texts", "\\Ab\\z", "(?m)\\Ab\\z", "b", "a\nb"},
      {"hexadecimal digits", "^\\h\\h$", "(?m)^[0-9A-Fa-f][0-9A-Fa-f]$", "fF", "  "},
      {"none of them", "^\\H$", "(?m)^[^0-9A-Fa-f]$", "g", "f"},
      {"in a class", "^[\\h:-]+$", "(?m)^[0-9A-Fa-f:-]+$", "0a:f-", "g"},
      {"an escaped backslash before it", "^\\\\h$", "(?m)^\\\\h$", "\\h", "f"},
      {"a named class", "^[[:alpha:]_]+$", "(?m)^[[:alpha:]_]+$", "a_b", "1"},
      {"dots that are line feeds", "^(?m:a.c)$", "(?m)^(?s:a.c)$", "a\nc", "abd"},
      {"and back", "^(?m-i)a.c$", "(?m)^(?s-i)a.c$", "a\nc", "A\nc"},
      {"groups that are no options", "^(?:a)(?=b)(?<x>b)$", "(?m)^(?:a)(?=b)(?<x>b)$", "ab", "a"},
      {"a repeat without a beginning", "^a{,2}$", "(?m)^a{0,2}$", "aa", "aaa"},
      {"a bracket in front of a class", "^[]x]+$", "(?m)^[]x]+$", "]x", "["},
  };
  PatternRunner runner;
  for (const Row& row : rows) {
    SCOPED_TRACE(row.description);
    const auto translated = from_ruby(row.pattern);
    ASSERT_TRUE(translated) << translated.error().message();
    EXPECT_EQ(*translated, row.translated);
    Signature signature;
    signature.pattern = *translated;
    const auto pattern = Pattern::compile(signature);
    ASSERT_TRUE(pattern) << pattern.error().message();
    EXPECT_EQ(runner.run(*pattern, row.fits), Fit::yes);
    EXPECT_EQ(runner.run(*pattern, row.fits_not), Fit::no);
  }
}

TEST(RubyPattern, WhatHasNoLikeIsRefused) {
  for (const std::string_view pattern : {"[a-z&&[^x]]", "[a[b]]", "[\\H]"}) {
    EXPECT_FALSE(from_ruby(pattern)) << pattern;
  }
  for (const std::string_view pattern :
       {"", "\\", "[", "[^", "[]", "[a\\", "(?", "{,", "(?m", "[[:"})
    (void)from_ruby(pattern);
}

}  // namespace
}  // namespace lockstep::services
