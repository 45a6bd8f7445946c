#include "inventory/slurm/slurm_text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace lockstep {
namespace {

using enum SchedulerState;

TEST(SlurmText, NodesAreReadOffTheLinesOfSinfo) {
  // As 22.05.8 prints them.
  const auto nodes = parse_sinfo(
      "n1|allocated|lab|compute,big|Unknown|none\n"
      "n1|allocated|two|compute,big|Unknown|none\n"
      "n2|drained*|lab|(null)|1796040753|bad | disk State=IDLE\n"
      "n3|down$|lab|compute|soon|gone\n"
      "and for good\n");
  ASSERT_TRUE(nodes) << nodes.error().message();
  ASSERT_EQ(nodes->size(), 4U);
  const NodeSchedule& first = nodes->at(0);
  EXPECT_EQ(first.node, "n1");
  EXPECT_EQ(first.state, allocated);
  EXPECT_EQ(first.partitions, (std::vector<std::string>{"lab"}));
  EXPECT_EQ(first.features, (std::vector<std::string>{"compute", "big"}));
  EXPECT_EQ(first.reason, "");
  EXPECT_EQ(first.since.time_since_epoch().count(), 0);
  const NodeSchedule& drained_one = nodes->at(2);
  EXPECT_EQ(drained_one.state, drained);
  EXPECT_FALSE(drained_one.responding);
  EXPECT_TRUE(drained_one.features.empty());
  EXPECT_EQ(drained_one.reason, "bad | disk State=IDLE");
  EXPECT_EQ(drained_one.since.time_since_epoch().count(), 1796040753);
  EXPECT_EQ(nodes->at(3).state, maintenance);
  EXPECT_EQ(nodes->at(3).reason, "gone\nand for good");
  EXPECT_EQ(nodes->at(3).since.time_since_epoch().count(), 0);
}

TEST(SlurmText, WhatIsNoLineOfSinfoIsTold) {
  const struct {
    const char* description;
    const char* text;
    const char* message;
  } rows[] = {
      {"a message", "slurm_load_partitions: Unable to contact slurm controller\n",
       "line 1 is \"slurm_load_partitions: Unable to contact slurm controller\", where "
       "NODE|STATE|PARTITION|FEATURES|TIME|REASON is expected"},
      {"a line too short, after one without a reason", "n1|idle|lab||Unknown|none\nn2|idle\n",
       "line 2 is \"n2|idle\", where "},
      {"no name", "|idle|lab||Unknown|none\n", "line 1 is \"|idle|lab||Unknown|none\", where "},
      {"bytes", "\x1b[2J\n", "line 1 is \"\\x1b[2J\", where "},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    const auto nodes = parse_sinfo(row.text);
    ASSERT_FALSE(nodes);
    EXPECT_EQ(nodes.error().kind(), ErrorKind::invalid);
    EXPECT_EQ(nodes.error().message().find(row.message), 0U) << nodes.error().message();
  }
  EXPECT_TRUE(parse_sinfo("")->empty());
  EXPECT_TRUE(parse_sinfo("\n\n")->empty());
}

TEST(SlurmText, JobsAreGivenToTheirNodes) {
  const auto jobs = parse_squeue("7|alice|n[1-2]\n12|bob|n2,login1\n13|eve|\n14|eve|(null)\n\n");
  ASSERT_TRUE(jobs) << jobs.error().message();
  ASSERT_EQ(jobs->size(), 2U);
  std::vector<NodeSchedule> nodes(3);
  nodes[0].node = "n1";
  nodes[1].node = "n2";
  nodes[2].node = "n3";
  attach_jobs(nodes, *jobs);
  EXPECT_EQ(nodes[0].jobs, (std::vector<SchedulerJob>{{"7", "alice"}}));
  EXPECT_EQ(nodes[1].jobs, (std::vector<SchedulerJob>{{"7", "alice"}, {"12", "bob"}}));
  EXPECT_TRUE(nodes[2].jobs.empty());
}

TEST(SlurmText, WhatIsNoLineOfSqueueIsTold) {
  const struct {
    const char* text;
    const char* message;
  } rows[] = {
      {"squeue: error\n", "line 1 is \"squeue: error\", where JOB|USER|NODES is expected"},
      {"1|a|n1\n|a|n1\n", "line 2 is \"|a|n1\", where JOB|USER|NODES is expected"},
      {"1|a|n[1-\n", "line 1: "},
      {"1|a|n[1-131072]\n2|a|n[1-131073]\n", "line 2: "},
      {"1|a|n[1-999999999]\n", "line 1: "},
      {"1|a|@all\n", "line 1: "},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const auto jobs = parse_squeue(row.text);
    ASSERT_FALSE(jobs);
    EXPECT_EQ(jobs.error().message().find(row.message), 0U) << jobs.error().message();
  }
}

TEST(SlurmText, WhatAllJobsNameTogetherIsBounded) {
  std::size_t left = 5;
  EXPECT_EQ(slurm_node_list("n[1-3]", left)->size(), 3U);
  EXPECT_EQ(left, 2U);
  EXPECT_FALSE(slurm_node_list("n[1-3]", left));
  EXPECT_EQ(slurm_node_list("n[1-2]", left)->size(), 2U);
  EXPECT_FALSE(slurm_node_list("n1", left));
}

TEST(SlurmText, AnyBytesAreReadOrRefusedWithTheLine) {
  rc::check([](const std::vector<std::string>& pieces) {
    std::string text;
    for (const std::string& piece : pieces) {
      text += piece + (*rc::gen::arbitrary<bool>() ? "|" : "\n");
    }
    const auto nodes = parse_sinfo(text);
    const auto jobs = parse_squeue(text);
    if (!nodes) RC_ASSERT(nodes.error().message().find("line ") == 0U);
    if (!jobs) RC_ASSERT(jobs.error().message().find("line ") == 0U);
    if (nodes) {
      for (const NodeSchedule& node : *nodes) RC_ASSERT(!node.node.empty());
    }
  });
}

}  // namespace
}  // namespace lockstep
