#include "cli/render_daemon.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents/documents.h"

namespace lockstep::cli {
namespace {

using namespace documents;

using testing::HasSubstr;
using testing::Not;

const WallTime kNow(std::chrono::seconds(1'700'000'000));

control::DaemonStatus sample() {
  control::DaemonStatus status{.now = kNow,
                               .since = kNow - std::chrono::hours(3),
                               .host = "mon1",
                               .pid = 42,
                               .config = "/etc/lockstep/lockstep.toml",
                               .nodes = 9000};
  control::InstanceRow row;
  row.instance = *parse_instance("fast-ports", {{"collector", "ports"}, {"interval", "1h"}});
  row.configured = true;
  row.latest = InstanceRun{.id = 7,
                           .instance = "fast-ports",
                           .state = SweepState::finished,
                           .started = kNow - std::chrono::minutes(50),
                           .ended = kNow - std::chrono::minutes(40),
                           .nodes = 9000,
                           .proven = 8874,
                           .steps = 8,
                           .steps_done = 8};
  status.instances = {row};
  status.statuses["fast-ports"] = {.next = kNow + std::chrono::minutes(10), .busy = 97};
  return status;
}

TEST(StatusText, SaysWhatTheDaemonIsAt) {
  control::DaemonStatus status = sample();
  const std::string waits = status_text(status);
  EXPECT_THAT(waits, HasSubstr("lockstep serve on mon1, process 42"));
  EXPECT_THAT(waits, HasSubstr("9,000 nodes"));
  EXPECT_THAT(waits, HasSubstr("fast-ports  ports      1h     waits  in 10m  40m ago, finished, "
                               "8,874/9,000 proven"));
  EXPECT_THAT(waits, HasSubstr("97 nodes were passed over: not idle, says the scheduler"));
  EXPECT_THAT(waits, Not(HasSubstr("Troubles")));

  InstanceRun run = *status.instances[0].latest;
  run.state = SweepState::running;
  run.steps_done = 3;
  status.statuses["fast-ports"].run = run;
  status.statuses["fast-ports"].step = "1-1024 of 512 nodes";
  EXPECT_THAT(status_text(status), HasSubstr("step 4/8: 1-1024 of 512 nodes"));
}

TEST(StatusText, ShoutsWhatIsWrong) {
  control::DaemonStatus status = sample();
  status.stop_order = "by kim: \x1b[2Jmaintenance";
  status.reload_problem = "lockstep.toml:3:1: no such key";
  status.scheduler = "slurm";
  status.scheduler_trouble = "sinfo: timed out";
  status.troubles = {"collector-failed versions: it \x1b hangs"};
  status.statuses["fast-ports"].problem = "denied";
  const std::string text = status_text(status);
  EXPECT_THAT(text, HasSubstr("ALL SENDING IS STOPPED"));
  EXPECT_THAT(text, HasSubstr("lockstep.toml:3:1"));
  EXPECT_THAT(text, HasSubstr("job scheduler slurm: sinfo: timed out"));
  EXPECT_THAT(text, HasSubstr("FAILS"));
  EXPECT_THAT(text, HasSubstr("Troubles:"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << "nothing moves the cursor";
  const std::string json = status_json(status);
  EXPECT_THAT(json, HasSubstr(R"("scheduler_trouble":"sinfo: timed out")"));
  EXPECT_THAT(json, HasSubstr(R"("passed_over_busy":97)"));
}

TEST(InstancesText, SaysWhoChangedWhat) {
  control::DaemonStatus status = sample();
  control::InstanceRow& row = status.instances[0];
  EXPECT_THAT(instances_text(status.instances, kNow), HasSubstr("configuration"));
  row.change = StoredInstance{.name = "fast-ports",
                              .settings = {},
                              .changed_at = kNow - std::chrono::hours(2),
                              .changed_by = "kim"};
  row.instance.window = DayWindow{std::chrono::hours(22), std::chrono::hours(6)};
  row.problem = "interval: bad";
  const std::string text = instances_text(status.instances, kNow);
  EXPECT_THAT(text, HasSubstr("kim, 2h ago"));
  EXPECT_THAT(text, HasSubstr("window=22:00-06:00"));
  EXPECT_THAT(text, HasSubstr("what was changed does not hold: interval: bad"));
  EXPECT_THAT(instances_json(status.instances), HasSubstr(R"("changed_by":"kim")"));
}

TEST(RunsText, AndAuditAreTables) {
  EXPECT_EQ(runs_text({}, kNow), "No instance has run yet.\n");
  InstanceRun run = *sample().instances[0].latest;
  run.problem = "disk full";
  const std::string text = runs_text({run}, kNow);
  EXPECT_THAT(text, HasSubstr("#7"));
  EXPECT_THAT(text, HasSubstr("8,874/9,000"));
  EXPECT_THAT(text, HasSubstr("disk full"));
  EXPECT_THAT(runs_json({run}), HasSubstr(R"("steps_done":8)"));
  const AuditEntry entry{.id = 1,
                         .at = kNow,
                         .person = "kim",
                         .action = "instance set",
                         .subject = "fast-ports",
                         .detail = "interval: 1h -> 30m"};
  EXPECT_THAT(audit_text({entry}), HasSubstr("interval: 1h -> 30m"));
  EXPECT_THAT(audit_json({entry}), HasSubstr(R"("person":"kim")"));
}

}  // namespace
}  // namespace lockstep::cli
