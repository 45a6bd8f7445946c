// Against the kernel of this machine: its loopback interface, and network namespaces of our own,
// where the user may create them.

#include "net/route.h"

#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>
#include <thread>

#include "net/test_frames.h"

namespace lockstep::net {
namespace {

using test::address;

/// Runs `body` in a new network namespace, which ends with it; false where that is not allowed.
template <typename Body>
bool in_new_namespace(Body body) {
  bool allowed = false;
  std::jthread([&] {
    allowed = ::unshare(CLONE_NEWNET) == 0;
    if (allowed) body();
  }).join();
  return allowed;
}

void bring_up(const char* name) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  ASSERT_EQ(::ioctl(socket.get(), SIOCGIFFLAGS, &request), 0);
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  ASSERT_EQ(::ioctl(socket.get(), SIOCSIFFLAGS, &request), 0);
}

TEST(KernelRoutes, LeadToThisMachineItself) {
  auto routes = KernelRoutes::open();
  ASSERT_TRUE(routes) << routes.error().message();
  const auto route = routes->route_to(address("127.0.0.1"));
  ASSERT_TRUE(route) << route.error().message();
  EXPECT_TRUE(route->local);
  EXPECT_EQ(route->source, address("127.0.0.1"));
  EXPECT_EQ(route->gateway, std::nullopt);
  EXPECT_EQ(route->interface_index, interface_by_name("lo")->index);
  EXPECT_EQ(route->next_hop(address("127.0.0.1")), address("127.0.0.1"));
}

TEST(KernelRoutes, RefuseWhatIsNoUnicastAddress) {
  auto routes = KernelRoutes::open();
  ASSERT_TRUE(routes);
  for (const char* const text : {"255.255.255.255", "127.255.255.255", "ff02::1"}) {
    SCOPED_TRACE(text);
    const auto route = routes->route_to(address(text));
    ASSERT_FALSE(route);
    EXPECT_EQ(route.error().kind(), ErrorKind::unavailable);
    EXPECT_NE(route.error().message().find(text), std::string::npos) << route.error().message();
  }
}

TEST(KernelRoutes, AnswerEachQuestionAfterAnErrorToo) {
  auto routes = KernelRoutes::open();
  ASSERT_TRUE(routes);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(routes->route_to(address("255.255.255.255")));
    EXPECT_TRUE(routes->route_to(address("127.0.0.1")));
  }
}

TEST(KernelRoutes, SayWhereThereIsNoRoute) {
  const bool allowed = in_new_namespace([] {
    auto routes = KernelRoutes::open();
    ASSERT_TRUE(routes);
    for (const char* const text : {"198.18.0.1", "fd00::1"}) {
      SCOPED_TRACE(text);
      const auto route = routes->route_to(address(text));
      ASSERT_FALSE(route);
      EXPECT_EQ(route.error().kind(), ErrorKind::unavailable);
      EXPECT_NE(route.error().message().find("unreachable"), std::string::npos)
          << route.error().message();
    }
    EXPECT_FALSE(interface_by_name("lo")->up);
    bring_up("lo");
    EXPECT_TRUE(interface_by_name("lo")->up);
    EXPECT_TRUE(routes->route_to(address("127.0.0.1"))->local);
  });
  if (!allowed) GTEST_SKIP() << "network namespaces need CAP_SYS_ADMIN";
}

TEST(KernelRoutes, NeedAnInterfaceThatExists) {
  for (const char* const name : {"no-such-if0", "", "a-name-that-is-too-long", "lo\n"}) {
    SCOPED_TRACE(name);
    const auto interface = interface_by_name(name);
    ASSERT_FALSE(interface);
    EXPECT_EQ(interface.error().kind(), ErrorKind::not_found) << interface.error().message();
    EXPECT_EQ(interface.error().message().find('\n'), std::string::npos);
  }
  const auto routes = KernelRoutes::open("no-such-if0");
  ASSERT_FALSE(routes);
  EXPECT_EQ(routes.error().kind(), ErrorKind::not_found);
  EXPECT_EQ(interface_by_index(0).error().kind(), ErrorKind::not_found);
}

TEST(Interface, LoopbackHasNoEthernet) {
  const auto loopback = interface_by_name("lo");
  ASSERT_TRUE(loopback) << loopback.error().message();
  EXPECT_FALSE(loopback->ethernet);
  const auto same = interface_by_index(loopback->index);
  ASSERT_TRUE(same);
  EXPECT_EQ(same->name, "lo");
}

}  // namespace
}  // namespace lockstep::net
