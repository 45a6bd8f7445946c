#include "services/answer_cache.h"

#include <gtest/gtest.h>

namespace lockstep::services {
namespace {

Match named(std::string name) {
  Match match;
  match.service.name = std::move(name);
  return match;
}

std::string name_of(const Match* match) {
  return match == nullptr ? "(none)" : match->service.name;
}

TEST(AnswerCache, TellsAnswersAndProbesApart) {
  AnswerCache cache(10, 1000);
  cache.add(1, "hello", named("one"));
  cache.add(2, "hello", named("two"));
  cache.add(1, std::string_view("hel\0lo", 6), named("zero"));
  cache.add(1, "", named("empty"));
  EXPECT_EQ(name_of(cache.find(1, "hello")), "one");
  EXPECT_EQ(name_of(cache.find(2, "hello")), "two");
  EXPECT_EQ(name_of(cache.find(1, std::string_view("hel\0lo", 6))), "zero");
  EXPECT_EQ(name_of(cache.find(1, "")), "empty");
  EXPECT_EQ(name_of(cache.find(3, "hello")), "(none)");
  EXPECT_EQ(name_of(cache.find(1, "hell")), "(none)");
}

TEST(AnswerCache, WhatWasAskedForLongestAgoGoesFirst) {
  AnswerCache cache(2, 1000);
  cache.add(1, "a", named("a"));
  cache.add(1, "b", named("b"));
  EXPECT_NE(cache.find(1, "a"), nullptr);
  cache.add(1, "c", named("c"));
  EXPECT_EQ(name_of(cache.find(1, "a")), "a");
  EXPECT_EQ(name_of(cache.find(1, "b")), "(none)");
  EXPECT_EQ(name_of(cache.find(1, "c")), "c");
  EXPECT_EQ(cache.entries(), 2U);
  EXPECT_EQ(cache.bytes(), 2U);
}

TEST(AnswerCache, IsBoundedInBytes) {
  AnswerCache cache(1000, 100);
  for (int i = 0; i < 50; ++i) {
    cache.add(1, std::string(30, static_cast<char>('0' + i)), named("x"));
    EXPECT_LE(cache.bytes(), 100U);
  }
  EXPECT_EQ(cache.entries(), 3U);
  cache.add(1, std::string(101, 'y'), named("too large"));
  EXPECT_EQ(cache.entries(), 3U);
  cache.add(1, std::string(100, 'y'), named("all of it"));
  EXPECT_EQ(cache.entries(), 1U);
}

}  // namespace
}  // namespace lockstep::services
