#include "dialogue/rpc_calls.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "dialogue/test_service.h"

namespace lockstep::dialogue {
namespace {

std::string words(std::initializer_list<std::uint32_t> values) {
  std::string text;
  for (const std::uint32_t value : values) {
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift);
  }
  return text;
}

std::uint32_t word(std::string_view bytes, std::size_t index) {
  std::uint32_t value = 0;
  for (std::size_t i = 4 * index; i < 4 * index + 4; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

using Versions = std::map<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>>;

/// A server of ONC-RPC that has these programs; over a stream it marks records.
Behaviour serves(Protocol protocol, Versions programs, unsigned replies = 100) {
  return [=](const Player& player, unsigned /*number*/) {
    for (unsigned i = 0; i < replies; ++i) {
      std::string call = player.hear(milliseconds(1000));
      if (protocol == Protocol::tcp && call.size() >= 4) call.erase(0, 4);
      if (call.size() < 40) return;
      const std::uint32_t program = word(call, 3);
      const auto found = programs.find(program);
      std::string reply = words({word(call, 0), 1, 0, 0, 0});
      if (found == programs.end()) {
        reply += words({1});
      } else if (word(call, 4) > found->second.second) {
        reply += words({2, found->second.first, found->second.second});
      } else {
        // Only a port mapper's list is ever asked for in earnest.
        reply += words({0, 1, 100021, 4, 17, 40123, 0});
      }
      if (protocol == Protocol::tcp) {
        reply = words({0x80000000U | static_cast<std::uint32_t>(reply.size())}) + reply;
      }
      player.say(reply);
    }
  };
}

Behaviour serves_tcp(Versions programs, unsigned replies = 100) {
  return serves(Protocol::tcp, std::move(programs), replies);
}

Task rpc(Port port, std::vector<std::uint32_t> programs) {
  Task task = tcp(port);
  task.programs = std::move(programs);
  return task;
}

TEST(RpcCalls, ProgramsAreConfirmedByCalls) {
  const RpcProgram nfs{100003, 3, 4};
  const RpcProgram acl{100227, 3, 3};
  const RpcProgram lock{100021, 1, 4};
  const struct {
    const char* description;
    Task task;
    Behaviour service;
    std::string name;
    std::vector<RpcProgram> programs;
    std::string info{};
  } rows[] = {
      {"the one that is asked for",
       rpc(40000, {100021}),
       serves_tcp({{100021, {1, 4}}}),
       "nlockmgr",
       {lock},
       "RPC #100021; versions 1-4"},
      {"two of three",
       rpc(2049, {100227, 100005, 100003}),
       serves_tcp({{100003, {3, 4}}, {100227, {3, 3}}}),
       "nfs",
       {nfs, acl},
       "RPC #100003; versions 3-4"},
      {"another than the one that is asked for",
       rpc(40000, {100024}),
       serves_tcp({{100021, {1, 4}}}),
       "nlockmgr",
       {lock},
       "RPC #100021; versions 1-4"},
      {"nobody asked for any",
       tcp(2049),
       serves_tcp({{100003, {3, 4}}, {100227, {3, 3}}}),
       "nfs",
       {nfs, acl},
       "RPC #100003; versions 3-4"},
      {"one that has no name",
       rpc(40000, {399999}),
       serves_tcp({{399999, {1, 1}}}),
       "rpc",
       {{399999, 1, 1}},
       "RPC #399999; versions 1-1"},
      {"none that is known", tcp(40000), serves_tcp({{399999, {1, 1}}}), "rpc", {}},
      {"a connection a call",
       rpc(40000, {100003, 100005, 100021}),
       serves_tcp({{100021, {1, 4}}}, 1),
       "nlockmgr",
       {lock},
       "RPC #100021; versions 1-4"},
      {"versions that are no range",
       rpc(40000, {100021}),
       serves_tcp({{100021, {4, 1}}}),
       "rpc",
       {}},
      {"no RPC, but another service", rpc(8080, {100021}), answers_get, "http", {}},
      {"no RPC, but a banner", rpc(40000, {100021}), greets, "ssh", {}},
      {"says yes to everything",
       rpc(40000, {100021}),
       serves_tcp({{100021, {0, 0xffffffff}}}),
       "rpc",
       {}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    const Outcome outcome = ask(row.task, row.service);
    EXPECT_EQ(outcome.service.name, row.name);
    EXPECT_EQ(outcome.service.programs, row.programs);
    EXPECT_EQ(outcome.service.info, row.info);
    EXPECT_EQ(to_string(outcome.service.answer), "spoke");
    if (!row.programs.empty()) {
      EXPECT_EQ(outcome.service.match, ServiceMatch::hard);
    }
  }
}

TEST(RpcCalls, DatagramsToo) {
  Task task = rpc(40000, {100021, 100024});
  task.protocol = Protocol::udp;
  const Outcome outcome = ask(task, serves(Protocol::udp, {{100024, {1, 1}}}));
  EXPECT_EQ(outcome.service.name, "status");
  EXPECT_EQ(outcome.service.programs, (std::vector<RpcProgram>{{100024, 1, 1}}));
}

TEST(RpcCalls, APortMappersListIsANote) {
  const Outcome outcome = ask(rpc(111, {100000}), serves_tcp({{100000, {2, 4}}}));
  EXPECT_EQ(outcome.service.name, "rpcbind");
  EXPECT_EQ(outcome.service.programs, (std::vector<RpcProgram>{{100000, 2, 4}}));
  EXPECT_EQ(outcome.note, "has registered: nlockmgr 40123/udp");
}

TEST(RpcCalls, WhoIsNotToBeAskedIsNotCalled) {
  const Behaviour service = serves_tcp({{100021, {1, 4}}});
  Task task = rpc(40000, {100021});
  task.may_probe = false;
  EXPECT_TRUE(ask(task, service).sent.empty());
  EXPECT_TRUE(ask(rpc(9, {100021}), service).sent.empty());  // excluded
}

TEST(RpcCalls, WhoNeverRepliesIsSilent) {
  const Behaviour silent = [](const Player& player, unsigned /*number*/) { player.stay(); };
  const Outcome outcome = ask(rpc(40000, {100021, 100024, 100005}), silent);
  EXPECT_EQ(to_string(outcome.service.answer), "silent");
  EXPECT_EQ(outcome.service.name, "");
  EXPECT_EQ(to_string(ask(rpc(40000, {100021}), silent, 0).service.answer), "unreachable");
}

TEST(RpcCalls, RepliesToNobodysCallsEndInTime) {
  const Behaviour babbles = [](const Player& player, unsigned /*number*/) {
    for (int i = 0; i < 10'000; ++i) {
      player.say(words({0x80000018, 1, 1, 0, 0, 0, 1}));  // in order, and to no call of ours
      if (player.hear(milliseconds(1)).empty()) continue;
    }
  };
  const Outcome outcome = ask(rpc(40000, {100021, 100024}), babbles);
  EXPECT_TRUE(outcome.service.programs.empty());
  EXPECT_EQ(to_string(outcome.service.answer), "spoke");
}

}  // namespace
}  // namespace lockstep::dialogue
