#include "store/spool/spool_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace lockstep {
namespace {

using Texts = std::vector<std::string>;

const WallTime kAt = WallTime(std::chrono::seconds(1'782'907'200));
constexpr std::uint64_t kMost = 1 << 20;

class Spools : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/lockstep-spool-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ / "spool";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  SpoolFile open(std::uint64_t most = kMost) const {
    auto spool = SpoolFile::open(path_, most);
    EXPECT_TRUE(spool.has_value()) << (spool ? "" : spool.error().message());
    return std::move(*spool);
  }

  std::string raw() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write_raw(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }

  /// All that is left, which is replayed.
  static Texts drain(SpoolFile& spool) {
    Texts texts;
    while (true) {
      const auto record = spool.front();
      EXPECT_TRUE(record.has_value());
      if (!record || !*record) return texts;
      texts.push_back((*record)->bytes);
      EXPECT_TRUE(spool.pop().has_value());
    }
  }

  std::filesystem::path folder_;
  std::filesystem::path path_;
};

TEST_F(Spools, KeepsOrderNumbersAndTimesAcrossProcesses) {
  std::string id;
  {
    SpoolFile spool = open();
    EXPECT_TRUE(spool.empty());
    id = spool.id();
    for (const char* const text : {"a", "", "c"}) {
      ASSERT_TRUE(spool.append(text, kAt, false).has_value());
    }
    EXPECT_FALSE(SpoolFile::open(path_, kMost).has_value()) << "another daemon would tear it";
  }
  SpoolFile spool = open();
  EXPECT_EQ(spool.id(), id);
  EXPECT_EQ(spool.notice(), "");
  EXPECT_EQ(spool.since(), kAt);
  EXPECT_EQ(spool.front().value()->number, 1);
  EXPECT_EQ(drain(spool), (Texts{"a", "", "c"}));
  EXPECT_TRUE(spool.empty());
}

TEST_F(Spools, NoNumberIsGivenTwice) {
  {
    SpoolFile spool = open();
    ASSERT_TRUE(spool.append("a", kAt, false).has_value());
    ASSERT_TRUE(spool.append("b", kAt, false).has_value());
    drain(spool);
  }
  SpoolFile spool = open();
  ASSERT_TRUE(spool.append("c", kAt, false).has_value());
  EXPECT_EQ(spool.front().value()->number, 3);
  spool.begin_after(9);
  ASSERT_TRUE(spool.append("d", kAt, false).has_value());
  ASSERT_TRUE(spool.pop().has_value());
  EXPECT_EQ(spool.front().value()->number, 10);
}

TEST_F(Spools, WhatWasNotPoppedIsThereAgainAfterACrash) {
  {
    SpoolFile spool = open();
    for (const char* const text : {"a", "b", "c"}) {
      ASSERT_TRUE(spool.append(text, kAt, false).has_value());
    }
    ASSERT_TRUE(spool.pop().has_value());
  }
  SpoolFile spool = open();
  EXPECT_EQ(spool.front().value()->number, 1) << "the store knows that it has it";
}

TEST_F(Spools, ATornRecordIsDroppedAndTold) {
  {
    SpoolFile spool = open();
    ASSERT_TRUE(spool.append("first", kAt, false).has_value());
    ASSERT_TRUE(spool.append("second", kAt, false).has_value());
  }
  const std::string whole = raw();
  for (std::size_t cut = 1; cut < 30; ++cut) {
    write_raw(whole.substr(0, whole.size() - cut));
    SpoolFile spool = open();
    EXPECT_THAT(spool.notice(), testing::HasSubstr("torn by a crash"));
    ASSERT_TRUE(spool.append("third", kAt, false).has_value());
    EXPECT_EQ(drain(spool), (Texts{"first", "third"})) << cut;
  }
}

TEST_F(Spools, DamageIsFoundWhereverItIs) {
  {
    SpoolFile spool = open();
    for (const char* const text : {"first", "second", "third"}) {
      ASSERT_TRUE(spool.append(text, kAt, false).has_value());
    }
  }
  const std::string whole = raw();
  const std::size_t head = 48;
  for (std::size_t place = head; place < whole.size(); ++place) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 0x11);
    write_raw(damaged);
    SpoolFile spool = open();
    EXPECT_NE(spool.notice(), "") << place;
    for (const std::string& text : drain(spool)) {
      EXPECT_TRUE(text == "first" || text == "second" || text == "third") << place;
    }
  }
}

TEST_F(Spools, AnotherFileIsPutAside) {
  write_raw("something that somebody wrote");
  SpoolFile spool = open();
  EXPECT_THAT(spool.notice(), testing::HasSubstr("put aside"));
  EXPECT_TRUE(std::filesystem::exists(path_.string() + ".bad"));
  ASSERT_TRUE(spool.append("a", kAt, false).has_value());
  EXPECT_EQ(drain(spool), Texts{"a"});
}

TEST_F(Spools, WhereThereIsNoRoomTheOldestExpendableGo) {
  SpoolFile spool = open(1000);
  const std::string hundred(100, 'x');
  std::size_t dropped = 0;
  for (int i = 0; i < 20; ++i) {
    const auto done = spool.append("plain" + hundred, kAt, true);
    ASSERT_TRUE(done.has_value());
    dropped += *done;
    EXPECT_LE(spool.bytes(), 1000U);
  }
  EXPECT_EQ(dropped + spool.size(), 20U);
  ASSERT_TRUE(spool.append("finding" + hundred, kAt, false).has_value());
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(spool.append("plain" + hundred, kAt, true).has_value());
  EXPECT_EQ(drain(spool).front(), "finding" + hundred);
}

TEST_F(Spools, FindingsAreNeverDroppedForOthers) {
  SpoolFile spool = open(1000);
  const std::string hundred(100, 'x');
  std::size_t kept = 0;
  while (spool.append("finding" + hundred, kAt, false).has_value()) ++kept;
  EXPECT_GT(kept, 3U);
  const auto refused = spool.append("plain" + hundred, kAt, true);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind(), ErrorKind::unavailable);
  EXPECT_THAT(refused.error().message(), testing::HasSubstr("full"));
  EXPECT_EQ(drain(spool).size(), kept);
}

TEST_F(Spools, WhateverIsAppendedComesBackInOrder) {
  rc::check([this] {
    std::filesystem::remove(path_);
    const auto texts = *rc::gen::container<Texts>(rc::gen::string<std::string>());
    {
      SpoolFile spool = open();
      for (const std::string& text : texts) {
        RC_ASSERT(spool.append(text, kAt, true).has_value());
      }
    }
    SpoolFile spool = open();
    RC_ASSERT(drain(spool) == texts);
  });
}

}  // namespace
}  // namespace lockstep
