#include "inventory/slurm/slurm_scheduler.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "inventory/test_folder.h"

namespace lockstep {
namespace {

using enum SchedulerState;
using std::chrono::milliseconds;

/// Scripts in the place of Slurm's commands; tests/slurm/ has the real ones.
class FakeSlurm {
 public:
  FakeSlurm(const std::string& sinfo, const std::string& squeue) {
    options.sinfo = script("sinfo", sinfo);
    options.squeue = script("squeue", squeue);
  }

  Result<std::vector<NodeSchedule>> query(const std::vector<std::string>& nodes,
                                          milliseconds time = milliseconds(10'000)) {
    return make_slurm_scheduler(options)->query(nodes, time);
  }

  SlurmOptions options;
  TestFolder folder;

 private:
  std::string script(const std::string& name, const std::string& body) {
    folder.write(name, "#!/bin/sh\n" + body + "\n");
    const std::string path = folder.path(name);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
};

TEST(SlurmScheduler, AsksForNodesAndThenForTheJobsOfThoseThatAreHeld) {
  ::setenv("SINFO_PARTITION", "other", 1);
  FakeSlurm slurm(
      "test $SLURM_TIME_FORMAT = %s || exit 1; test -z $SINFO_PARTITION || exit 2\n"
      "test \"$*\" = '--all --Node --noheader -o %N|%T|%R|%f|%H|%E' || exit 3\n"
      "echo 'n1|idle|lab|a|Unknown|none'; echo 'n2|mixed|lab|a|Unknown|none'\n"
      "echo '-x|mixed|lab|a|Unknown|none'",
      "case \"$*\" in *' --nodelist='*) exit 4;; *) echo '7|alice|n[2-4]';; esac");
  const auto nodes = slurm.query({"n1", "n2", "n3"});
  ASSERT_TRUE(nodes) << nodes.error().message();
  EXPECT_EQ(nodes->at(0).state, idle);
  EXPECT_TRUE(nodes->at(0).jobs.empty());
  EXPECT_EQ(nodes->at(1).state, mixed);
  EXPECT_EQ(nodes->at(1).jobs, (std::vector<SchedulerJob>{{"7", "alice"}}));
  EXPECT_EQ(nodes->at(2).state, unknown);
  EXPECT_EQ(nodes->at(2).reason, "slurm does not know this node");
}

TEST(SlurmScheduler, AsksOnceHoweverManyNodesThereAre) {
  FakeSlurm slurm("echo 'n1|idle|lab|a|Unknown|none'", "exit 1");
  std::vector<std::string> nodes;
  for (int i = 1; i <= 9000; ++i) nodes.push_back("n" + std::to_string(i));
  EXPECT_TRUE(make_slurm_scheduler(slurm.options)->tells_all());
  const auto states = slurm.query(nodes);
  ASSERT_TRUE(states) << states.error().message();
  EXPECT_EQ(states->size(), nodes.size());
}

TEST(SlurmScheduler, AsksForNoJobsWhereNoneCanBe) {
  FakeSlurm slurm("echo 'n1|idle|lab|a|Unknown|none'", "exit 1");
  ASSERT_TRUE(slurm.query({"n1"}));
  FakeSlurm of_others("echo 'n1|idle|lab|a|Unknown|none'; echo 'n2|mixed|lab|a|Unknown|none'",
                      "exit 1");
  ASSERT_TRUE(of_others.query({"n1"}));
  FakeSlurm told_not_to("echo 'n1|allocated|lab|a|Unknown|none'", "exit 1");
  told_not_to.options.jobs = false;
  const auto nodes = told_not_to.query({"n1"});
  ASSERT_TRUE(nodes) << nodes.error().message();
  EXPECT_EQ(nodes->at(0).state, allocated);
}

TEST(SlurmScheduler, AsksForNodesAndJobsInTurn) {
  struct Row {
    const char* description;
    const char* sinfo;   ///< the states of n1 and n2
    const char* squeue;  ///< a line
    const char* asks;    ///< which commands
    const char* n1;
    const char* n2;
    std::chrono::seconds later{30};
  };
  // One scheduler goes through all of them.
  const Row rows[] = {
      {"the first asks both", "mixed idle", "7|a|n1", "sinfo squeue", "mixed 7", "idle"},
      {"then nodes alone", "mixed idle", "8|a|n1", "sinfo", "mixed 7", "idle"},
      {"then jobs alone: one began on n2", "", "7|a|n[1-2]", "squeue", "mixed 7", "allocated 7"},
      {"n2 keeps its job", "mixed allocated", "", "sinfo", "mixed 7", "allocated 7"},
      {"its job ended: it stays as it was", "", "7|a|n1", "squeue", "mixed 7", "allocated"},
      {"it is free", "mixed idle", "", "sinfo", "mixed 7", "idle"},
      {"after a while both, as at first", "mixed idle", "7|a|n1", "sinfo squeue", "mixed 7", "idle",
       std::chrono::seconds(600)},
      {"then nodes alone", "allocated idle", "", "sinfo", "allocated 7", "idle"},
      {"jobs again", "", "7|a|n1", "squeue", "allocated 7", "idle"},
      {"that hides nothing", "mixed maint", "", "sinfo", "mixed 7", "maintenance"},
      {"so jobs are asked for again", "", "7|a|n1", "squeue", "mixed 7", "maintenance"},
      {"then nodes alone", "allocated idle", "", "sinfo", "allocated 7", "idle"},
      {"its job ended before", "", "9|a|n9", "squeue", "allocated", "idle"},
      {"which is seen now, and hides nothing", "idle idle", "", "sinfo", "idle", "idle"},
      {"another", "mixed idle", "", "sinfo", "mixed", "idle"},
      {"that is hidden", "", "9|a|n9", "squeue", "mixed", "idle"},
      {"which is seen now", "mixed idle", "", "sinfo", "mixed", "idle"},
      {"so nodes alone", "mixed idle", "", "sinfo", "mixed", "idle"},
      {"and again", "idle idle", "", "sinfo", "idle", "idle"},
      {"after a while both", "mixed idle", "9|a|n9", "sinfo squeue", "mixed", "idle",
       std::chrono::seconds(600)},
      {"still hidden: nodes alone", "mixed idle", "", "sinfo", "mixed", "idle"},
  };
  FakeSlurm slurm("", "");
  const std::string log = slurm.folder.path("log");
  const auto play = [&](const Row& row) {
    std::istringstream states(row.sinfo);
    std::string n1;
    std::string n2;
    states >> n1 >> n2;
    slurm.folder.write("sinfo", fmt::format("#!/bin/sh\necho sinfo >>{}\n"
                                            "echo 'n1|{}|lab|a|Unknown|none'\n"
                                            "echo 'n2|{}|lab|a|Unknown|none'\n",
                                            log, n1, n2));
    slurm.folder.write("squeue",
                       fmt::format("#!/bin/sh\necho squeue >>{}\necho '{}'\n", log, row.squeue));
    std::filesystem::remove(log);
  };
  const auto told = [](const NodeSchedule& node) {
    std::string text(to_string(node.state));
    for (const SchedulerJob& job : node.jobs) text += " " + job.id;
    return text;
  };
  std::chrono::steady_clock::time_point now;
  slurm.options.clock = [&] { return now; };
  const auto scheduler = make_slurm_scheduler(slurm.options);
  const std::string nodes[] = {"n1", "n2"};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.description);
    play(row);
    now += row.later;
    const auto states = scheduler->query(nodes, milliseconds(10'000));
    ASSERT_TRUE(states) << states.error().message();
    std::ifstream asked(log);
    std::string asks;
    for (std::string word; asked >> word;) asks += (asks.empty() ? "" : " ") + word;
    EXPECT_EQ(asks, row.asks);
    EXPECT_EQ(told(states->at(0)), row.n1);
    EXPECT_EQ(told(states->at(1)), row.n2);
  }
}

TEST(SlurmScheduler, ReadsJson) {
  FakeSlurm slurm(
      "test \"$2\" = --json && echo '{\"nodes\": [{\"name\": \"n1\", \"state\": [\"MIXED\"]}]}'",
      "echo '{\"jobs\": [{\"job_id\": 7, \"user_name\": \"bob\", \"nodes\": \"n1\", "
      "\"job_state\": [\"RUNNING\"]}]}'");
  slurm.options.format = SlurmFormat::json;
  const auto nodes = slurm.query({"n1"});
  ASSERT_TRUE(nodes) << nodes.error().message();
  EXPECT_EQ(nodes->at(0).state, mixed);
  EXPECT_EQ(nodes->at(0).jobs, (std::vector<SchedulerJob>{{"7", "bob"}}));
}

TEST(SlurmScheduler, TellsWhatWentWrong) {
  const struct {
    const char* description;
    const char* sinfo;
    const char* squeue;
    ErrorKind kind;
    const char* says;
  } rows[] = {
      {"the controller is gone", "echo 'Unable to contact slurm controller' >&2; exit 1", "",
       ErrorKind::unavailable,
       "ended with status 1; it said \"Unable to contact slurm controller\""},
      {"it hangs", "read line < /dev/zero", "", ErrorKind::unavailable, "did not end within "},
      {"it talks without end", "cat /dev/zero", "", ErrorKind::invalid, "wrote more than 1,000 "},
      {"it is something else", "echo usage: sinfo", "", ErrorKind::invalid,
       "(is it Slurm's? run it by hand to see): line 1 is \"usage: sinfo\""},
      {"the jobs are refused", "echo 'n1|mixed|lab|a|Unknown|none'", "exit 1",
       ErrorKind::unavailable, "squeue\" ended with status 1"},
      {"the jobs are garbage", "echo 'n1|mixed|lab|a|Unknown|none'", "echo garbage",
       ErrorKind::invalid, "line 1 is \"garbage\""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    FakeSlurm slurm(row.sinfo, row.squeue);
    slurm.options.answer_bytes = 1000;
    const bool hangs = std::string_view(row.says).starts_with("did not end");
    const auto nodes = slurm.query({"n1"}, milliseconds(hangs ? 50 : 60'000));
    ASSERT_FALSE(nodes);
    EXPECT_EQ(nodes.error().kind(), row.kind) << nodes.error().message();
    EXPECT_EQ(nodes.error().message().find("slurm: "), 0U) << nodes.error().message();
    EXPECT_NE(nodes.error().message().find(row.says), std::string::npos) << nodes.error().message();
  }
  SlurmOptions absent;
  absent.sinfo = "lockstep-no-sinfo";
  const std::string nodes[] = {"n1"};
  const auto states = make_slurm_scheduler(absent)->query(nodes, milliseconds(1000));
  ASSERT_FALSE(states);
  EXPECT_EQ(states.error().kind(), ErrorKind::not_found);
}

}  // namespace
}  // namespace lockstep
