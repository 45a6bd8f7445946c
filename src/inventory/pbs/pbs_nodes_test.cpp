#include "inventory/pbs/pbs_nodes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <fmt/format.h>

#include <filesystem>

#include "inventory/pbs/pbs_scheduler.h"
#include "inventory/test_folder.h"

namespace lockstep {
namespace {

/// "n1 idle [12.pbs] (reason)", a line each
std::string told(const std::vector<NodeSchedule>& nodes) {
  std::string text;
  for (const NodeSchedule& node : nodes) {
    text += fmt::format("{} {}{}", node.node, to_string(node.state), node.responding ? "" : "*");
    for (const SchedulerJob& job : node.jobs) text += " " + job.id;
    if (!node.reason.empty()) text += " (" + node.reason + ")";
    text += "\n";
  }
  return text;
}

TEST(PbsNodes, AreReadOffJson) {
  const auto nodes = parse_pbs_json(R"({"timestamp": 1700000000, "pbs_version": "23.06.06",
      "pbs_server": "pbs", "nodes": {
      "n1": {"Mom": "n1", "Port": 15002, "state": "free", "pcpus": 4, "queue": "workq",
             "resources_available": {"arch": "linux"}, "last_state_change_time": 1700000007},
      "n2": {"state": "free", "jobs": ["12.pbs/0", "13.pbs/1"]},
      "n3": {"state": "job-busy", "jobs": ["12.pbs/0"]},
      "n4": {"state": "offline,down", "comment": "fan"}}})");
  ASSERT_TRUE(nodes) << nodes.error().message();
  EXPECT_EQ(told(*nodes), "n1 idle\nn2 mixed 12.pbs 13.pbs\nn3 allocated 12.pbs\nn4 down* (fan)\n");
  EXPECT_EQ(nodes->at(0).partitions, (std::vector<std::string>{"workq"}));
  EXPECT_EQ(nodes->at(0).since.time_since_epoch().count(), 1700000007);
}

TEST(PbsNodes, AreReadOffText) {
  const auto nodes = parse_pbs_text(
      "n1\n"
      "     Mom = n1.cluster\n"
      "     state = free\n"
      "     resources_available.arch = linux\n"
      "\n"
      "n2\n"
      "     state = offline\n"
      "     jobs = 12.pbs/0, 12.pbs/1\n"
      "     comment = memory = bad\n");
  ASSERT_TRUE(nodes) << nodes.error().message();
  EXPECT_EQ(told(*nodes), "n1 idle\nn2 draining 12.pbs 12.pbs (memory = bad)\n");
  const auto refused = parse_pbs_text("pbsnodes: Server has no node list\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "line 1 is \"pbsnodes: Server has no node list\", where the name of a node or an "
            "indented attribute of one is expected");
}

TEST(PbsNodes, EveryWordOfAStateDecides) {
  const struct {
    const char* state;
    const char* told;
    const char* told_with_a_job;
  } rows[] = {
      {"free", "idle", "mixed 1.pbs"},
      {"busy", "mixed", "mixed 1.pbs"},
      {"job-exclusive", "allocated", "allocated 1.pbs"},
      {"job-exclusive,resv-exclusive", "allocated", "allocated 1.pbs"},
      {"resv-exclusive", "reserved", "mixed 1.pbs"},
      {"offline", "drained", "draining 1.pbs"},
      {"offline,job-busy", "drained", "draining 1.pbs"},
      {"down, offline", "down*", "down* 1.pbs"},
      {"state-unknown,down", "down*", "down* 1.pbs"},
      {"stale", "down*", "down* 1.pbs"},
      {"state-unknown", "unknown*", "unknown* 1.pbs"},
      {"provisioning", "rebooting", "rebooting 1.pbs"},
      {"wait-provisioning", "rebooting", "rebooting 1.pbs"},
      {"maintenance", "maintenance", "maintenance 1.pbs"},
      {"sleep", "powered_down", "powered_down 1.pbs"},
      {"new-in-2030", "unknown*", "unknown* 1.pbs"},
      {"", "unknown*", "unknown* 1.pbs"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.state);
    const auto empty =
        parse_pbs_json(fmt::format(R"({{"nodes": {{"n1": {{"state": "{}"}}}}}})", row.state));
    const auto held = parse_pbs_json(
        fmt::format(R"({{"nodes": {{"n1": {{"state": "{}", "jobs": ["1.pbs/0"]}}}}}})", row.state));
    ASSERT_TRUE(empty && held);
    EXPECT_EQ(told(*empty), fmt::format("n1 {}\n", row.told));
    EXPECT_EQ(told(*held), fmt::format("n1 {}\n", row.told_with_a_job));
  }
}

TEST(PbsNodes, ThePartsOfAHostAreOneNode) {
  const auto nodes = parse_pbs_json(R"({"nodes": {
      "n1": {"state": "free"}, "n1[0]": {"state": "free"}, "n1[1]": {"state": "free"},
      "n2[0]": {"state": "job-busy", "jobs": ["7.pbs/0"]}, "n2[1]": {"state": "free"},
      "n3[0]": {"state": "free"}, "n3[1]": {"state": "offline", "comment": "core"}}})");
  ASSERT_TRUE(nodes) << nodes.error().message();
  EXPECT_EQ(told(*nodes), "n1 idle\nn2 mixed 7.pbs\nn3 drained (core)\n");
}

TEST(PbsNodes, AnyBytesAreReadOrRefused) {
  rc::check([](const std::string& text) {
    const auto plain = parse_pbs_text(text);
    const auto json = parse_pbs_json(text);
    if (!plain) RC_ASSERT(plain.error().message().find("line ") == 0U);
    if (!json) RC_ASSERT(!json.error().message().empty());
  });
}

TEST(PbsScheduler, AsksPbsnodes) {
  const TestFolder folder;
  PbsOptions options;
  options.pbsnodes = folder.write(
      "pbsnodes",
      "#!/bin/sh\ntest \"$*\" = '-a -F json' || exit 1\n"
      "echo '{\"nodes\": {\"n1\": {\"state\": \"free\"}, \"n2\": {\"state\": \"down\"}}}'\n");
  std::filesystem::permissions(options.pbsnodes, std::filesystem::perms::owner_all);
  const std::string asked[] = {"n2"};
  const auto nodes = make_pbs_scheduler(options)->query(asked, std::chrono::milliseconds(60'000));
  ASSERT_TRUE(nodes) << nodes.error().message();
  EXPECT_EQ(told(*nodes), "n2 down*\n");
  options.json = false;
  const auto failed = make_pbs_scheduler(options)->query(asked, std::chrono::milliseconds(60'000));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind(), ErrorKind::unavailable);
}

}  // namespace
}  // namespace lockstep
