#include "app/engine_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "net/io/af_packet.h"
#include "net/io/memory.h"
#include "net/io/xdp/xdp_programs.h"

namespace lockstep {
namespace {

using testing::HasSubstr;

TEST(EngineChoice, ConnectIsGivenToWhoeverAsks) {
  net::MemoryNetwork links;
  for (const EngineUse use : {EngineUse::scan, EngineUse::sweep}) {
    const auto choice = choose_engine("connect", use, links);
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->engine->name(), "connect");
    EXPECT_TRUE(choice->engine->completes_handshakes());
    EXPECT_EQ(choice->fallback, nullptr);
    EXPECT_EQ(choice->notice.empty(), use == EngineUse::scan) << "sweeps are told what it does";
  }
}

TEST(EngineChoice, RefusesOtherNames) {
  net::MemoryNetwork links;
  const struct {
    const char* name;
    const char* says;
  } kRows[] = {
      {"pakcet", "did you mean packet?"},
      {"Connect", "did you mean connect?"},
      {"", "\"\" is no engine (auto, packet, xdp, connect)"},
      {"quantum", "\"quantum\" is no engine"},
      {"\x1b[31m", "\"\\x1b[31m\" is no engine"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    const auto choice = choose_engine(row.name, EngineUse::scan, links);
    ASSERT_FALSE(choice);
    EXPECT_EQ(choice.error().kind(), ErrorKind::invalid);
    EXPECT_THAT(choice.error().message(), HasSubstr(row.says));
  }
}

TEST(EngineChoice, XdpIsGivenToWhoeverAsksAndToAutoWhereItsInterfacesAreListed) {
  if (!net::may_open_packet_sockets()) GTEST_SKIP() << "needs CAP_NET_RAW";
  net::MemoryNetwork links;
  if (net::may_use_xdp()) {
    const auto asked = choose_engine("xdp", EngineUse::sweep, links);
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->engine->name(), "xdp");
    EXPECT_FALSE(asked->engine->completes_handshakes());
  }
  const auto listed = choose_engine("auto", EngineUse::sweep, links, {.interfaces = {"eth0"}});
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->engine->name(), "xdp") << "until a plan shows that packet is the better one";
  const auto asked = choose_engine("packet", EngineUse::sweep, links, {.interfaces = {"eth0"}});
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->engine->name(), "packet");
}

TEST(EngineChoice, WithTheRightItIsHalfOpen) {
  if (!net::may_open_packet_sockets()) GTEST_SKIP() << "needs CAP_NET_RAW";
  net::MemoryNetwork links;
  for (const char* const name : {"auto", "packet"}) {
    SCOPED_TRACE(name);
    const auto scan = choose_engine(name, EngineUse::scan, links);
    ASSERT_TRUE(scan);
    EXPECT_EQ(scan->engine->name(), "packet");
    ASSERT_NE(scan->fallback, nullptr) << "this machine's own addresses";
    EXPECT_EQ(scan->fallback->name(), "connect");
    const auto sweep = choose_engine(name, EngineUse::sweep, links);
    ASSERT_TRUE(sweep);
    EXPECT_EQ(sweep->engine->name(), "packet");
    EXPECT_EQ(sweep->fallback, nullptr) << "a sweep completes no connection by itself";
  }
}

/// What is wrong where the right is missing; 0: nothing.
int check_without_right() {
  net::MemoryNetwork links;
  const auto scan = choose_engine("auto", EngineUse::scan, links);
  if (!scan || scan->engine->name() != "connect" || scan->fallback) return 1;
  if (scan->notice.find("no right to send packets") == std::string::npos) return 2;
  const struct {
    const char* name;
    EngineUse use;
  } kDenied[] = {{"packet", EngineUse::scan},
                 {"packet", EngineUse::sweep},
                 {"auto", EngineUse::sweep},
                 {"xdp", EngineUse::scan}};
  for (const auto& row : kDenied) {
    const auto choice = choose_engine(row.name, row.use, links);
    if (choice || choice.error().kind() != ErrorKind::denied) return 3;
    if (choice.error().message().find("CAP_NET_RAW") == std::string::npos) return 4;
  }
  return choose_engine("connect", EngineUse::sweep, links) ? 0 : 5;
}

TEST(EngineChoice, WithoutTheRightScansConnectAndSweepsRefuse) {
  constexpr uid_t kNobody = 65534;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // Leaving uid 0 drops every capability.
    if (::geteuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0) ::_exit(100);
    ::_exit(net::may_open_packet_sockets() ? 101 : check_without_right());
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) >= 100) GTEST_SKIP() << "the right cannot be dropped here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace lockstep
