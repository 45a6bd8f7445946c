#include "dialogue/rpc.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <initializer_list>
#include <string>

namespace lockstep::dialogue {
namespace {

using Said = RpcReply::Said;

std::string words(std::initializer_list<std::uint32_t> values) {
  std::string text;
  for (const std::uint32_t value : values) {
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift);
  }
  return text;
}

TEST(Rpc, ACallIsWhatTheStandardSays) {
  const std::string call = rpc_call(Protocol::udp, 7, 100021, 104000);
  EXPECT_EQ(call, words({7, 0, 2, 100021, 104000, 0, 0, 0, 0, 0}));
  EXPECT_EQ(rpc_call(Protocol::tcp, 7, 100021, 104000), words({0x80000028}) + call);
}

TEST(Rpc, RepliesAreToldApart) {
  const struct {
    const char* description;
    std::string message;
    std::optional<RpcReply> reply;
  } rows[] = {
      {"versions", words({9, 1, 0, 0, 0, 2, 3, 4}),
       RpcReply{.xid = 9, .said = Said::versions, .lowest = 3, .highest = 4}},
      {"no such program", words({9, 1, 0, 0, 0, 1}), RpcReply{.xid = 9, .said = Said::no_program}},
      {"carried out", words({9, 1, 0, 0, 0, 0}), RpcReply{.xid = 9, .said = Said::success}},
      {"carried out, with results", words({9, 1, 0, 0, 0, 0}) + "abcd",
       RpcReply{.xid = 9, .said = Said::success, .results = "abcd"}},
      {"a verifier of five bytes, filled up",
       words({9, 1, 0, 6, 5}) + std::string("12345\0\0\0", 8) + words({1}),
       RpcReply{.xid = 9, .said = Said::no_program}},
      {"a verifier of eight bytes", words({9, 1, 0, 6, 8}) + "12345678" + words({1}),
       RpcReply{.xid = 9, .said = Said::no_program}},
      {"a procedure that is not there", words({9, 1, 0, 0, 0, 3}), RpcReply{.xid = 9}},
      {"versions the wrong way round", words({9, 1, 0, 0, 0, 2, 4, 3}),
       RpcReply{.xid = 9, .lowest = 4, .highest = 3}},
      {"another version of RPC", words({9, 1, 1, 0, 2, 2}), RpcReply{.xid = 9}},
      {"credentials are wanted", words({9, 1, 1, 1, 5}), RpcReply{.xid = 9}},
      {"a refusal for no known reason", words({9, 1, 1, 2, 5}), {}},
      {"neither accepted nor denied", words({9, 1, 2, 0, 0, 1}), {}},
      {"our own call, sent back", rpc_call(Protocol::udp, 9, 100000, 104000), {}},
      {"a verifier that is too long",
       words({9, 1, 0, 0, 401}) + std::string(404, 'v') + words({1}),
       {}},
      {"a verifier that is not there", words({9, 1, 0, 0, 400, 1}), {}},
      {"versions cut short", words({9, 1, 0, 0, 0, 2, 3}), {}},
      {"nothing", "", {}},
      {"text", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", {}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    const auto reply = parse_rpc_reply(row.message);
    ASSERT_EQ(reply.has_value(), row.reply.has_value());
    if (!reply) continue;
    EXPECT_EQ(reply->xid, row.reply->xid);
    EXPECT_EQ(static_cast<int>(reply->said), static_cast<int>(row.reply->said));
    EXPECT_EQ(reply->lowest, row.reply->lowest);
    EXPECT_EQ(reply->highest, row.reply->highest);
    EXPECT_EQ(reply->results, row.reply->results);
  }
}

TEST(Rpc, RecordsAreTakenFromAStream) {
  const auto fragment = [](std::string_view body, bool last) {
    return words({static_cast<std::uint32_t>(body.size()) | (last ? 0x80000000 : 0)}) +
           std::string(body);
  };
  std::string many;
  for (int i = 0; i < 100; ++i) many += fragment("", false);
  const struct {
    const char* description;
    std::string bytes;
    RpcRecord::State state;
    std::string body;
    std::string rest;
  } rows[] = {
      {"one", fragment("abc", true), RpcRecord::State::whole, "abc", ""},
      {"in two fragments, with more behind it",
       fragment("abc", false) + fragment("de", true) + "next", RpcRecord::State::whole, "abcde",
       "next"},
      {"a mark cut short", std::string("\x80\0\0", 3), RpcRecord::State::unfinished, "",
       std::string("\x80\0\0", 3)},
      {"a body cut short", words({0x80000004}) + "ab", RpcRecord::State::unfinished, "",
       words({0x80000004}) + "ab"},
      {"the last fragment is still to come", fragment("abc", false), RpcRecord::State::unfinished,
       "", fragment("abc", false)},
      {"longer than any", words({0x80000000 | 40'000}), RpcRecord::State::none, "",
       words({0x80000000 | 40'000})},
      {"too long together",
       fragment(std::string(20'000, 'x'), false) + words({0x80000000 | 20'000}),
       RpcRecord::State::none, "",
       fragment(std::string(20'000, 'x'), false) + words({0x80000000 | 20'000})},
      {"fragments for ever", many, RpcRecord::State::none, "", many},
      {"text", "SSH-2.0-x\r\n", RpcRecord::State::none, "", "SSH-2.0-x\r\n"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    std::string bytes = row.bytes;
    const RpcRecord record = take_record(bytes);
    EXPECT_EQ(static_cast<int>(record.state), static_cast<int>(row.state));
    EXPECT_EQ(record.body, row.body);
    EXPECT_EQ(bytes, row.rest);
  }
}

TEST(Rpc, APortMappersListIsRead) {
  const std::string list = words({1, 100000, 4, 6, 111}) + words({1, 100000, 3, 6, 111}) +
                           words({1, 100021, 4, 17, 40123}) + words({1, 1234, 1, 132, 5});
  const auto registered = parse_rpc_dump(list + words({0}));
  ASSERT_TRUE(registered);
  EXPECT_EQ(registered->size(), 4U);
  EXPECT_EQ(describe(*registered), "1234 5/?, rpcbind 111/tcp, nlockmgr 40123/udp");

  std::string much;
  for (std::uint32_t i = 0; i < 1000; ++i) much += words({1, i, 1, 6, i});
  const std::pair<const char*, std::string> wrong[] = {{"no end", list},
                                                       {"nothing", ""},
                                                       {"cut short", words({1, 2, 3})},
                                                       {"no truth", words({2, 0})},
                                                       {"for ever", much + words({0})}};
  for (const auto& [description, bytes] : wrong) EXPECT_FALSE(parse_rpc_dump(bytes)) << description;
  EXPECT_EQ(parse_rpc_dump(words({0}))->size(), 0U);
}

TEST(Rpc, ALongListIsCut) {
  std::vector<RpcRegistered> registered;
  for (std::uint32_t i = 0; i < 500; ++i) registered.push_back({i, 1, 6, i});
  const std::string text = describe(registered);
  EXPECT_TRUE(text.ends_with(", and 476 more")) << text;
}

TEST(Rpc, ProgramsHaveNames) {
  EXPECT_EQ(rpc_name(100021), "nlockmgr");
  EXPECT_EQ(rpc_name(1), "rpc");
  EXPECT_TRUE(is_rpc_name("rpc"));
  EXPECT_TRUE(is_rpc_name("status"));
  EXPECT_FALSE(is_rpc_name("ssh"));
  EXPECT_FALSE(is_rpc_name(""));
}

RC_GTEST_PROP(Rpc, WhatIsFramedIsTakenBack, (std::uint32_t xid, std::uint32_t program)) {
  std::string stream = rpc_call(Protocol::tcp, xid, program, 2) + "rest";
  const RpcRecord record = take_record(stream);
  RC_ASSERT(record.state == RpcRecord::State::whole);
  RC_ASSERT(record.body == rpc_call(Protocol::udp, xid, program, 2));
  RC_ASSERT(stream == "rest");
}

}  // namespace
}  // namespace lockstep::dialogue
