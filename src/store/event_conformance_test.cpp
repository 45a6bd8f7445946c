// What happened, and what people did: on every backend.

#include <gtest/gtest.h>

#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::at;

class EventConformance : public StoreTest {};
LOCKSTEP_ON_ALL_BACKENDS(EventConformance);

DecideAlerts write(std::vector<AlertRecord> records) {
  return [records = std::move(records)](const std::vector<AlertRecord>&) -> Result<AlertChanges> {
    return AlertChanges{records, {}};
  };
}

AlertRecord open_alert(std::int64_t id, const std::string& node) {
  AlertRecord record = samples::alert(id, node);
  record.status = AlertStatus::open;
  return record;
}

TEST_P(EventConformance, ChangesOfAlertsAreToldInTheirOrder) {
  const auto store = open();
  EXPECT_EQ(store->latest_event().value(), 0);
  EXPECT_TRUE(store->events(0, 10)->empty());
  ASSERT_TRUE(store->change_alerts(write({open_alert(3, "n1"), open_alert(3, "n2")})));
  AlertRecord over = open_alert(3, "n1");
  over.status = AlertStatus::resolved;
  over.changed = at(9);
  ASSERT_TRUE(store->change_alerts(write({over})));
  ASSERT_TRUE(store->change_alerts(write({open_alert(3, "n2")}))) << "seen again";

  const std::vector<Event> all = {{1, at(3), EventKind::alert_raised, "A-3", "n[1-2]"},
                                  {2, at(9), EventKind::alert_resolved, "A-3", "n1"}};
  EXPECT_EQ(open()->events(0, 10).value(), all);
  EXPECT_EQ(store->events(0, 1).value(), std::vector<Event>{all[0]});
  EXPECT_EQ(store->events(1, 10).value(), std::vector<Event>{all[1]});
  EXPECT_EQ(store->latest_event().value(), 2);
}

TEST_P(EventConformance, AChangeThatFailsIsNoEvent) {
  const auto store = open();
  AlertRecord bad = open_alert(1, std::string(300, 'x'));
  EXPECT_FALSE(store->change_alerts(write({bad})));
  EXPECT_EQ(store->latest_event().value(), 0);
}

TEST_P(EventConformance, SweepsRunsInstancesAndApprovalsAreTold) {
  const auto store = open();
  const std::int64_t sweep =
      store->begin_sweep(samples::claim({"n2", "n1"}, 1), samples::alive).value();
  ASSERT_TRUE(store->finish_sweep(sweep, samples::end(5), {}, write({open_alert(1, "n1")})));
  InstanceRun run;
  run.instance = "fast";
  run.started = run.ended = at(6);
  run.id = store->begin_run(run).value();
  ASSERT_TRUE(store->save_run(run)) << "no end: no event";
  run.state = SweepState::finished;
  ASSERT_TRUE(store->save_run(run));
  ASSERT_TRUE(store->save_run(run)) << "it ended before: no event";
  const StoredInstance changed{
      .name = "fast", .settings = {{"interval", "1h"}}, .changed_at = at(7), .changed_by = "kim"};
  AuditEntry entry;
  entry.at = at(7);
  ASSERT_TRUE(store->change_instance(changed, entry));
  Profile profile;
  profile.host_type = "compute";
  profile.ports.resize(1);
  profile.ports[0].port = 22;
  ASSERT_TRUE(
      store->approve(profile, {.host_type = "compute", .lines = {"22"}, .at = at(8), .by = "kim"}));

  std::vector<std::string> told;
  for (const Event& event : store->events(0, 10).value()) {
    told.push_back(std::string(to_string(event.kind)) + " " + event.subject + " " + event.nodes);
  }
  EXPECT_EQ(told, (std::vector<std::string>{"sweep-ended 1 n[1-2]", "alert-raised A-1 n1",
                                            "run-ended fast ", "instance-changed fast ",
                                            "profile-approved compute "}));
}

TEST_P(EventConformance, TheLatestStaysWhateverItsAge) {
  const auto store = open();
  ASSERT_TRUE(store->change_alerts(write({open_alert(1, "n1"), open_alert(2, "n1")})));
  ASSERT_TRUE(store->prune(at(3) + std::chrono::days(15), {}));
  EXPECT_EQ(store->latest_event().value(), 2);
  EXPECT_EQ(store->events(0, 10)->size(), 1U);
}

AuditEntry entry(const std::string& detail) {
  AuditEntry result;
  result.at = at(1);
  result.person = "kim " + std::string(300, 'x') + "\xff";
  result.action = "instance set";
  result.subject = std::string("a\0b", 3);
  result.detail = detail;
  return result;
}

TEST_P(EventConformance, WhatWasDoneCannotBeChangedUnseen) {
  const auto store = open();
  for (const char* const detail : {"1h -> 30m", "", "\xc3\xa4 \n"}) {
    ASSERT_TRUE(store->add_audit(entry(detail)));
  }
  const AuditChain sound = store->check_audit().value();
  EXPECT_EQ(sound.entries, 3U);
  EXPECT_EQ(sound.tied, 3U);
  EXPECT_FALSE(sound.broken) << *sound.broken;
  EXPECT_EQ(sound.latest, store->audit(1)->front().chain);
  const std::int64_t latest = store->audit(1)->front().id;
  EXPECT_EQ(store->audit(1, latest)->front().id, latest - 1);
  sql("UPDATE audit SET person = 'eve' WHERE id = 2;");
  EXPECT_EQ(store->check_audit()->broken, 2);
  sql("DELETE FROM audit WHERE id = 2;");
  EXPECT_EQ(store->check_audit()->broken, 3);
}

}  // namespace
}  // namespace lockstep
