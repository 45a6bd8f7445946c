#include "model/scheduler_state.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

using enum SchedulerState;

NodeSchedule node(SchedulerState state, bool responding = true) {
  NodeSchedule result;
  result.node = "n1";
  result.state = state;
  result.responding = responding;
  return result;
}

TEST(SchedulerState, DecidesWhatMayBeDone) {
  const struct {
    const char* description;
    SchedulerState state;
    bool responding;
    bool idle;
    bool silence;
  } rows[] = {
      {"nothing is known, nothing is allowed, nothing excused", unknown, true, false, false},
      {"that a stranger's node does not respond excuses nothing", unknown, false, false, false},
      {"idle", idle, true, true, false},
      {"idle, and its daemon is silent: no job can start there", idle, false, true, true},
      {"a part is held", mixed, true, false, false},
      {"all is held", allocated, true, false, false},
      {"held, and the scheduler lost it", allocated, false, false, true},
      {"an epilog runs", completing, true, false, false},
      {"the last jobs run", draining, true, false, false},
      {"empty, and up for all we know", drained, true, true, false},
      {"kept free", reserved, true, true, false},
      {"somebody works there", maintenance, true, false, true},
      {"restarts", rebooting, true, false, true},
      {"starts for a job", powering, true, false, true},
      {"off", powered_down, true, false, true},
      {"given up: if it is reached, it is scanned", down, true, true, true},
      {"not bought yet", future, true, false, true},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    EXPECT_EQ(counts_as_idle(node(row.state, row.responding)), row.idle);
    EXPECT_EQ(silence_is_expected(node(row.state, row.responding)), row.silence);
  }
}

TEST(SchedulerState, AJobThatIsThereWhateverTheStateMakesItBusy) {
  for (const SchedulerState state : {idle, drained, reserved, down}) {
    NodeSchedule held = node(state);
    held.jobs = {{"88123", "alice"}};
    EXPECT_FALSE(counts_as_idle(held)) << to_string(state);
  }
}

TEST(SchedulerState, IsReadAsItIsWritten) {
  for (int number = 0; number <= static_cast<int>(future); ++number) {
    const auto state = static_cast<SchedulerState>(number);
    const auto read = parse_scheduler_state(to_string(state));
    ASSERT_TRUE(read) << to_string(state);
    EXPECT_EQ(*read, state);
  }
}

TEST(SchedulerState, TellsWhichWordWasMeant) {
  const struct {
    const char* text;
    const char* message;
  } rows[] = {
      {"alocated", "\"alocated\" is no state of a node; did you mean \"allocated\"?"},
      {"IDLE\n", "\"IDLE\\n\" is no state of a node; the states are unknown, idle, "},
      {"", "\"\" is no state of a node; the states are "},
  };
  for (const auto& row : rows) {
    const auto read = parse_scheduler_state(row.text);
    ASSERT_FALSE(read) << row.text;
    EXPECT_EQ(read.error().kind(), ErrorKind::invalid);
    EXPECT_EQ(read.error().message().find(row.message), 0U) << read.error().message();
  }
}

}  // namespace
}  // namespace lockstep
