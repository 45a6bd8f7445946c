#include "inventory/slurm/slurm_json.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <fmt/format.h>

namespace lockstep {
namespace {

/// "n1 idle lab [a b] (reason @ 7)"
std::string told(const NodeSchedule& node) {
  std::string text =
      fmt::format("{} {}{} {} [{}]", node.node, to_string(node.state), node.responding ? "" : "*",
                  fmt::join(node.partitions, ","), fmt::join(node.features, " "));
  if (!node.reason.empty()) {
    text += fmt::format(" ({} @ {})", node.reason, node.since.time_since_epoch().count());
  }
  return text;
}

TEST(SlurmJson, NodesAreReadInEveryDialect) {
  const struct {
    const char* dialect;
    const char* text;
    std::vector<std::string> told;
  } rows[] = {
      {"22.05",
       R"({"meta": {"Slurm": {"version": {"major": 22}}}, "errors": [], "nodes": [
          {"name": "n1", "state": "allocated", "state_flags": [], "partitions": ["lab", "two"],
           "features": "compute,big", "reason": "", "reason_changed_at": 0, "owner": null},
          {"name": "n2", "state": "idle", "state_flags": ["DRAIN", "NOT_RESPONDING"],
           "partitions": ["lab"], "features": "", "reason": "bad disk",
           "reason_changed_at": 1796040753},
          {"name": "n4", "state": "down", "state_flags": [], "partitions": []}]})",
       {"n1 allocated lab,two [compute big]", "n2 drained* lab [] (bad disk @ 1796040753)",
        "n4 down  []"}},
      {"23.02",
       R"({"nodes": [
          {"name": "n1", "state": ["IDLE"], "partitions": ["lab"], "features": ["compute", "big"],
           "reason": "", "reason_changed_at": 0},
          {"name": "n2", "state": ["MIXED", "DRAIN"], "partitions": ["lab"], "features": [],
           "reason": "kernel", "reason_changed_at": 1700000000}]})",
       {"n1 idle lab [compute big]", "n2 draining lab [] (kernel @ 1700000000)"}},
      {"24.11",
       R"({"nodes": [
          {"name": "n1", "state": ["DOWN", "NOT_RESPONDING"], "partitions": ["lab"],
           "features": ["compute"], "reason": "Not responding",
           "reason_changed_at": {"set": true, "infinite": false, "number": 1762337299}},
          {"name": "n2", "state": ["IDLE", "CLOUD", "POWERED_DOWN"], "partitions": ["lab"],
           "features": [], "reason": "saves", "reason_changed_at":
           {"set": false, "infinite": false, "number": 0}}],
          "last_update": {"set": true, "infinite": false, "number": 1762337300},
          "warnings": [], "errors": []})",
       {"n1 down* lab [compute] (Not responding @ 1762337299)",
        "n2 powered_down lab [] (saves @ 0)"}},
      {"sinfo of 23.02 and later: groups",
       R"({"sinfo": [
          {"node": {"state": ["IDLE"]}, "nodes": {"allocated": 0, "nodes": ["n1", "n[2-3]"]},
           "partition": {"name": "lab"}, "features": {"total": "compute,big", "active": "compute"},
           "reason": {"description": "none", "time": {"set": true, "number": 3}}},
          {"node": {"state": ["DOWN"]}, "nodes": {"nodes": ["n4"]}, "partition": {"name": "lab"},
           "features": {"total": ""}, "reason": {"description": "fan",
           "time": {"set": true, "infinite": false, "number": 1700000000}}},
          {"node": {"state": ["IDLE"]}, "nodes": {"nodes": []}, "partition": {"name": "empty"}}]})",
       {"n1 idle lab [compute big]", "n2 idle lab [compute big]", "n3 idle lab [compute big]",
        "n4 down lab [] (fan @ 1700000000)"}},
      {"no node", R"({"nodes": []})", {}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.dialect);
    const auto nodes = parse_slurm_nodes_json(row.text);
    ASSERT_TRUE(nodes) << nodes.error().message();
    std::vector<std::string> all;
    for (const NodeSchedule& node : *nodes) all.push_back(told(node));
    EXPECT_EQ(all, row.told);
  }
}

TEST(SlurmJson, WhatIsNoListOfNodesIsToldWithThePlace) {
  const struct {
    const char* text;
    ErrorKind kind;
    const char* message;
  } rows[] = {
      {"slurm_load_node error", ErrorKind::invalid, "not JSON at byte 0 of 21: "},
      {"[]", ErrorKind::invalid, "the document: a list, where an object is expected"},
      {"{}", ErrorKind::invalid, "the document: has no \"nodes\""},
      {R"({"nodes": {}})", ErrorKind::invalid, "nodes: an object, where a list is expected"},
      {R"({"nodes": [7]})", ErrorKind::invalid, "nodes[0]: a number, where an object is expected"},
      {R"({"nodes": [{"name": "n1"}]})", ErrorKind::invalid, "nodes[0]: has no \"state\""},
      {R"({"nodes": [{"state": "idle"}]})", ErrorKind::invalid, "nodes[0]: has no \"name\""},
      {R"({"nodes": [{"name": "n1", "state": 7}]})", ErrorKind::invalid,
       "nodes[0].state: a number, where text or a list is expected"},
      {R"({"nodes": [{"name": "n1", "state": ["IDLE", 7]}]})", ErrorKind::invalid,
       "nodes[0].state[1]: a number, where text is expected"},
      {R"({"nodes": [{"name": "n1", "state": "idle", "reason": []}]})", ErrorKind::invalid,
       "nodes[0].reason: a list, where text is expected"},
      {R"({"sinfo": [{"node": {"state": []}, "nodes": {"nodes": ["n[1-99999999]"]}}]})",
       ErrorKind::invalid, "sinfo[0].nodes.nodes: "},
      {R"({"errors": [{"error": "x", "description": "Access denied\n"}], "nodes": []})",
       ErrorKind::unavailable, "Slurm says \"Access denied\\n\""},
      {R"({"errors": [7], "nodes": []})", ErrorKind::unavailable,
       "Slurm tells of an error without words"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const auto nodes = parse_slurm_nodes_json(row.text);
    ASSERT_FALSE(nodes);
    EXPECT_EQ(nodes.error().kind(), row.kind);
    EXPECT_EQ(nodes.error().message().find(row.message), 0U) << nodes.error().message();
  }
}

TEST(SlurmJson, JobsThatHoldNodesAreReadInEveryDialect) {
  const auto jobs = parse_slurm_jobs_json(R"({"jobs": [
      {"job_id": 1, "user_name": "alice", "nodes": "n1", "job_state": "RUNNING"},
      {"job_id": {"set": true, "infinite": false, "number": 2}, "user_name": "bob",
       "nodes": "n[1-2]", "job_state": ["COMPLETING", "FAILED"]},
      {"job_id": 3, "user_name": "bob", "nodes": "", "job_state": ["PENDING"]},
      {"job_id": 4, "user_name": "bob", "nodes": "n1", "job_state": ["COMPLETED"]},
      {"job_id": 5, "nodes": "n2", "job_state": ["SUSPENDED"]}]})");
  ASSERT_TRUE(jobs) << jobs.error().message();
  std::string all;
  for (const SlurmJob& job : *jobs) {
    all += fmt::format("{} {}: {}; ", job.job.id, job.job.user, fmt::join(job.nodes, " "));
  }
  EXPECT_EQ(all, "1 alice: n1; 2 bob: n1 n2; 5 : n2; ");
  const auto none = parse_slurm_jobs_json(R"({"jobs": [{"job_id": 1}]})");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message(), "jobs[0]: has no \"job_state\"");
}

TEST(SlurmJson, AnyChangeOfADocumentIsReadOrRefused) {
  const std::string good =
      R"({"nodes":[{"name":"n1","state":["IDLE"],"reason_changed_at":{"number":1}}],"jobs":)"
      R"([{"job_id":1,"job_state":"RUNNING","nodes":"n[1-3]"}]})";
  rc::check([&] {
    std::string text = good;
    const auto at = *rc::gen::inRange<std::size_t>(0, good.size());
    text[at] = *rc::gen::arbitrary<char>();
    if (*rc::gen::arbitrary<bool>()) text.resize(*rc::gen::inRange<std::size_t>(0, good.size()));
    const auto nodes = parse_slurm_nodes_json(text);
    const auto jobs = parse_slurm_jobs_json(text);
    if (!nodes) RC_ASSERT(!nodes.error().message().empty());
    if (!jobs) RC_ASSERT(!jobs.error().message().empty());
  });
}

}  // namespace
}  // namespace lockstep
