#include "scan/xdp_layout.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "scan/packet_link.h"
#include "scan/test_plan.h"

namespace lockstep::scan {
namespace {

using test::address;
using test::plan_of;
using test::table_for;

constexpr Port kOurPort = 40000;
constexpr lockstep_cookie_key kKey = {11, 22};

/// The memory that the programs would share, without them.
class Memory {
 public:
  Memory(std::size_t targets, std::size_t walkers)
      : shared_(std::make_unique<lockstep_xdp_shared>()),
        words_per_port_((targets + 31) / 32),
        answers_(words_per_port_ * LOCKSTEP_XDP_PORTS),
        cursors_(targets * walkers),
        targets_(targets) {}

  lockstep_xdp_shared& shared() { return *shared_; }
  XdpMemory view() { return {*shared_, answers_, words_per_port_, cursors_, targets_}; }
  void answer(std::size_t target, Port port, Answer answer) {
    answers_[port * words_per_port_ + target / 32] |= static_cast<std::uint64_t>(answer)
                                                      << (target % 32 * 2);
  }
  lockstep_xdp_cursor& cursor(std::size_t walker, std::size_t lane) {
    return cursors_[walker * targets_ + lane];
  }

 private:
  std::unique_ptr<lockstep_xdp_shared> shared_;
  std::size_t words_per_port_;
  std::vector<std::uint64_t> answers_;
  std::vector<lockstep_xdp_cursor> cursors_;
  std::size_t targets_;
};

std::vector<ReachableTarget> reachable(const std::vector<IpAddress>& addresses) {
  std::vector<ReachableTarget> result;
  for (const IpAddress& to : addresses) {
    const IpAddress from = address(to.is_v4() ? "198.19.0.1" : "fd00::1");
    result.push_back({static_cast<std::uint32_t>(result.size()),
                      {{{2, 0, 0, 0, 0, 1}}, {{2, 0, 0, 0, 0, 2}}, from, to},
                      to});
  }
  return result;
}

std::vector<IpAddress> following(std::string_view first, std::size_t count) {
  std::vector<IpAddress> addresses;
  for (std::size_t i = 0; i < count; ++i) addresses.push_back(address(first).plus(i));
  return addresses;
}

/// What the receiver does, in C++.
std::optional<std::size_t> find(const lockstep_xdp_shared& shared, std::uint64_t high,
                                std::uint64_t low) {
  const std::uint32_t first = lockstep_xdp_slot(shared.slot_multiplier, high, low);
  for (std::uint32_t step = 0; step < LOCKSTEP_XDP_STEPS; ++step) {
    const std::size_t number = shared.slots[(first + step) % LOCKSTEP_XDP_SLOTS];
    if (number == 0) return {};
    const lockstep_xdp_target& target = shared.target[number - 1];
    if (target.destination[0] == high && target.destination[1] == low) return number - 1;
  }
  return {};
}

std::vector<IpAddress> random_addresses(bool v6) {
  std::mt19937_64 random(7);
  std::set<IpAddress> addresses;
  while (addresses.size() < LOCKSTEP_XDP_TARGETS) {
    addresses.insert(address(v6 ? "fd00::" : "198.18.0.0").plus(random() % (v6 ? ~0ULL : 131072)));
  }
  return {addresses.begin(), addresses.end()};
}

TEST(XdpLayout, EveryAddressIsFoundByTheReceiversLookUp) {
  const struct {
    const char* description;
    std::vector<IpAddress> addresses;
  } kRows[] = {
      {"one", following("198.18.0.1", 1)},
      {"a full plan in a row", following("198.18.0.0", LOCKSTEP_XDP_TARGETS)},
      {"a full plan in a row, IPv6", following("fd00:18::", LOCKSTEP_XDP_TARGETS)},
      {"scattered", random_addresses(false)},
      {"scattered, IPv6", random_addresses(true)},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Memory memory(row.addresses.size(), 1);
    ASSERT_TRUE(write_targets(memory.view(), reachable(row.addresses), kKey, kOurPort));
    for (std::size_t i = 0; i < row.addresses.size(); ++i) {
      const lockstep_xdp_target& target = memory.shared().target[i];
      ASSERT_EQ(find(memory.shared(), target.destination[0], target.destination[1]), i);
    }
    EXPECT_EQ(memory.shared().source_port, kOurPort);
  }
}

/// What the generator does, in C++: it is to come to the frame that the packet engine sends.
TEST(XdpLayout, AFrameWithPortAndCookieIsThatOfThePacketEngine) {
  for (const char* const text : {"198.18.0.7", "fd00:18::7"}) {
    SCOPED_TRACE(text);
    const auto targets = reachable({address(text)});
    Memory memory(1, 1);
    ASSERT_TRUE(write_targets(memory.view(), targets, kKey, kOurPort));
    const lockstep_xdp_target& target = memory.shared().target[0];
    PacketLink link({}, kOurPort, kKey);
    link.add(0, targets.front().addresses);
    for (const Port port : {Port{1}, Port{22}, Port{65535}}) {
      net::Frame theirs;
      theirs.size = link.write({.target = 0, .port = port}, 1, theirs.data);
      const std::uint64_t to[] = {target.destination[0], target.destination[1]};
      const std::uint64_t from[] = {target.source[0], target.source[1]};
      const std::uint32_t cookie =
          target.v6 ? lockstep_cookie_v6(&kKey, to, from, port, kOurPort)
                    : lockstep_cookie_v4(&kKey, static_cast<std::uint32_t>(to[0]),
                                         static_cast<std::uint32_t>(from[0]), port, kOurPort);
      net::Frame ours;
      ours.size = target.v6 ? LOCKSTEP_XDP_FRAME_V6 : LOCKSTEP_XDP_FRAME_V4;
      std::memcpy(ours.data.data(), target.frame, ours.size);
      const std::size_t tcp = ours.size - 24;
      net::Writer(net::MutableBytes(ours.data).subspan(tcp + 2)).u16(port).u32(cookie);
      const std::uint32_t sum = target.sum + port + (cookie >> 16) + (cookie & 0xffff);
      net::Writer(net::MutableBytes(ours.data).subspan(tcp + 16)).u16(net::checksum_finish(sum));
      EXPECT_TRUE(std::ranges::equal(ours.bytes(), theirs.bytes()));
    }
  }
}

TEST(XdpLayout, FramesHaveRoomForTheLongestProbeAndSlack) {
  EXPECT_EQ(xdp_frame_bytes(reachable({address("198.18.0.1")})), 60U);
  EXPECT_EQ(xdp_frame_bytes(reachable({address("198.18.0.1"), address("fd00::2")})), 80U);
}

RC_GTEST_PROP(XdpLayoutProperty, TransposingPutsEachNumberAcrossTheDiagonal, ()) {
  std::array<std::uint64_t, 32> rows;
  for (std::uint64_t& row : rows) row = *rc::gen::arbitrary<std::uint64_t>();
  auto across = rows;
  transpose_answers(across);
  for (unsigned row = 0; row < 32; ++row) {
    for (unsigned column = 0; column < 32; ++column) {
      RC_ASSERT(((rows[row] >> (2 * column)) & 3) == ((across[column] >> (2 * row)) & 3));
    }
  }
}

TEST(XdpLayout, MergedAnswersAreThoseOfThePrograms) {
  constexpr std::size_t kTargets = 70;  // more than two words' worth
  const Plan plan = plan_of(2 * kTargets, test::port_range(1, 65535));
  const ResultTable table = table_for(plan);
  Memory memory(kTargets, 1);
  std::vector<std::uint32_t> indices;
  for (std::uint32_t i = 0; i < kTargets; ++i) indices.push_back(2 * i + 1);
  std::mt19937_64 random(3);
  std::map<std::pair<std::size_t, Port>, Answer> expected;
  for (int i = 0; i < 5000; ++i) {
    const std::size_t target = random() % kTargets;
    const auto port = static_cast<Port>(1 + random() % 65535);
    const auto answer = static_cast<Answer>(1 + random() % 3);
    if (!expected.emplace(std::pair(target, port), answer).second) continue;
    memory.answer(target, port, answer);
    if (i == 2500) merge_answers(memory.view(), indices, table);
  }
  memory.shared().target[3].icmp_code = 13;
  memory.shared().target[4].rst = 9;
  memory.shared().target[4].syn_ack = 7;
  table.target(indices[4]).syn_ack = 5;  // of an earlier run that this one goes on with
  table.target(indices[5]).rst = 8;
  merge_answers(memory.view(), indices, table);
  std::uint32_t answered = 0;
  std::uint32_t open = 0;
  std::uint32_t unreachable = 0;
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    answered += table.target(i).answered;
    open += table.target(i).open;
    unreachable += table.target(i).unreachable;
  }
  EXPECT_EQ(answered, expected.size());
  for (const auto& [probe, answer] : expected) {
    ASSERT_EQ(table.answer(indices[probe.first], probe.second), answer);
    open -= answer == Answer::open;
    unreachable -= answer == Answer::unreachable;
  }
  EXPECT_EQ(open, 0U);
  EXPECT_EQ(unreachable, 0U);
  EXPECT_EQ(table.target(indices[3]).icmp_code, 13U);
  EXPECT_EQ(table.target(indices[4]).rst, 9U);
  EXPECT_EQ(table.target(indices[4]).syn_ack, 5U) << "the lower port";
  EXPECT_EQ(table.target(indices[5]).rst, 8U);
}

TEST(XdpLayout, APassGivesEachWalkerItsRoundsOfEachLane) {
  Plan plan = plan_of(5, test::port_range(1, 9));
  const Pass pass{.number = 1,
                  .ports = {5, 3, 9},
                  .lanes = {{.targets = {4, 0}, .period = std::chrono::milliseconds(1), .ports = 3},
                            {.targets = {2}, .period = std::chrono::milliseconds(7), .ports = 1}},
                  .probes = 7};
  const std::vector<std::uint32_t> number_of = {0, 9, 1, 9, 2};
  Memory memory(3, 2);
  const TimePoint start{std::chrono::seconds(5)};
  write_pass(memory.view(), pass, number_of, 2, start);
  const lockstep_xdp_shared& shared = memory.shared();
  EXPECT_EQ(std::vector(shared.order, shared.order + 3), (std::vector<std::uint32_t>{0, 2, 1}));
  EXPECT_EQ(std::vector(shared.ports, shared.ports + 3), (std::vector<std::uint16_t>{5, 3, 9}));
  EXPECT_EQ(memory.cursor(1, 0).port, 1U);
  EXPECT_EQ(memory.cursor(1, 0).due_ns - memory.cursor(0, 0).due_ns, 1'000'000U)
      << "the second walker has every second round, a period later";
  EXPECT_EQ(shared.walkers[0].finished, 0U);
  EXPECT_EQ(shared.walkers[1].finished, 1U) << "the lane of one round has none for it";
  EXPECT_FALSE(shared.walkers[1].done);

  // The first walker has done rounds 0 and 2 of lane 0, the second one address of round 1.
  memory.cursor(0, 0).port = 4;
  memory.cursor(1, 0).position = 1;
  memory.cursor(0, 1).port = 2;
  EXPECT_EQ(count_asked(memory.view(), 3, 2), (std::vector<std::uint32_t>{3, 1, 2}));
}

TEST(XdpLayout, LatenessIsMadeUpForAsFarAsTheCapAllows) {
  using namespace std::chrono_literals;
  const struct {
    const char* description;
    std::chrono::nanoseconds period;
    double cap;
    std::chrono::nanoseconds lag;
  } kRows[] = {
      {"at the cap: one packet", 1ms, 1000, 1ms},
      {"at a high cap", 100us, 10000, 100us},
      {"far below the cap", 10ms, 1000, 2ms},
      {"at a low cap", 20ms, 50, 2ms},
  };
  for (const auto& row : kRows) {
    EXPECT_NEAR(static_cast<double>(most_lag(row.period, PacketsPerSecond(row.cap)).count()),
                static_cast<double>(row.lag.count()), 2)
        << row.description;
  }
  EXPECT_EQ(most_lag(1ms, PacketsPerSecond::unlimited()), 2ms);
}

/// A sweep that goes on: what the table has is what the programs know, and nothing else.
RC_GTEST_PROP(XdpLayout, LoadsWhatATableHasAlready, ()) {
  const auto targets = *rc::gen::inRange<std::size_t>(1, 71);
  const Plan plan = plan_of(targets, {22});
  const ResultTable table = table_for(plan);
  const auto answers = *rc::gen::container<std::vector<std::tuple<std::size_t, Port, Answer>>>(
      rc::gen::tuple(rc::gen::inRange<std::size_t>(0, targets), rc::gen::inRange<Port>(1, 65535),
                     rc::gen::element(Answer::open, Answer::closed, Answer::unreachable)));
  std::map<std::pair<std::size_t, Port>, Answer> expected;
  for (const auto& [target, port, answer] : answers) {
    if (table.record(target, port, answer)) expected[{target, port}] = answer;
  }
  // The programs number the targets otherwise than the plan.
  std::vector<std::uint32_t> indices;
  for (std::size_t i = targets; i-- > 0;) indices.push_back(static_cast<std::uint32_t>(i));
  Memory memory(targets, 1);
  load_answers(memory.view(), indices, table);
  const ResultTable merged = table_for(plan);
  merge_answers(memory.view(), indices, merged);
  std::size_t answered = 0;
  for (std::size_t i = 0; i < targets; ++i) answered += merged.target(i).answered;
  RC_ASSERT(answered == expected.size());
  for (const auto& [probe, answer] : expected) {
    RC_ASSERT(merged.answer(probe.first, probe.second) == answer);
  }
}

}  // namespace
}  // namespace lockstep::scan
