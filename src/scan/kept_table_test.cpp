#include "scan/kept_table.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "net/io/memory.h"
#include "scan/packet_engine.h"
#include "scan/stack_signature.h"
#include "scan/test_plan.h"

namespace lockstep::scan {
namespace {

namespace fs = std::filesystem;

using test::plan_of;
using test::port_range;
using test::ports_with;

class KeptTables : public testing::Test {
 protected:
  KeptTables() {
    std::string name = fs::temp_directory_path() / "lockstep-kept-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    place_ = {.folder = folder_ / "sweeps", .horizon = std::chrono::minutes(10)};
  }
  ~KeptTables() override { fs::remove_all(folder_); }

  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(place_.folder), fs::directory_iterator()));
  }

  fs::path folder_;
  KeepPlace place_;
  Plan plan_ = plan_of(3, port_range(1, 5000));
};

TEST_F(KeptTables, BeginEmpty) {
  const auto kept = KeptTable::open(place_, plan_);
  ASSERT_TRUE(kept) << kept.error().message();
  EXPECT_EQ(kept->answers_before(), 0U);
  EXPECT_FALSE(kept->complete());
  EXPECT_EQ(kept->table().size(), 3U);
  EXPECT_EQ(kept->table().answer(2, 65535), Answer::none);
}

TEST_F(KeptTables, ComeBackAsTheyWere) {
  {
    auto kept = KeptTable::open(place_, plan_);
    kept->table().record(0, 22, Answer::open);
    kept->table().record(2, 5000, Answer::unreachable);
    kept->table().record(2, 1, Answer::closed);
    kept->table().target(0).passes = 2;
    kept->table().target(2).passes = 2;
    kept->table().target(2).rst = 0x400000;
    kept->table().target(2).syn_ack = 0x0016'4002'faf0'05b4;
    kept->table().run().stop = true;
  }
  const auto kept = KeptTable::open(place_, plan_);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->answers_before(), 3U);
  EXPECT_EQ(kept->table().answer(0, 22), Answer::open);
  EXPECT_EQ(kept->table().answer(2, 5000), Answer::unreachable);
  EXPECT_EQ(kept->table().target(2).answered, 2U);
  EXPECT_EQ(kept->table().target(2).unreachable, 1U);
  EXPECT_EQ(kept->table().target(2).rst, 0x400000U);
  EXPECT_EQ(kept->table().target(2).syn_ack, 0x0016'4002'faf0'05b4U);
  EXPECT_FALSE(kept->table().run().stop);
}

TEST_F(KeptTables, CountAgainWhatAKilledProcessDidNotCount) {
  {
    auto kept = KeptTable::open(place_, plan_);
    kept->table().record(1, 22, Answer::open);
    kept->table().target(1).passes = 1;
    kept->table().target(1).asked = 17;
    kept->table().target(1).answered = 0;
    kept->table().target(1).open = 0;
  }
  const auto kept = KeptTable::open(place_, plan_);
  EXPECT_EQ(kept->table().target(1).answered, 1U);
  EXPECT_EQ(kept->table().target(1).open, 1U);
  EXPECT_EQ(kept->table().target(1).asked, 1U) << "the other sixteen are asked again";
}

TEST_F(KeptTables, WhatWasLeftStaysSoAndHoldsNobodyUp) {
  // Pass 3 of an earlier process; one address was left in its first pass, one before it was begun.
  {
    auto kept = KeptTable::open(place_, plan_);
    kept->table().target(0).passes = 3;
    kept->table().target(1).passes = 1;
    for (Port port = 1; port <= 4999; ++port) kept->table().record(0, port, Answer::closed);
    kept->table().target(0).asked = 5000;
    kept->table().leave(1);
    kept->table().leave(2);
  }
  net::MemoryNetwork network;
  network.record_times();
  for (const PlanTarget& target : plan_.targets) network.add(target.address, {});
  const auto kept = KeptTable::open(place_, plan_);
  ASSERT_TRUE(kept);
  EXPECT_TRUE(kept->table().is_left(1));
  ASSERT_TRUE(PacketEngine(network).run(plan_, kept->table()));
  EXPECT_EQ(network.traffic(plan_.targets[0].address).syn_times.size(), 1U);
  EXPECT_EQ(network.traffic(plan_.targets[1].address).syn_times.size(), 0U);
  EXPECT_EQ(network.traffic(plan_.targets[2].address).syn_times.size(), 0U);
  EXPECT_EQ(kept->table().target(0).asked, 5000U);
}

TEST_F(KeptTables, AreOfOnePlanEach) {
  { KeptTable::open(place_, plan_)->table().record(0, 22, Answer::open); }
  Plan other = plan_;
  other.ports.push_back(6000);
  EXPECT_EQ(KeptTable::open(place_, other)->table().answer(0, 22), Answer::none);
  other = plan_;
  other.protocol = Protocol::udp;
  EXPECT_EQ(KeptTable::open(place_, other)->table().answer(0, 22), Answer::none);
  other = plan_;
  other.targets[1].address = test::address("198.18.9.9");
  EXPECT_EQ(KeptTable::open(place_, other)->table().answer(0, 22), Answer::none);
  other = plan_;
  other.targets[1].count = 7;
  EXPECT_EQ(KeptTable::open(place_, other)->table().answer(0, 22), Answer::none);
  other = plan_;
  other.rate = PacketsPerSecond(10);
  other.seed = 99;
  EXPECT_EQ(KeptTable::open(place_, other)->table().answer(0, 22), Answer::open)
      << "the rate is no part of the work";
}

TEST_F(KeptTables, BelongToOneProcessAtATime) {
  const auto first = KeptTable::open(place_, plan_);
  const auto second = KeptTable::open(place_, plan_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind(), ErrorKind::unavailable);
}

TEST_F(KeptTables, ThatAreTooOldBeginAnew) {
  place_.horizon = std::chrono::seconds(0);
  { KeptTable::open(place_, plan_)->table().record(0, 22, Answer::open); }
  ::usleep(1'100'000);
  const auto kept = KeptTable::open(place_, plan_);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->table().answer(0, 22), Answer::none);
}

TEST_F(KeptTables, ThatAreDamagedBeginAnew) {
  std::string path;
  {
    auto kept = KeptTable::open(place_, plan_);
    kept->table().record(0, 22, Answer::open);
    path = kept->path();
  }
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary) << "garbage";
  EXPECT_EQ(KeptTable::open(place_, plan_)->table().answer(0, 22), Answer::none);
  fs::resize_file(path, 100);
  EXPECT_EQ(KeptTable::open(place_, plan_)->table().answer(0, 22), Answer::none);
}

TEST_F(KeptTables, SayWhyTheyCannotBe) {
  std::ofstream(folder_ / "file") << "x";
  place_.folder = folder_ / "file";
  EXPECT_FALSE(KeptTable::open(place_, plan_));
}

TEST_F(KeptTables, OldOnesAreRemoved) {
  std::string path;
  {
    const auto kept = KeptTable::open(place_, plan_);
    path = kept->path();
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(5));
    remove_old_tables(place_);
    EXPECT_EQ(files(), 1U) << "somebody works on it";
  }
  std::ofstream(fs::path(place_.folder) / "notes.txt") << "x";
  remove_old_tables(place_);
  EXPECT_EQ(files(), 1U) << "only the stranger is left";
}

/// Hosts with a few open ports, and some that drop.
void populate(net::MemoryNetwork& network, const Plan& plan) {
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    net::MemoryHost host;
    host.open = test::every(97, plan.ports);
    if (i == 1) host.filtered.insert_range(1000, 1999);
    network.add(plan.targets[i].address, host);
  }
}

/// Ends this process without a word once so many probes are out.
void run_and_die(const KeepPlace& place, const Plan& plan, std::uint64_t probes) {
  auto kept = KeptTable::open(place, plan);
  net::MemoryNetwork network;
  populate(network, plan);
  const std::jthread killer([&] {
    while (kept->table().run().probes < probes) std::this_thread::yield();
    ::kill(::getpid(), SIGKILL);
  });
  std::ignore = PacketEngine(network).run(plan, kept->table());
  ::pause();
}

TEST_F(KeptTables, AKilledRunGoesOnWithoutAskingAgainWhatWasAnswered) {
  plan_.threads = 1;
  plan_.rate = PacketsPerSecond(1'000'000);
  const std::uint64_t all = 3U * 5000 + 2 * 1000;
  for (const std::uint64_t probes : {1U, 4000U, 14900U, 15500U, 16800U}) {
    SCOPED_TRACE(probes);
    fs::remove_all(place_.folder);
    const pid_t child = ::fork();
    if (child == 0) run_and_die(place_, plan_, probes);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));

    auto kept = KeptTable::open(place_, plan_);
    ASSERT_TRUE(kept);
    const ResultTable& table = kept->table();
    const std::uint64_t before = table.run().probes;
    const std::uint64_t known = kept->answers_before();
    net::MemoryNetwork network;
    populate(network, plan_);
    ASSERT_TRUE(PacketEngine(network).run(plan_, table));
    const std::uint64_t sent = table.run().probes - before;
    constexpr double kSentinels = 1.03;
    EXPECT_LE(sent, static_cast<double>(all - known) * kSentinels);
    EXPECT_LE(table.run().probes, static_cast<double>(all + 1000) * kSentinels)
        << "at most what was silent in one pass, twice";
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(ports_with(table, i, Answer::open).size(), table.target(i).open);
      EXPECT_EQ(table.target(i).asked, 5000U);
      EXPECT_EQ(table.target(i).answered, i == 1 ? 4000U : 5000U);
      EXPECT_EQ(table.target(i).open + 0U, i == 1 ? 52U - 10U : 52U);
      EXPECT_EQ(unpack_syn_ack(table.target(i).syn_ack).port, 1);
      EXPECT_EQ(unpack_rst(table.target(i).rst).ttl, 64);
    }
    EXPECT_EQ(table.target(1).passes, plan_.tries);
  }
}

}  // namespace
}  // namespace lockstep::scan
