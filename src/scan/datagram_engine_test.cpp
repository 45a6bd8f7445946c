// UDP by sockets of the kernel, over loopback, where no ICMP error is limited.

#include "scan/datagram_engine.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include "base/unique_fd.h"
#include "scan/connect_engine.h"
#include "scan/socket_address.h"
#include "scan/test_plan.h"

namespace lockstep::scan {
namespace {

/// A port of the kernel's choice on `address`, bound.
struct Bound {
  UniqueFd socket;
  Port port = 0;
};

Bound bind_to(const IpAddress& address) {
  Bound bound{
      UniqueFd(::socket(address.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0))};
  const SocketAddress any = socket_address(address, 0);
  EXPECT_EQ(::bind(bound.socket.get(), any.get(), any.size), 0);
  sockaddr_in6 got{};  // port and family lie alike in both
  socklen_t size = sizeof got;
  void* const start = &got;
  EXPECT_EQ(::getsockname(bound.socket.get(), static_cast<sockaddr*>(start), &size), 0);
  bound.port = ntohs(got.sin6_port);
  return bound;
}

/// Sends every datagram back until it is stopped.
void echo(const std::stop_token& stop, int socket) {
  const timeval patience{0, 10'000};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  while (!stop.stop_requested()) {
    char bytes[512];
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    void* const start = &from;
    auto* const peer = static_cast<sockaddr*>(start);
    const ssize_t count = ::recvfrom(socket, bytes, sizeof bytes, 0, peer, &size);
    if (count >= 0) ::sendto(socket, bytes, static_cast<std::size_t>(count), 0, peer, size);
  }
}

TEST(DatagramEngine, TellsOpenFromClosedAndSaysNothingOfSilence) {
  for (const char* const host : {"127.0.0.1", "::1"}) {
    SCOPED_TRACE(host);
    const Bound open = bind_to(test::address(host));
    const Bound silent = bind_to(test::address(host));
    const Port closed = [&] { return bind_to(test::address(host)).port; }();
    const std::jthread server([&](const std::stop_token& stop) { echo(stop, open.socket.get()); });
    Plan plan = test::plan_of(1, {open.port, silent.port, closed}, host);
    plan.protocol = Protocol::udp;
    plan.quiet_time = std::chrono::milliseconds(100);
    plan.icmp_limit.reset();
    const auto table = test::table_for(plan);
    ASSERT_TRUE(ConnectEngine().run(plan, table));
    EXPECT_EQ(table.answer(0, open.port), Answer::open);
    EXPECT_EQ(table.answer(0, closed), Answer::closed);
    EXPECT_EQ(table.answer(0, silent.port), Answer::none);
    EXPECT_EQ(table.target(0).asked, 3U);
    EXPECT_EQ(table.target(0).passes, 3U);
  }
}

}  // namespace
}  // namespace lockstep::scan
