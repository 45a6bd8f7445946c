#include "net/io/memory.h"

#include <gtest/gtest.h>

#include "net/peer_frame.h"
#include "net/test_frames.h"

namespace lockstep::net {
namespace {

using test::address;

const IpAddress kHost = address("198.18.0.7");
constexpr Port kOurPort = 40000;
constexpr std::uint32_t kSequence = 0xffffffff;  // its acknowledgement wraps to 0

/// A host with a port of each kind.
MemoryHost some_host() {
  MemoryHost host;
  host.open.insert(22);
  host.filtered.insert(23);
  host.rejected.insert(24);
  return host;
}

std::unique_ptr<FrameIo> only_end(MemoryNetwork& network) {
  auto ends = network.open(network.interface(1).value(),
                           {.protocol = Protocol::tcp, .ports = {kOurPort}}, 1);
  return std::move(ends.value().front());
}

Frame syn(MemoryNetwork& network, const IpAddress& to, Port port) {
  const IpAddress source = network.routes("").value()->route_to(to)->source;
  Frame frame;
  const SynTemplate syn({MemoryNetwork::kMonitorMac, {}, source, to}, kOurPort);
  frame.size = syn.stamp(port, kSequence, frame.data);
  return frame;
}

/// What arrives after `frame` was sent.
std::vector<Received> answers_to(FrameIo& io, const Frame& frame) {
  const Bytes sent = frame.bytes();
  EXPECT_EQ(io.send(std::span(&sent, 1)).value(), 1U);
  std::vector<Received> answers;
  for (const Bytes bytes : io.receive()) answers.push_back(parse_frame(bytes));
  return answers;
}

TEST(MemoryNetwork, AnswersAsHostsDo) {
  const struct {
    const char* description;
    Port port;
    int flags;  ///< of the answer; -1: no answer; -2: ICMP
  } kRows[] = {
      {"open", 22, TcpFlags::syn | TcpFlags::ack},
      {"filtered", 23, -1},
      {"rejected", 24, -2},
      {"closed", 25, TcpFlags::rst | TcpFlags::ack},
      {"closed, the last port", 65535, TcpFlags::rst | TcpFlags::ack},
  };
  for (const IpAddress& host : {kHost, address("fd00::7")}) {
    MemoryNetwork network;
    network.add(host, some_host());
    const auto io = only_end(network);
    for (const auto& row : kRows) {
      SCOPED_TRACE(host.to_string() + ", " + row.description);
      const auto answers = answers_to(*io, syn(network, host, row.port));
      ASSERT_EQ(answers.size(), row.flags == -1 ? 0U : 1U);
      if (row.flags == -2) {
        const auto& error = std::get<TcpUnreachable>(answers[0]);
        EXPECT_EQ(error.original_sequence, kSequence);
        EXPECT_EQ(error.code, 13);
      } else if (row.flags >= 0) {
        const auto& segment = std::get<TcpSegment>(answers[0]);
        EXPECT_EQ(segment.source, host);
        EXPECT_EQ(segment.source_port, row.port);
        EXPECT_EQ(segment.destination_port, kOurPort);
        EXPECT_EQ(segment.acknowledgement, 0U);
        EXPECT_EQ(segment.flags, row.flags);
      }
    }
  }
}

TEST(MemoryNetwork, IsSilentWhereNobodyIs) {
  MemoryNetwork network;
  network.add(kHost, some_host());
  const auto io = only_end(network);
  EXPECT_TRUE(answers_to(*io, syn(network, address("198.18.0.8"), 22)).empty());
  const Frame request = make_neighbour_request({}, address("198.18.0.1"), address("198.18.0.8"));
  EXPECT_TRUE(answers_to(*io, request).empty());
}

TEST(MemoryNetwork, AnswersNeighbourRequestsWhereAskedTo) {
  for (const bool replies : {true, false}) {
    MemoryNetwork network;
    MemoryHost host;
    host.has_neighbour_reply = replies;
    network.add(kHost, host);
    const auto io = only_end(network);
    const auto answers = answers_to(*io, make_neighbour_request({}, address("198.18.0.1"), kHost));
    ASSERT_EQ(answers.size(), replies ? 1U : 0U);
    if (replies) {
      EXPECT_EQ(std::get<NeighbourReply>(answers[0]).address, kHost);
    }
  }
}

TEST(MemoryNetwork, ForgersAnswerTwice) {
  MemoryNetwork network;
  MemoryHost host = some_host();
  host.forges = true;
  network.add(kHost, host);
  const auto io = only_end(network);
  const auto answers = answers_to(*io, syn(network, kHost, 25));
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(std::get<TcpSegment>(answers[0]).flags, TcpFlags::syn | TcpFlags::ack);
  EXPECT_NE(std::get<TcpSegment>(answers[0]).acknowledgement, kSequence + 1);
}

TEST(MemoryNetwork, LosesTheShareAskedForAndTheSameWithTheSameSeed) {
  const auto lost = [](std::uint64_t seed, double loss) {
    MemoryNetwork network(seed);
    MemoryHost host;
    host.loss = loss;
    network.add(kHost, host);
    const auto io = only_end(network);
    std::vector<Port> silent;
    for (Port port = 1; port <= 10000; ++port) {
      if (answers_to(*io, syn(network, kHost, port)).empty()) silent.push_back(port);
    }
    return silent;
  };
  EXPECT_TRUE(lost(1, 0).empty());
  EXPECT_EQ(lost(1, 1).size(), 10000U);
  EXPECT_NEAR(static_cast<double>(lost(1, 0.1).size()), 1000, 150);  // five standard deviations
  EXPECT_EQ(lost(1, 0.1), lost(1, 0.1));
  EXPECT_NE(lost(1, 0.1), lost(2, 0.1));
}

TEST(MemoryNetwork, RemembersWhatReachedAHost) {
  MemoryNetwork network;
  network.add(kHost, some_host());
  network.record_times();
  const auto io = only_end(network);
  const TimePoint start = io->now();
  answers_to(*io, syn(network, kHost, 22));
  const Frame reset = make_rst({{}, {}, address("198.19.255.255"), kHost}, kOurPort, 22, 0);
  answers_to(*io, reset);
  answers_to(*io, syn(network, kHost, 23));
  const MemoryTraffic traffic = network.traffic(kHost);
  using std::chrono::microseconds;
  EXPECT_EQ(traffic.syn_times, (std::vector{start + microseconds(1), start + microseconds(3)}));
  EXPECT_EQ(traffic.resets, 1U);
  EXPECT_TRUE(network.traffic(address("198.18.0.8")).syn_times.empty());
}

TEST(MemoryNetwork, WaitsOnlyWhereNothingHasArrived) {
  MemoryNetwork network;
  network.add(kHost, some_host());
  const auto io = only_end(network);
  const Frame frame = syn(network, kHost, 22);
  const Bytes bytes = frame.bytes();
  ASSERT_TRUE(io->send(std::span(&bytes, 1)));
  const TimePoint sent = io->now();
  const TimePoint later = sent + std::chrono::hours(1);
  io->wait_until(later);
  EXPECT_EQ(io->now(), sent);
  EXPECT_EQ(io->receive().size(), 1U);
  io->wait_until(later);
  EXPECT_EQ(io->now(), later);
  io->wait_until(sent);
  EXPECT_EQ(io->now(), later) << "time does not go back";
}

}  // namespace
}  // namespace lockstep::net
