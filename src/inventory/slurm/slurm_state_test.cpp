#include "inventory/slurm/slurm_state.h"

#include <gtest/gtest.h>

#include <vector>

namespace lockstep {
namespace {

using enum SchedulerState;

TEST(SlurmState, IsJudgedOfBaseAndFlags) {
  const struct {
    std::vector<std::string> words;
    SchedulerState state;
    bool responding;
  } rows[] = {
      {{"IDLE"}, idle, true},
      {{"idle"}, idle, true},
      {{"IDLE", "CLOUD", "DYNAMIC_NORM"}, idle, true},
      {{"IDLE", "PLANNED"}, idle, true},
      {{"IDLE", "NOT_RESPONDING"}, idle, false},
      {{"IDLE", "SOMETHING_NEW"}, idle, true},
      {{"IDLE", "RESERVED"}, reserved, true},
      {{"IDLE", "DRAIN"}, drained, true},
      {{"DRAIN", "IDLE"}, drained, true},
      {{"IDLE", "DRAIN", "RESERVED"}, drained, true},
      {{"IDLE", "FAIL"}, drained, true},
      {{"IDLE", "COMPLETING"}, completing, true},
      {{"IDLE", "COMPLETING", "DRAIN"}, completing, true},
      {{"IDLE", "MAINTENANCE", "RESERVED"}, maintenance, true},
      {{"MIXED", "MAINTENANCE"}, maintenance, true},
      {{"IDLE", "POWER"}, powered_down, true},
      {{"IDLE", "CLOUD", "POWERED_DOWN"}, powered_down, true},
      {{"IDLE", "POWERING_DOWN"}, powering, true},
      {{"IDLE", "POWER_DOWN"}, powering, true},
      {{"ALLOCATED", "POWER_DOWN"}, allocated, true},
      {{"ALLOCATED", "POWERING_UP", "NOT_RESPONDING"}, powering, false},
      {{"IDLE", "REBOOT_REQUESTED", "DRAIN"}, rebooting, true},
      {{"MIXED", "REBOOT_REQUESTED"}, mixed, true},
      {{"DOWN", "REBOOT_ISSUED"}, rebooting, true},
      {{"ALLOCATED"}, allocated, true},
      {{"ALLOCATED", "NOT_RESPONDING"}, allocated, false},
      {{"ALLOCATED", "COMPLETING"}, completing, true},
      {{"ALLOCATED", "DRAIN"}, draining, true},
      {{"MIXED", "DRAIN"}, draining, true},
      {{"MIXED", "RESERVED"}, mixed, true},
      {{"DOWN"}, down, true},
      {{"DOWN", "NOT_RESPONDING"}, down, false},
      {{"DOWN", "DRAIN", "NOT_RESPONDING"}, down, false},
      {{"ERROR"}, down, true},
      {{"FUTURE"}, future, true},
      {{"UNKNOWN"}, unknown, true},
      {{"UNKNOWN", "DRAIN"}, unknown, true},
      {{"HIBERNATING"}, unknown, true},
      {{}, unknown, true},
  };
  for (const auto& row : rows) {
    std::string description;
    for (const std::string& word : row.words) description += word + " ";
    SCOPED_TRACE(description);
    EXPECT_EQ(to_string(slurm_state(row.words).state), to_string(row.state));
    EXPECT_EQ(slurm_state(row.words).responding, row.responding);
  }
}

TEST(SlurmState, IsReadOffTheWordsOfSinfo) {
  const struct {
    const char* text;
    SchedulerState state;
    bool responding;
  } rows[] = {
      {"idle", idle, true},
      {"idle*", idle, false},
      {"idle-", idle, true},
      {"planned", idle, true},
      {"idle~", powered_down, true},
      {"idle#", powering, true},
      {"idle%", powering, true},
      {"idle!", powering, true},
      {"idle@", rebooting, true},
      {"idle^", rebooting, true},
      {"idle$", maintenance, true},
      {"idle$*", maintenance, false},
      {"maint", maintenance, true},
      {"maint*", maintenance, false},
      {"reserved", reserved, true},
      {"mixed", mixed, true},
      {"mixed-", mixed, true},
      {"mixed@", mixed, true},
      {"allocated", allocated, true},
      {"allocated+", completing, true},
      {"allocated#", powering, true},
      {"allocated*", allocated, false},
      {"completing", completing, true},
      {"completing*", completing, false},
      {"draining", draining, true},
      {"drained", drained, true},
      {"drained*", drained, false},
      {"drained~", powered_down, true},
      {"down", down, true},
      {"down*", down, false},
      {"down$", maintenance, true},
      {"fail", drained, true},
      {"failing", draining, true},
      {"inval", drained, true},
      {"blocked", idle, true},
      {"future", future, true},
      {"unknown", unknown, true},
      {"reboot issued", rebooting, true},
      {"powering_down", powering, true},
      {"powered_down", powered_down, true},
      {"perfctrs", allocated, true},
      {"IDLE", idle, true},
      {"", unknown, true},
      {"*", unknown, false},
      {"n/a", unknown, true},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(to_string(slurm_state_of_text(row.text).state), to_string(row.state));
    EXPECT_EQ(slurm_state_of_text(row.text).responding, row.responding);
  }
}

}  // namespace
}  // namespace lockstep
