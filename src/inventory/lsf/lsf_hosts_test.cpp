#include "inventory/lsf/lsf_hosts.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <fmt/format.h>

#include <filesystem>

#include "inventory/lsf/lsf_scheduler.h"
#include "inventory/test_folder.h"

namespace lockstep {
namespace {

std::string told(const std::vector<NodeSchedule>& hosts) {
  std::string text;
  for (const NodeSchedule& host : hosts) {
    text += fmt::format("{} {}{} ({})\n", host.node, to_string(host.state),
                        host.responding ? "" : "*", host.reason);
  }
  return text;
}

TEST(LsfHosts, AreReadOffJsonAndText) {
  const auto json = parse_lsf_json(R"({"COMMAND": "bhosts", "HOSTS": 3, "RECORDS": [
      {"HOST_NAME": "h1", "STATUS": "ok", "NJOBS": "0"},
      {"HOST_NAME": "h2", "STATUS": "closed_Full", "NJOBS": "16"},
      {"HOST_NAME": "h3", "STATUS": "unavail", "NJOBS": "-"}]})");
  ASSERT_TRUE(json) << json.error().message();
  const std::string expected = "h1 idle ()\nh2 allocated (closed_Full)\nh3 down* (unavail)\n";
  EXPECT_EQ(told(*json), expected);
  const auto text =
      parse_lsf_text("HOST_NAME|STATUS|NJOBS\nh1|ok|0\nh2|closed_Full|16\nh3|unavail|-\n");
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(told(*text), expected);
}

TEST(LsfHosts, EveryStatusDecides) {
  const struct {
    const char* status;
    const char* without_jobs;
    const char* with_jobs;
  } rows[] = {
      {"ok", "idle", "mixed"},
      {"closed", "drained", "draining"},
      {"closed_Adm", "drained", "draining"},
      {"closed_Busy", "idle", "mixed"},
      {"closed_Excl", "allocated", "allocated"},
      {"closed_cu_excl", "allocated", "allocated"},
      {"closed_Full", "allocated", "allocated"},
      {"closed_EGO", "allocated", "allocated"},
      {"closed_LIM", "down*", "down*"},
      {"closed_Lock", "drained", "draining"},
      {"closed_Wind", "drained", "draining"},
      {"closed_RC", "drained", "draining"},
      {"unreach", "down*", "down*"},
      {"unlicensed", "drained", "draining"},
      {"closed_New", "unknown", "unknown"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.status);
    const std::string reason = row.status == std::string("ok") ? "" : row.status;
    const auto hosts = parse_lsf_text(fmt::format("h1|{0}|0\nh2|{0}|3\n", row.status));
    ASSERT_TRUE(hosts) << hosts.error().message();
    EXPECT_EQ(told(*hosts),
              fmt::format("h1 {0} ({2})\nh2 {1} ({2})\n", row.without_jobs, row.with_jobs, reason));
  }
}

TEST(LsfHosts, WhatIsNoneIsToldWithThePlace) {
  const struct {
    bool json;
    const char* text;
    const char* message;
  } rows[] = {
      {false, "ls_info: LSF is down\n",
       "line 1 is \"ls_info: LSF is down\", where HOST|STATUS|JOBS is expected"},
      {false, "h1|ok|0\n|ok|0\n", "line 2 is \"|ok|0\", where HOST|STATUS|JOBS is expected"},
      {true, "LSF is down", "not JSON at byte 0 of 11: "},
      {true, "{}", "the document: has no \"RECORDS\""},
      {true, R"({"RECORDS": [{"HOST_NAME": "h1", "STATUS": 1}]})",
       "RECORDS[0].STATUS: a number, where text is expected"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const auto hosts = row.json ? parse_lsf_json(row.text) : parse_lsf_text(row.text);
    ASSERT_FALSE(hosts);
    EXPECT_EQ(hosts.error().message().find(row.message), 0U) << hosts.error().message();
  }
}

TEST(LsfHosts, AnyBytesAreReadOrRefused) {
  rc::check([](const std::string& text) {
    const auto plain = parse_lsf_text(text);
    const auto json = parse_lsf_json(text);
    if (!plain) RC_ASSERT(plain.error().message().find("line ") == 0U);
    if (!json) RC_ASSERT(!json.error().message().empty());
  });
}

TEST(LsfScheduler, AsksBhosts) {
  const TestFolder folder;
  LsfOptions options;
  options.bhosts = folder.write("bhosts",
                                "#!/bin/sh\ntest \"$*\" = \"-w -o host_name status njobs "
                                "delimiter='|'\" || exit 1\necho 'h1|ok|0'\n");
  std::filesystem::permissions(options.bhosts, std::filesystem::perms::owner_all);
  options.json = false;
  const std::string asked[] = {"h1"};
  const auto hosts = make_lsf_scheduler(options)->query(asked, std::chrono::milliseconds(60'000));
  ASSERT_TRUE(hosts) << hosts.error().message();
  EXPECT_EQ(told(*hosts), "h1 idle ()\n");
  options.json = true;
  const auto failed = make_lsf_scheduler(options)->query(asked, std::chrono::milliseconds(60'000));
  ASSERT_FALSE(failed);
}

}  // namespace
}  // namespace lockstep
