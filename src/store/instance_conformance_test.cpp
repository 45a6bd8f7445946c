// Plug-in instances, their runs, and what people did: on every backend.

#include <gtest/gtest.h>

#include "store/test_backends.h"

namespace lockstep {
namespace {

class InstanceConformance : public StoreTest {};

WallTime at(int seconds) {
  return WallTime(std::chrono::seconds(1'700'000'000 + seconds));
}

AuditEntry entry(const std::string& action) {
  return {.at = at(5), .person = "kim", .action = action, .subject = "fast", .detail = "x -> y\n"};
}

TEST_P(InstanceConformance, WhatWasChangedIsKeptWithWhoDidIt) {
  const auto store = open();
  StoredInstance fast{
      .name = "fast",
      .settings = {{"collector", "ports"}, {"interval", "1h"}, {"nodes", "@a & @b"}},
      .changed_at = at(1),
      .changed_by = "kim \"k\""};
  const auto first = store->change_instance(fast, entry("instance set"));
  ASSERT_TRUE(first) << first.error().message();
  fast.settings["interval"] = "30m";
  ASSERT_TRUE(store->change_instance(fast, entry("instance set")));
  const StoredInstance other{
      .name = "a", .settings = {{"collector", "exec"}}, .changed_at = at(2), .changed_by = "x"};
  ASSERT_TRUE(store->change_instance(other, entry("instance set")));
  EXPECT_EQ(open()->instances().value(), (std::vector<StoredInstance>{other, fast}));
  ASSERT_TRUE(store->forget_instance("fast", entry("instance reset")));
  EXPECT_EQ(store->instances().value(), std::vector<StoredInstance>{other});

  const auto audit = store->audit(2).value();
  ASSERT_EQ(audit.size(), 2U);
  EXPECT_EQ(audit[0].action, "instance reset");
  EXPECT_EQ(audit[0].id, 4);
  EXPECT_EQ(audit[1].detail, "x -> y\n");
}

TEST_P(InstanceConformance, AChangeThatCannotBeKeptLeavesNoTrace) {
  const auto store = open();
  const StoredInstance bad{
      .name = std::string(61, 'x'), .settings = {}, .changed_at = at(0), .changed_by = ""};
  const auto done = store->change_instance(bad, entry("instance set"));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind(), ErrorKind::invalid);
  EXPECT_TRUE(store->instances()->empty());
  EXPECT_TRUE(store->audit(9)->empty());
}

TEST_P(InstanceConformance, RunsGoOnUntilTheyEndOrTheirProcessDoes) {
  const auto store = open();
  InstanceRun run{.instance = "fast",
                  .started = at(0),
                  .ended = at(0),
                  .owner = "alive",
                  .nodes = 9,
                  .steps = 64};
  run.id = store->begin_run(run).value();
  EXPECT_EQ(run.id, 1);
  InstanceRun dead = run;
  dead.owner = "dead";
  dead.instance = "versions";
  dead.id = store->begin_run(dead).value();
  run.steps_done = 3;
  run.probes = 1'000'000'000'000;
  run.ended = at(9);
  ASSERT_TRUE(store->save_run(run));
  ASSERT_TRUE(store->note_lost_runs([](const std::string& owner) { return owner == "alive"; }));
  dead.state = SweepState::lost;
  EXPECT_EQ(store->runs(9).value(), (std::vector<InstanceRun>{dead, run}));
  run.state = SweepState::finished;
  ASSERT_TRUE(store->save_run(run));
  InstanceRun later = run;
  later.id = store->begin_run(later).value();
  EXPECT_EQ(store->latest_runs()->size(), 2U);
  EXPECT_EQ(store->runs(1).value(), std::vector<InstanceRun>{later});
  EXPECT_EQ(store->runs(1, later.id).value(), std::vector<InstanceRun>{dead});
}

TEST_P(InstanceConformance, ASweepNamesItsRun) {
  const auto store = open();
  PortSets ports;
  ports.of(Protocol::tcp).insert(22);
  const SweepClaim claim{
      .started = at(0), .nodes = {"n1"}, .ports = ports, .owner = "me", .host = "h", .run = 7};
  ASSERT_TRUE(store->begin_sweep(claim, [](const SweepInfo&) { return false; }));
  EXPECT_EQ(store->sweeps(1)->front().run, 7);
}

TEST_P(InstanceConformance, WhatIsOverForLongIsTakenAway) {
  const auto store = open();
  InstanceRun run{
      .instance = "fast", .state = SweepState::finished, .started = at(0), .ended = at(0)};
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store->begin_run(run));
  run.state = SweepState::running;
  ASSERT_TRUE(store->begin_run(run));
  ASSERT_TRUE(store->add_audit(entry("a")));
  ASSERT_TRUE(store->add_audit(entry("b")));
  ASSERT_TRUE(store->prune(at(0) + std::chrono::days(401), {}));
  EXPECT_EQ(store->runs(9)->size(), 1U);
  EXPECT_EQ(store->audit(9)->size(), 1U) << "the latest keeps the count";
}

LOCKSTEP_ON_ALL_BACKENDS(InstanceConformance);

}  // namespace
}  // namespace lockstep
