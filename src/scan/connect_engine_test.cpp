// The connect engine against real sockets: loopback, in a network namespace of the test's own
// where that is allowed, so that nobody else listens there.

#include "scan/connect_engine.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/unique_fd.h"
#include "scan/connection_pool.h"
#include "scan/test_plan.h"

namespace lockstep::scan {
namespace {

using test::address;
using test::plan_of;
using test::port_range;
using test::ports_with;
using test::table_for;

bool bring_loopback_up() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  return ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

/// Runs `body` in a new network namespace with loopback alone; false where that is not allowed.
/// Threads that `body` starts are in there too.
template <typename Body>
bool in_new_namespace(Body body) {
  bool allowed = false;
  std::jthread([&] {
    allowed = ::unshare(CLONE_NEWNET) == 0 && bring_loopback_up();
    if (allowed) body();
  }).join();
  return allowed;
}

#define IN_NEW_NAMESPACE(body)                               \
  if (!in_new_namespace(body)) {                             \
    GTEST_SKIP() << "network namespaces need CAP_SYS_ADMIN"; \
  }

/// A TCP socket bound to `host`:`port` (0: any). Listens with `backlog`, unless that is negative.
struct Socket {
  UniqueFd fd;
  Port port = 0;
};

Socket bind_to(const IpAddress& host, Port port, int backlog = 16) {
  sockaddr_in6 six{};
  sockaddr_in four{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  std::memcpy(&six.sin6_addr, host.bytes().data(), 16);
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  four.sin_addr.s_addr = htonl(host.v4_number());
  void* const start = host.is_v4() ? static_cast<void*>(&four) : &six;
  socklen_t size = host.is_v4() ? sizeof four : sizeof six;
  Socket result{UniqueFd(::socket(host.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM, 0)), port};
  EXPECT_EQ(::bind(result.fd.get(), static_cast<sockaddr*>(start), size), 0)
      << host.to_string() << ":" << port << ": " << std::strerror(errno);
  if (backlog >= 0) {
    EXPECT_EQ(::listen(result.fd.get(), backlog), 0);
  }
  EXPECT_EQ(::getsockname(result.fd.get(), static_cast<sockaddr*>(start), &size), 0);
  result.port = ntohs(host.is_v4() ? four.sin_port : six.sin6_port);
  return result;
}

ResultTable scan(const Plan& plan) {
  auto table = table_for(plan);
  const auto done = ConnectEngine().run(plan, table);
  EXPECT_TRUE(done) << done.error().message();
  return table;
}

/// One of the namespace's TCP counters (/proc/net/snmp).
long tcp_counter(const std::string& name) {
  std::ifstream file("/proc/thread-self/net/snmp");
  std::string names;
  std::string values;
  while (std::getline(file, names) && !names.starts_with("Tcp:")) continue;
  std::getline(file, values);
  std::istringstream name_stream(names);
  std::istringstream value_stream(values);
  std::string one;
  std::string value;
  while (name_stream >> one && value_stream >> value) {
    if (one == name) return std::stol(value);
  }
  ADD_FAILURE() << "no counter " << name;
  return 0;
}

void expect_exactly_listening(const IpAddress& host) {
  // All ephemeral ports, from which the probes themselves come, and some below.
  const Plan plan = plan_of(1, port_range(32000, 65535), host.to_string());
  std::vector<Socket> listening;
  std::vector<Port> expected;
  for (int port = 32100; port < 65536; port += 1499) {
    listening.push_back(bind_to(host, static_cast<Port>(port)));
    expected.push_back(static_cast<Port>(port));
  }
  listening.push_back(bind_to(host, 0));
  expected.push_back(listening.back().port);
  std::ranges::sort(expected);
  const Socket bound_only = bind_to(host, 0, -1);
  for (int run = 0; run < 3; ++run) {
    const ResultTable table = scan(plan);
    EXPECT_EQ(ports_with(table, 0, Answer::open), expected);
    EXPECT_EQ(table.target(0).asked, plan.ports.size());
    EXPECT_EQ(table.target(0).answered, plan.ports.size());
    EXPECT_EQ(table.answer(0, bound_only.port), Answer::closed);
  }
}

TEST(ConnectEngine, FindsExactlyWhatListens) {
  IN_NEW_NAMESPACE([] { expect_exactly_listening(address("127.0.0.1")); });
}

TEST(ConnectEngine, FindsExactlyWhatListensOnIpv6) {
  IN_NEW_NAMESPACE([] {
    if (!std::ifstream("/proc/thread-self/net/if_inet6").good()) return;
    expect_exactly_listening(address("::1"));
  });
}

// Where namespaces are not allowed, this is what remains: an address that nobody else listens on,
// but for those that listen on all.
TEST(ConnectEngine, TellsOpenFromClosedOnThisMachine) {
  const IpAddress host = address("127.77.3.1");
  const Socket open = bind_to(host, 0);
  const Socket closed = bind_to(host, 0, -1);
  const ResultTable table = scan(plan_of(1, {open.port, closed.port}, "127.77.3.1"));
  EXPECT_EQ(table.answer(0, open.port), Answer::open);
  EXPECT_EQ(table.answer(0, closed.port), Answer::closed);
  EXPECT_EQ(table.run().probes, 2U);
}

TEST(ConnectEngine, AConnectionToItselfIsNotOpen) {
  IN_NEW_NAMESPACE([] {
    // One source port only: whoever asks for it asks itself.
    const bool narrowed = static_cast<bool>(std::ofstream("/proc/sys/net/ipv4/ip_local_port_range")
                                            << "40000 40000" << std::flush);
    ASSERT_TRUE(narrowed);
    const ResultTable table = scan(plan_of(1, {40000}, "127.0.0.1"));
    EXPECT_EQ(table.answer(0, 40000), Answer::closed);
    EXPECT_EQ(table.target(0).open, 0U);
  });
}

TEST(ConnectEngine, AsksEachClosedPortOnce) {
  IN_NEW_NAMESPACE([] {
    const Plan plan = plan_of(2, port_range(1, 2000), "127.0.0.1");
    const long before = tcp_counter("ActiveOpens");
    const ResultTable table = scan(plan);
    EXPECT_EQ(table.run().probes, 4000U);
    EXPECT_EQ(tcp_counter("ActiveOpens") - before, 4000);
  });
}

TEST(ConnectEngine, LeavesNoConnectionBehind) {
  IN_NEW_NAMESPACE([] {
    const Socket open = bind_to(address("127.0.0.1"), 4444);
    scan(plan_of(1, {4444}, "127.0.0.1"));
    const UniqueFd accepted(::accept4(open.fd.get(), nullptr, nullptr, SOCK_NONBLOCK));
    ASSERT_TRUE(accepted) << "the handshake was completed";
    char byte = 0;
    EXPECT_EQ(::read(accepted.get(), &byte, 1), -1);
    EXPECT_EQ(errno, ECONNRESET) << "and reset at once";
  });
}

TEST(ConnectEngine, AFullBacklogIsSilence) {
  IN_NEW_NAMESPACE([] {
    const Socket full = bind_to(address("127.0.0.1"), 4444, 0);
    std::vector<UniqueFd> waiting;  // the first is queued, the rest are not let in
    for (int i = 0; i < 4; ++i) {
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(4444);
      to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      waiting.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      const void* const start = &to;
      ::connect(waiting.back().get(), static_cast<const sockaddr*>(start), sizeof to);
    }
    Plan plan = plan_of(1, {4444, 4445}, "127.0.0.1");
    plan.tries = 2;
    const ResultTable table = scan(plan);
    EXPECT_EQ(table.answer(0, 4444), Answer::none);
    EXPECT_EQ(table.answer(0, 4445), Answer::closed);
    EXPECT_EQ(table.target(0).answered, 1U);
    EXPECT_EQ(table.target(0).passes, 2U);
    EXPECT_EQ(table.run().probes, 3U);
  });
}

TEST(ConnectEngine, SaysWhereThereIsNoRoute) {
  IN_NEW_NAMESPACE([] {
    Plan plan = plan_of(1, {22, 23}, "198.18.0.1");
    plan.targets.push_back({.address = address("127.0.0.1")});
    plan.targets.push_back({.address = address("fd00::1")});
    const ResultTable table = scan(plan);
    for (const std::size_t unreachable : {0U, 2U}) {
      EXPECT_EQ(table.target(unreachable).status, TargetStatus::no_route);
      EXPECT_EQ(table.target(unreachable).asked, 0U);
      EXPECT_EQ(table.target(unreachable).answered, 0U);
    }
    EXPECT_EQ(table.target(1).answered, 2U);
  });
}

TEST(ConnectEngine, NeedsTheInterfaceOfThePlan) {
  Plan plan = plan_of(1, {22}, "127.0.0.1");
  plan.interface = "no-such-if0";
  const auto table = table_for(plan);
  const auto done = ConnectEngine().run(plan, table);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind(), ErrorKind::not_found);
  EXPECT_EQ(table.run().probes, 0U);
}

TEST(ConnectEngine, AsksNothingThatTheFenceForbids) {
  IN_NEW_NAMESPACE([] {
    Plan plan = plan_of(3, port_range(1, 50), "127.0.0.1");
    const IpAddress excluded = address("127.0.0.2");
    plan.fence = Fence({Prefix::parse("127.0.0.0/8").value()}, {{excluded, excluded}});
    const Socket open = bind_to(excluded, 22);
    const long before = tcp_counter("ActiveOpens");
    const ResultTable table = scan(plan);
    EXPECT_EQ(tcp_counter("ActiveOpens") - before, 100);
    EXPECT_EQ(table.target(1).status, TargetStatus::fenced);
    EXPECT_EQ(table.target(1).asked, 0U);
    EXPECT_EQ(ports_with(table, 1, Answer::open), std::vector<Port>{});
  });
}

TEST(ConnectEngine, StopKeepsTheBooks) {
  IN_NEW_NAMESPACE([] {
    const Plan plan = plan_of(64, port_range(1, 65535), "127.0.0.1");
    const auto table = table_for(plan);
    std::jthread stopper([&] {
      while (table.run().probes < 5000) std::this_thread::yield();
      table.run().stop = true;
    });
    const auto done = ConnectEngine().run(plan, table);
    EXPECT_TRUE(done) << done.error().message();
    std::uint64_t asked = 0;
    for (std::size_t i = 0; i < plan.targets.size(); ++i) {
      asked += table.target(i).asked;
      EXPECT_LE(table.target(i).answered, table.target(i).asked);
    }
    EXPECT_EQ(asked, table.run().probes);
    EXPECT_GE(asked, 5000U);
    EXPECT_LT(asked, 64U * 65535);
  });
}

TEST(ConnectEngine, StopBeforeTheStartAsksNothing) {
  const Plan plan = plan_of(1, {22}, "127.0.0.1");
  const auto table = table_for(plan);
  table.run().stop = true;
  EXPECT_TRUE(ConnectEngine().run(plan, table));
  EXPECT_EQ(table.run().probes, 0U);
}

TEST(ConnectEngine, APlanWithoutTargetsIsDoneAtOnce) {
  const Plan plan = plan_of(0, {22});
  EXPECT_EQ(scan(plan).run().probes, 0U);
}

/// Runs `body` in a child with at most `files` descriptors; its exit status is `body`'s.
void with_descriptors(rlim_t files, const std::function<bool()>& body) {
  const auto limited = [&] {
    const rlimit limit{files, files};
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::_exit(2);
    ::_exit(body() ? 0 : 1);
  };
  EXPECT_EXIT(limited(), testing::ExitedWithCode(0), "");
}

TEST(ConnectEngineDeathTest, IsExactWithFewDescriptors) {
  for (const rlim_t files : {24U, 64U, 100U, 300U}) {
    SCOPED_TRACE(files);
    with_descriptors(files, [] {
      const IpAddress host = address("127.77.3.2");
      const Socket open = bind_to(host, 0);
      std::vector<Port> ports = port_range(1, 3000);
      ports.push_back(open.port);
      Plan plan = plan_of(1, ports, host.to_string());
      plan.threads = 2;
      const auto table = table_for(plan);
      const auto done = ConnectEngine().run(plan, table);
      if (!done) std::fprintf(stderr, "%s\n", done.error().message().c_str());
      return done && table.target(0).answered == ports.size() &&
             table.answer(0, open.port) == Answer::open;
    });
  }
}

TEST(ConnectEngineDeathTest, SaysThatThereAreNoDescriptors) {
  with_descriptors(64, [] {
    const Plan plan = plan_of(1, {22}, "127.0.0.1");
    // What runs for the first time without descriptors, a sanitizer cannot check for want of them.
    EXPECT_EQ(system_error(EMFILE, "socket").kind(), ErrorKind::unavailable);
    const bool well = ConnectEngine().run(plan, table_for(plan)).has_value();
    const auto table = table_for(plan);
    std::vector<UniqueFd> all;
    do {
      all.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    } while (all.back());
    const auto done = ConnectEngine().run(plan, table);
    return well && !done && done.error().kind() == ErrorKind::unavailable;
  });
}

// --- The pool by itself ---

class ConnectionPoolTest : public testing::Test {
 protected:
  /// Collects at virtual `now` until `count` outcomes are there.
  std::vector<ConnectOutcome> collect(std::size_t count) {
    std::vector<ConnectOutcome> outcomes;
    while (outcomes.size() < count) {
      pool_.wait_until(now_ + std::chrono::seconds(1), now_);
      pool_.collect(now_, outcomes);
    }
    return outcomes;
  }

  IpAddress host_ = address("127.77.3.3");
  TimePoint now_ = std::chrono::steady_clock::now();
  ConnectionPool pool_ = ConnectionPool::create(2, std::chrono::milliseconds(900)).value();
};

TEST_F(ConnectionPoolTest, UsesItsSocketsAgain) {
  const Socket open = bind_to(host_, 0, 128);
  const Socket closed = bind_to(host_, 0, -1);
  for (std::uint32_t i = 0; i < 50; ++i) {
    const Port port = i % 3 == 0 ? open.port : closed.port;
    ASSERT_TRUE(pool_.has_room());
    ASSERT_TRUE(pool_.start({i, port}, host_, now_));
    EXPECT_EQ(pool_.in_flight(), 1U);
    const auto outcomes = collect(1);
    ASSERT_EQ(outcomes.size(), 1U);
    EXPECT_EQ(outcomes[0].probe.target, i);
    EXPECT_EQ(outcomes[0].answer, i % 3 == 0 ? Answer::open : Answer::closed);
    EXPECT_EQ(pool_.in_flight(), 0U);
  }
}

TEST_F(ConnectionPoolTest, GivesUpAfterItsTimeoutAndGoesOn) {
  const Socket full = bind_to(host_, 0, 0);
  ASSERT_TRUE(pool_.start({0, full.port}, host_, now_));
  EXPECT_EQ(collect(1)[0].answer, Answer::open) << "that fills the queue";
  std::vector<ConnectOutcome> outcomes;
  ASSERT_TRUE(pool_.start({1, full.port}, host_, now_));
  ASSERT_TRUE(pool_.start({2, full.port}, host_, now_));
  EXPECT_FALSE(pool_.has_room());
  pool_.collect(now_ + std::chrono::milliseconds(899), outcomes);
  EXPECT_TRUE(outcomes.empty());
  pool_.collect(now_ + std::chrono::milliseconds(900), outcomes);
  ASSERT_EQ(outcomes.size(), 2U);
  for (const ConnectOutcome& outcome : outcomes) EXPECT_EQ(outcome.answer, Answer::none);
  EXPECT_EQ(pool_.in_flight(), 0U);
  // The same sockets, with what epoll still knows of the connections given up.
  const Socket closed = bind_to(host_, 0, -1);
  now_ += std::chrono::seconds(1);
  for (std::uint32_t i = 3; i < 9; ++i) {
    ASSERT_TRUE(pool_.start({i, closed.port}, host_, now_));
    EXPECT_EQ(collect(1)[0].answer, Answer::closed);
  }
}

TEST_F(ConnectionPoolTest, HoldsNoDeadlineOfWhatHasEnded) {
  // A probe is parked, then answered; its deadline is not to wake anybody later.
  const Socket full = bind_to(host_, 0, 0);
  ASSERT_TRUE(pool_.start({0, full.port}, host_, now_));
  collect(1);
  ASSERT_TRUE(pool_.start({1, full.port}, host_, now_));
  std::vector<ConnectOutcome> outcomes;
  pool_.collect(now_, outcomes);
  EXPECT_TRUE(outcomes.empty()) << "parked";
  EXPECT_EQ(pool_.next_deadline(), now_ + std::chrono::milliseconds(900));
  pool_.collect(now_ + std::chrono::seconds(1), outcomes);
  EXPECT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(pool_.next_deadline(), std::nullopt);
}

TEST_F(ConnectionPoolTest, AbandonsWithoutAnOutcomeAndCanBeUsedAgain) {
  const Socket open = bind_to(host_, 0);
  ASSERT_TRUE(pool_.start({0, open.port}, host_, now_));
  ASSERT_TRUE(pool_.start({1, open.port}, host_, now_));
  EXPECT_FALSE(pool_.has_room());
  pool_.abandon();
  EXPECT_EQ(pool_.in_flight(), 0U);
  std::vector<ConnectOutcome> outcomes;
  pool_.collect(now_, outcomes);
  EXPECT_TRUE(outcomes.empty());
  ASSERT_TRUE(pool_.has_room());
  ASSERT_TRUE(pool_.start({2, open.port}, host_, now_));
  EXPECT_EQ(collect(1)[0].probe.target, 2U);
}

}  // namespace
}  // namespace lockstep::scan
