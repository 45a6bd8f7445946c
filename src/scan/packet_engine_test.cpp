// The packet engine over a simulated network, each frame of which the test can see.

#include "scan/packet_engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>

#include "net/io/memory.h"
#include "net/peer_frame.h"
#include "scan/neighbours.h"
#include "scan/stack_signature.h"
#include "scan/test_network.h"
#include "scan/test_plan.h"

namespace lockstep::scan {
namespace {

using net::MemoryHost;
using net::MemoryNetwork;
using test::address;
using test::expect_done;
using test::expect_exact;
using test::plan_of;
using test::populate;
using test::port_range;
using test::ports_with;
using test::table_for;

/// What the engine sent, from all ends.
class Wire {
 public:
  void add(std::span<const net::Bytes> frames) {
    const std::scoped_lock lock(mutex_);
    for (const net::Bytes frame : frames) frames_.emplace_back(frame.begin(), frame.end());
  }

  std::vector<net::TcpSegment> segments(std::uint8_t flags) const {
    std::vector<net::TcpSegment> found;
    for (const std::vector<std::byte>& frame : frames_) {
      const auto received = net::parse_frame(frame);
      const auto* const segment = std::get_if<net::TcpSegment>(&received);
      if (segment != nullptr && segment->flags == flags) found.push_back(*segment);
    }
    return found;
  }

  /// All addresses that any frame was for or about, those of ARP and solicitations included.
  std::set<IpAddress> addresses() const {
    std::set<IpAddress> found;
    for (const std::vector<std::byte>& frame : frames_) {
      const auto received = net::parse_frame(frame);
      if (const auto* const segment = std::get_if<net::TcpSegment>(&received)) {
        found.insert(segment->destination);
      } else {
        found.insert(net::parse_neighbour_request(frame).value());
      }
    }
    return found;
  }

 private:
  std::mutex mutex_;
  std::vector<std::vector<std::byte>> frames_;
};

/// How a test changes what one end does; by default nothing.
struct Tamper {
  std::function<void(std::span<const net::Bytes>)> before_send = [](auto) {};
  /// The frames that get out; the rest is left to the caller.
  std::function<Result<std::size_t>(std::size_t)> room = [](std::size_t count) { return count; };
  /// Frames that arrive with every receive(), real ones or not.
  std::vector<net::Frame> flood;
};

class WatchedIo final : public net::FrameIo {
 public:
  WatchedIo(std::unique_ptr<net::FrameIo> inner, Wire& wire, const Tamper& tamper)
      : inner_(std::move(inner)), wire_(wire), tamper_(tamper) {}

  Result<std::size_t> send(std::span<const net::Bytes> frames) override {
    tamper_.before_send(frames);
    LOCKSTEP_TRY(const std::size_t room, tamper_.room(frames.size()));
    wire_.add(frames.first(room));
    return inner_->send(frames.first(room));
  }
  std::span<const net::Bytes> receive() override {
    const auto arrived = inner_->receive();
    if (tamper_.flood.empty()) return arrived;
    views_.assign(arrived.begin(), arrived.end());
    for (const net::Frame& frame : tamper_.flood) views_.push_back(frame.bytes());
    return views_;
  }
  void wait_until(net::TimePoint deadline) override { inner_->wait_until(deadline); }
  net::TimePoint now() const override { return inner_->now(); }

 private:
  std::unique_ptr<net::FrameIo> inner_;
  Wire& wire_;
  const Tamper& tamper_;
  std::vector<net::Bytes> views_;
};

class WatchedLinks final : public net::Links {
 public:
  explicit WatchedLinks(net::Links& inner) : inner_(inner) {}

  Wire wire;
  Tamper tamper;
  std::size_t opened = 0;

  Result<std::unique_ptr<net::RouteTable>> routes(const std::string& name) override {
    return inner_.routes(name);
  }
  Result<net::Interface> interface(int index) override { return inner_.interface(index); }
  Result<std::vector<std::unique_ptr<net::FrameIo>>> open(const net::Interface& interface,
                                                          const net::FrameFilter& filter,
                                                          std::size_t count) override {
    LOCKSTEP_TRY(auto ends, inner_.open(interface, filter, count));
    for (auto& end : ends) end = std::make_unique<WatchedIo>(std::move(end), wire, tamper);
    opened = ends.size();
    return ends;
  }
  Result<net::ReservedPort> reserve_port(Protocol protocol) override {
    return inner_.reserve_port(protocol);
  }

 private:
  net::Links& inner_;
};

constexpr std::uint8_t kSyn = net::TcpFlags::syn;
constexpr std::uint8_t kRst = net::TcpFlags::rst;

TEST(PacketEngine, FindsExactlyTheOpenPortsOfManyHosts) {
  for (const char* const first : {"198.18.0.1", "fd00::1"}) {
    for (const unsigned threads : {1U, 3U}) {
      for (const std::uint64_t seed : {1U, 77U}) {
        SCOPED_TRACE(testing::Message() << first << ", threads " << threads << ", seed " << seed);
        Plan plan = plan_of(8, port_range(1, 1000), first);
        plan.seed = seed;
        plan.threads = threads;
        MemoryNetwork network(seed);
        const auto open = populate(network, plan);
        const auto table = table_for(plan);
        expect_done(PacketEngine(network).run(plan, table));
        expect_exact(plan, table, open);
        EXPECT_EQ(table.run().probes, 8U * 1000);
        EXPECT_EQ(table.run().stray, 0U);
        EXPECT_FALSE(table.run().stop);
      }
    }
  }
}

TEST(PacketEngine, FindsAllOf65535Ports) {
  Plan plan = plan_of(2, port_range(1, 65535));
  plan.threads = 2;
  MemoryNetwork network;
  const auto open = populate(network, plan);
  const auto table = table_for(plan);
  expect_done(PacketEngine(network).run(plan, table));
  expect_exact(plan, table, open);
}

TEST(PacketEngine, IsExactInSpiteOfLoss) {
  for (const double loss : {0.01, 0.05, 0.1, 0.2, 0.3}) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      SCOPED_TRACE(testing::Message() << "loss " << loss << ", seed " << seed);
      Plan plan = plan_of(8, port_range(1, 2000));
      plan.seed = seed;
      plan.threads = 1;
      plan.max_tries = 20;
      MemoryNetwork network(seed);
      const auto open = populate(network, plan, {.loss = loss});
      const auto table = table_for(plan);
      expect_done(PacketEngine(network).run(plan, table));
      expect_exact(plan, table, open);
      EXPECT_GT(table.run().probes, 8U * 2000);
    }
  }
}

TEST(PacketEngine, TellsSilenceAndRejectionFromClosed) {
  Plan plan = plan_of(1, port_range(1, 300));
  plan.threads = 1;  // with more, so much is under way at once that sentinels may be asked
  MemoryNetwork network;
  MemoryHost host;
  host.open.insert(22);
  host.filtered.insert_range(100, 119);
  host.rejected.insert_range(200, 204);
  network.add(plan.targets[0].address, host);
  const auto table = table_for(plan);
  expect_done(PacketEngine(network).run(plan, table));
  EXPECT_EQ(ports_with(table, 0, Answer::open), (std::vector<Port>{22}));
  EXPECT_EQ(ports_with(table, 0, Answer::unreachable), port_range(200, 204));
  EXPECT_EQ(ports_with(table, 0, Answer::closed).size(), 300U - 1 - 20 - 5);
  const TargetCounters& counters = table.target(0);
  EXPECT_EQ(counters.asked, 300U);
  EXPECT_EQ(counters.answered, 280U);
  EXPECT_EQ(counters.unreachable, 5U);
  EXPECT_EQ(counters.icmp_code, 13U);
  EXPECT_EQ(counters.passes, plan.tries);
  EXPECT_EQ(table.run().probes, 300U + 20 * (plan.tries - 1));
}

TEST(PacketEngine, NotesHowEachStackAnswers) {
  for (const char* const first : {"198.18.0.1", "fd00::1"}) {
    for (const std::uint64_t seed : {1U, 2U}) {
      Plan plan = plan_of(3, port_range(1, 500), first);
      plan.seed = seed;
      MemoryNetwork network(seed);
      MemoryHost host;
      host.open = test::every(100, port_range(22, 500));
      network.add(plan.targets[0].address, host);
      host.ttl = 120;  // eight hops away
      host.window = 8192;
      network.add(plan.targets[1].address, host);
      host.open = {};
      network.add(plan.targets[2].address, host);
      const auto table = table_for(plan);
      expect_done(PacketEngine(network).run(plan, table));
      const SynAckFields syn_ack = unpack_syn_ack(table.target(0).syn_ack);
      EXPECT_EQ(syn_ack.port, 22);
      EXPECT_EQ(syn_ack.ttl, 64);
      EXPECT_EQ(syn_ack.window, 64240);
      EXPECT_EQ(syn_ack.segment_size, plan.targets[0].address.is_v4() ? 1460 : 1440);
      EXPECT_EQ(unpack_rst(table.target(0).rst).ttl, 64);
      EXPECT_EQ(unpack_syn_ack(table.target(1).syn_ack).port, 22);
      EXPECT_EQ(unpack_syn_ack(table.target(1).syn_ack).ttl, 128);
      EXPECT_EQ(unpack_syn_ack(table.target(1).syn_ack).window, 8192);
      EXPECT_EQ(unpack_rst(table.target(1).rst).ttl, 128);
      EXPECT_EQ(table.target(2).syn_ack, 0U);
      EXPECT_EQ(unpack_rst(table.target(2).rst).ttl, 128);
    }
  }
}

TEST(PacketEngine, ForgersChangeNothing) {
  Plan plan = plan_of(3, port_range(1, 1000));
  MemoryNetwork network;
  const auto open = populate(network, plan, {.forges = true});
  const auto table = table_for(plan);
  expect_done(PacketEngine(network).run(plan, table));
  expect_exact(plan, table, open);
  EXPECT_EQ(table.run().stray, 3U * 1000);
}

TEST(PacketEngine, ResetsEverySynAck) {
  for (const char* const first : {"198.18.0.1", "fd00::1"}) {
    Plan plan = plan_of(4, port_range(1, 1000), first);
    MemoryNetwork network;
    const auto open = populate(network, plan);
    WatchedLinks links(network);
    const auto table = table_for(plan);
    expect_done(PacketEngine(links).run(plan, table));
    std::set<std::pair<IpAddress, Port>> reset;
    for (const net::TcpSegment& rst : links.wire.segments(kRst)) {
      EXPECT_EQ(rst.source_port, 40000);
      EXPECT_TRUE(reset.emplace(rst.destination, rst.destination_port).second);
    }
    std::set<std::pair<IpAddress, Port>> expected;
    for (std::size_t i = 0; i < plan.targets.size(); ++i) {
      for (const Port port : open[i].to_vector()) expected.emplace(plan.targets[i].address, port);
      EXPECT_EQ(network.traffic(plan.targets[i].address).resets, open[i].size());
    }
    EXPECT_EQ(reset, expected);
  }
}

TEST(PacketEngine, SendsNothingThatTheFenceForbids) {
  for (const char* const first : {"198.18.0.1", "fd00::1"}) {
    SCOPED_TRACE(first);
    Plan plan = plan_of(10, port_range(1, 50), first);
    const IpAddress base = address(first);
    // Allowed are the first eight or so; of them, the third to the fifth are excluded.
    plan.fence = Fence({Prefix(base, base.bits() - 3)}, {{base.plus(2), base.plus(4)}});
    MemoryNetwork network;
    populate(network, plan);
    WatchedLinks links(network);
    const auto table = table_for(plan);
    expect_done(PacketEngine(links).run(plan, table));
    const std::set<IpAddress> permitted{base, base.plus(1), base.plus(5), base.plus(6)};
    EXPECT_EQ(links.wire.addresses(), permitted);
    for (std::size_t i = 0; i < plan.targets.size(); ++i) {
      const bool asked = permitted.contains(plan.targets[i].address);
      EXPECT_EQ(table.target(i).status, asked ? TargetStatus::asked : TargetStatus::fenced);
      EXPECT_EQ(table.target(i).asked, asked ? 50U : 0U);
    }
  }
}

TEST(PacketEngine, AnEmptyFencePermitsNothing) {
  Plan plan = plan_of(2, {22});
  plan.fence = Fence();
  MemoryNetwork network;
  populate(network, plan);
  WatchedLinks links(network);
  const auto table = table_for(plan);
  expect_done(PacketEngine(links).run(plan, table));
  EXPECT_TRUE(links.wire.addresses().empty());
}

TEST(PacketEngine, SaysWhoIsNotThere) {
  Plan plan = plan_of(3, port_range(1, 100));
  MemoryNetwork network;
  populate(network, plan);
  network.add(plan.targets[1].address, {.has_neighbour_reply = false});
  WatchedLinks links(network);
  const auto table = table_for(plan);
  expect_done(PacketEngine(links).run(plan, table));
  EXPECT_EQ(table.target(0).status, TargetStatus::asked);
  EXPECT_EQ(table.target(1).status, TargetStatus::no_neighbour);
  EXPECT_EQ(table.target(1).asked, 0U);
  EXPECT_EQ(table.target(2).answered, 100U);
  for (const net::TcpSegment& syn : links.wire.segments(kSyn)) {
    EXPECT_NE(syn.destination, plan.targets[1].address);
  }
}

TEST(PacketEngine, APlanWithoutTargetsIsDoneAtOnce) {
  const Plan plan = plan_of(0, {22});
  MemoryNetwork network;
  const auto table = table_for(plan);
  expect_done(PacketEngine(network).run(plan, table));
  EXPECT_EQ(table.run().probes, 0U);
}

TEST(PacketEngine, KeepsEachNodesRateInEveryPass) {
  using std::chrono::milliseconds;
  Plan plan = plan_of(5, port_range(1, 60));
  plan.threads = 1;
  for (PlanTarget& target : plan.targets) target.rate = PacketsPerSecond(50);
  plan.targets[1].rate = PacketsPerSecond(20);
  MemoryNetwork network;
  populate(network, plan, {.loss = 0.2});
  network.record_times();
  const auto table = table_for(plan);
  expect_done(PacketEngine(network).run(plan, table));
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    SCOPED_TRACE(i);
    const auto times = network.traffic(plan.targets[i].address).syn_times;
    ASSERT_GT(times.size(), 60U) << "later passes too";
    const milliseconds period(i == 1 ? 50 : 20);
    // The schedule is exact; a sender may be late by the 2 ms that it may also make up for.
    for (std::size_t k = 1; k < times.size(); ++k) {
      EXPECT_GE(times[k] - times[k - 1], period - milliseconds(2)) << "probe " << k;
    }
    EXPECT_GE(times.back() - times.front(), (times.size() - 1) * period - milliseconds(2));
  }
}

TEST(PacketEngine, KeepsTheTotalRate) {
  Plan plan = plan_of(7, port_range(1, 300));
  plan.rate = PacketsPerSecond(1000);
  plan.threads = 1;
  MemoryNetwork network;
  populate(network, plan);
  network.record_times();
  const auto table = table_for(plan);
  expect_done(PacketEngine(network).run(plan, table));
  std::vector<net::TimePoint> times;
  for (const PlanTarget& target : plan.targets) {
    const auto some = network.traffic(target.address).syn_times;
    times.insert(times.end(), some.begin(), some.end());
  }
  std::ranges::sort(times);
  ASSERT_EQ(times.size(), 2100U);
  // In any tenth of a second 100, and the 2 of the lateness that may be made up for.
  for (std::size_t first = 0, last = 0; last < times.size(); ++last) {
    while (times[last] - times[first] >= std::chrono::milliseconds(100)) ++first;
    ASSERT_LE(last - first + 1, 102U);
  }
}

TEST(PacketEngine, StopEndsTheProbesAndKeepsTheBooks) {
  for (const unsigned threads : {1U, 3U}) {
    for (const std::size_t after : {0U, 1U, 1000U, 5000U}) {
      SCOPED_TRACE(testing::Message() << "threads " << threads << ", after " << after);
      Plan plan = plan_of(10, port_range(1, 2000));
      plan.threads = threads;
      MemoryNetwork network;
      populate(network, plan, {.loss = 0.1});
      WatchedLinks links(network);
      const auto table = table_for(plan);
      std::atomic<std::size_t> sends{0};
      std::atomic<std::size_t> late{0};
      links.tamper.before_send = [&](std::span<const net::Bytes> frames) {
        thread_local bool stop_seen = false;
        const auto first = net::parse_frame(frames.front());
        const auto* const segment = std::get_if<net::TcpSegment>(&first);
        const bool probe = segment != nullptr && segment->flags == kSyn;
        if (probe && stop_seen) ++late;
        if (probe && (sends += frames.size()) >= after) table.run().stop = true;
        stop_seen = table.run().stop;
      };
      expect_done(PacketEngine(links).run(plan, table));
      EXPECT_EQ(late, 0U) << "a probe went out after the stop";
      std::map<IpAddress, std::set<Port>> asked;
      const auto syns = links.wire.segments(kSyn);
      for (const net::TcpSegment& syn : syns) asked[syn.destination].insert(syn.destination_port);
      EXPECT_EQ(table.run().probes, syns.size());
      for (std::size_t i = 0; i < plan.targets.size(); ++i) {
        const TargetCounters& counters = table.target(i);
        EXPECT_EQ(counters.asked, asked[plan.targets[i].address].size());
        EXPECT_LE(counters.answered, counters.asked);
        EXPECT_EQ(counters.answered, ports_with(table, i, Answer::open).size() +
                                         ports_with(table, i, Answer::closed).size());
      }
    }
  }
}

TEST(PacketEngine, StopBeforeTheStartSendsNothing) {
  const Plan plan = plan_of(3, port_range(1, 100));
  MemoryNetwork network;
  populate(network, plan);
  WatchedLinks links(network);
  const auto table = table_for(plan);
  table.run().stop = true;
  expect_done(PacketEngine(links).run(plan, table));
  EXPECT_TRUE(links.wire.addresses().empty());
  EXPECT_EQ(table.target(0).status, TargetStatus::waiting);
}

TEST(PacketEngine, AFloodNeitherHidesAnAnswerNorHoldsAPass) {
  Plan plan = plan_of(3, port_range(1, 500));
  plan.threads = 1;
  MemoryNetwork network;
  const auto open = populate(network, plan);
  WatchedLinks links(network);
  // With every look into the ring: a segment with a wrong number, a late copy of nothing, and ARP.
  const net::LinkAddresses back{
      {}, MemoryNetwork::kMonitorMac, plan.targets[0].address, address("198.19.255.255")};
  links.tamper.flood = {
      net::make_tcp_reply(back, {.source_port = 22, .destination_port = 40000, .flags = 0x12}),
      net::make_neighbour_reply(net::MacAddress{{0x02, 6, 6, 6, 6, 6}}, {},
                                address("198.18.77.77"))};
  const auto table = table_for(plan);
  expect_done(PacketEngine(links).run(plan, table));
  expect_exact(plan, table, open);
  EXPECT_GT(table.run().stray, 0U);
}

TEST(PacketEngine, AFloodHoldsNoStop) {
  Plan plan = plan_of(1, port_range(1, 500));
  plan.threads = 1;
  MemoryNetwork network;
  network.add(plan.targets[0].address, {.filtered = PortSet::all()});
  WatchedLinks links(network);
  links.tamper.flood = {net::make_neighbour_reply({}, {}, address("198.18.77.77"))};
  const auto table = table_for(plan);
  links.tamper.before_send = [&](auto) { table.run().stop = true; };
  expect_done(PacketEngine(links).run(plan, table));
  EXPECT_EQ(table.run().probes, 0U) << "stopped among the neighbour requests";
}

TEST(PacketEngine, WaitsForRoomAndCountsWhatWentOut) {
  Plan plan = plan_of(4, port_range(1, 500));
  plan.threads = 1;
  MemoryNetwork network;
  const auto open = populate(network, plan);
  WatchedLinks links(network);
  std::size_t calls = 0;
  links.tamper.room = [&](std::size_t count) -> Result<std::size_t> {
    return ++calls % 3 == 0 ? std::min<std::size_t>(count, 5) : 0;
  };
  const auto table = table_for(plan);
  expect_done(PacketEngine(links).run(plan, table));
  expect_exact(plan, table, open);
  EXPECT_EQ(table.run().probes, links.wire.segments(kSyn).size());
}

TEST(PacketEngine, AFullInterfaceHoldsNoStop) {
  Plan plan = plan_of(2, port_range(1, 500));
  plan.threads = 1;
  MemoryNetwork network;
  populate(network, plan);
  WatchedLinks links(network);
  const auto table = table_for(plan);
  std::size_t calls = 0;
  links.tamper.room = [&](std::size_t count) -> Result<std::size_t> {
    if (++calls < 10) return std::min<std::size_t>(count, 3);
    if (calls > 1000) table.run().stop = true;
    return 0;
  };
  expect_done(PacketEngine(links).run(plan, table));
  EXPECT_EQ(table.run().probes, links.wire.segments(kSyn).size());
  EXPECT_EQ(table.target(0).asked + table.target(1).asked, table.run().probes);
  EXPECT_LE(table.target(0).answered, table.target(0).asked);
}

TEST(PacketEngine, SaysThatTheLinkWentAwayAndKeepsWhatItHas) {
  for (const unsigned threads : {1U, 3U}) {
    SCOPED_TRACE(threads);
    Plan plan = plan_of(4, port_range(1, 1000));
    plan.threads = threads;
    MemoryNetwork network;
    populate(network, plan);
    WatchedLinks links(network);
    std::atomic<int> calls{0};
    links.tamper.room = [&](std::size_t count) -> Result<std::size_t> {
      if (++calls < 20) return count;
      return fail(ErrorKind::unavailable, "send: Network is down");
    };
    const auto table = table_for(plan);
    const auto done = PacketEngine(links).run(plan, table);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), ErrorKind::unavailable);
    EXPECT_EQ(table.run().probes, links.wire.segments(kSyn).size());
    for (std::size_t i = 0; i < plan.targets.size(); ++i) {
      EXPECT_GT(table.target(i).answered, 0U);
      EXPECT_LE(table.target(i).answered, table.target(i).asked);
    }
  }
}

TEST(PacketEngine, EndlessRatesAreFine) {
  // A rate that is almost nothing, stopped, and one that no clock can tell from unlimited.
  Plan plan = plan_of(3, port_range(1, 65535));
  plan.threads = 1;
  MemoryNetwork network;
  populate(network, plan);
  plan.rate = PacketsPerSecond(1e300);
  const auto table = table_for(plan);
  expect_done(PacketEngine(network).run(plan, table));
  EXPECT_EQ(table.target(2).answered, 65535U);

  WatchedLinks links(network);
  plan.rate = PacketsPerSecond(0.01);
  const auto slow = table_for(plan);
  std::size_t sent = 0;
  links.tamper.before_send = [&](auto frames) {
    if ((sent += frames.size()) > 5) slow.run().stop = true;
  };
  expect_done(PacketEngine(links).run(plan, slow));
  EXPECT_LE(slow.run().probes, 5U);
}

// --- Neighbours ---

TEST(ResolveNeighbours, PacesItsRequestsAndTriesThreeTimes) {
  MemoryNetwork network;
  NeighbourRequests requests;
  for (std::uint32_t i = 0; i < 100; ++i) {
    requests[address("198.18.1.0").plus(i)] = address("198.18.0.1");
    if (i % 2 == 0) network.add(address("198.18.1.0").plus(i), {});
  }
  WatchedLinks links(network);
  const auto ends = links.open({}, {}, 1).value();
  std::map<IpAddress, std::vector<net::TimePoint>> asked;
  std::vector<net::TimePoint> times;
  links.tamper.before_send = [&](std::span<const net::Bytes> frames) {
    times.push_back(ends.front()->now());
    asked[net::parse_neighbour_request(frames.front()).value()].push_back(times.back());
  };
  const std::atomic<bool> stop{false};
  const auto found = resolve_neighbours(ends, MemoryNetwork::kMonitorMac, requests, 1000, stop);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->size(), 50U);
  for (std::uint32_t i = 0; i < 100; ++i) {
    EXPECT_EQ(asked[address("198.18.1.0").plus(i)].size(), i % 2 == 0 ? 1U : 3U);
  }
  for (std::size_t i = 1; i < times.size(); ++i) {
    EXPECT_GE(times[i] - times[i - 1], std::chrono::microseconds(990));
  }
}

TEST(ResolveNeighbours, AsksNobodyWhereNobodyIsWanted) {
  MemoryNetwork network;
  const auto ends = network.open({}, {}, 1).value();
  const std::atomic<bool> stop{false};
  const auto found = resolve_neighbours(ends, MemoryNetwork::kMonitorMac, {}, 1000, stop);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->empty());
}

}  // namespace
}  // namespace lockstep::scan
