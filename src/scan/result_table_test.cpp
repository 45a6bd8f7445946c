#include "scan/result_table.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <map>
#include <thread>

#include "scan/test_plan.h"

namespace lockstep::scan {
namespace {

using test::ports_with;

constexpr Answer kAnswers[] = {Answer::closed, Answer::open, Answer::unreachable};

TEST(ResultTable, BeginsEmpty) {
  const auto table = ResultTable::create(3);
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_EQ(table->size(), 3U);
  EXPECT_FALSE(table->run().stop);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(table->target(i).status, TargetStatus::waiting);
    EXPECT_EQ(table->target(i).answered, 0U);
    EXPECT_EQ(ports_with(*table, i, Answer::none).size(), 65535U);
  }
}

TEST(ResultTable, MayHaveNoTargets) {
  const auto table = ResultTable::create(0);
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_EQ(table->size(), 0U);
  EXPECT_EQ(table->run().probes, 0U);
}

TEST(ResultTable, TheFirstAnswerWins) {
  const auto table = ResultTable::create(1).value();
  EXPECT_TRUE(table.record(0, 22, Answer::open));
  for (const Answer later : kAnswers) EXPECT_FALSE(table.record(0, 22, later));
  EXPECT_EQ(table.answer(0, 22), Answer::open);
  EXPECT_EQ(table.target(0).answered, 1U);
  EXPECT_EQ(table.target(0).open, 1U);
  EXPECT_EQ(table.target(0).unreachable, 0U);
}

TEST(ResultTable, StaysValidWhereItMoves) {
  auto first = ResultTable::create(2).value();
  first.record(1, 65535, Answer::closed);
  const ResultTable second = std::move(first);
  EXPECT_EQ(second.answer(1, 65535), Answer::closed);
  first = ResultTable::create(1).value();
  EXPECT_EQ(second.target(1).answered, 1U);
}

RC_GTEST_PROP(ResultTable, KeepsWhatAMapKeeps, ()) {
  constexpr std::uint32_t kTargets = 3;
  const auto table = ResultTable::create(kTargets).value();
  std::map<std::pair<std::uint32_t, Port>, Answer> model;
  const auto steps = *rc::gen::inRange(0, 300);
  for (int i = 0; i < steps; ++i) {
    // Few ports, at the edges of words, so that they meet.
    const auto target = *rc::gen::inRange<std::uint32_t>(0, kTargets);
    const auto port = *rc::gen::element<Port>(0, 1, 31, 32, 33, 63, 64, 65503, 65504, 65535);
    const auto answer = *rc::gen::element(Answer::closed, Answer::open, Answer::unreachable);
    const bool first = model.emplace(std::pair(target, port), answer).second;
    RC_ASSERT(table.record(target, port, answer) == first);
  }
  for (std::uint32_t target = 0; target < kTargets; ++target) {
    std::array<std::uint32_t, 4> counts{};
    for (std::uint32_t port = 0; port <= 65535; ++port) {
      const Answer answer = table.answer(target, static_cast<Port>(port));
      ++counts[static_cast<std::size_t>(answer)];
      if (answer != Answer::none) {
        RC_ASSERT(model.extract({target, static_cast<Port>(port)}).mapped() == answer);
      }
    }
    RC_ASSERT(table.target(target).answered == 65536 - counts[0]);
    RC_ASSERT(table.target(target).open == counts[2]);
    RC_ASSERT(table.target(target).unreachable == counts[3]);
  }
  RC_ASSERT(model.empty());
}

TEST(ResultTable, CountsExactlyUnderManyWriters) {
  constexpr std::size_t kWriters = 4;
  constexpr std::size_t kTargets = 2;
  const auto table = ResultTable::create(kTargets).value();
  std::array<std::size_t, kWriters> wins{};
  std::vector<std::jthread> writers;
  for (std::size_t writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      // All claim all ports of all targets, each with an answer of its own and from another start.
      for (std::uint32_t i = 0; i < 65536 * kTargets; ++i) {
        const auto port = static_cast<Port>(i + writer * 16384);
        wins[writer] += table.record(i / 65536, port, kAnswers[writer % 3]);
      }
    });
  }
  writers.clear();
  EXPECT_EQ(std::accumulate(wins.begin(), wins.end(), std::size_t{0}), 65536 * kTargets);
  for (std::size_t i = 0; i < kTargets; ++i) {
    EXPECT_EQ(table.target(i).answered, 65536U);
    EXPECT_EQ(table.target(i).open, ports_with(table, i, Answer::open).size() +
                                        (table.answer(i, 0) == Answer::open ? 1 : 0));
    EXPECT_EQ(table.target(i).unreachable, ports_with(table, i, Answer::unreachable).size() +
                                               (table.answer(i, 0) == Answer::unreachable ? 1 : 0));
    EXPECT_TRUE(ports_with(table, i, Answer::none).empty());
  }
}

TEST(ResultTable, IsSharedWithAChildProcess) {
  const auto table = ResultTable::create(1).value();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    table.record(0, 4444, Answer::open);
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(table.answer(0, 4444), Answer::open);
  EXPECT_EQ(table.target(0).open, 1U);
}

}  // namespace
}  // namespace lockstep::scan
