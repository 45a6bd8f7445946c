#include "model/scheduler_state.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace lockstep {
namespace {

struct StateWord {
  SchedulerState state;
  std::string_view word;
  bool free;    // no job, and none begins or ends
  bool silent;  // may be off, or gone
};

constexpr StateWord kWords[] = {
    {SchedulerState::unknown, "unknown", false, false},
    {SchedulerState::idle, "idle", true, false},
    {SchedulerState::mixed, "mixed", false, false},
    {SchedulerState::allocated, "allocated", false, false},
    {SchedulerState::completing, "completing", false, false},
    {SchedulerState::draining, "draining", false, false},
    {SchedulerState::drained, "drained", true, false},
    {SchedulerState::reserved, "reserved", true, false},
    {SchedulerState::maintenance, "maintenance", false, true},
    {SchedulerState::rebooting, "rebooting", false, true},
    {SchedulerState::powering, "powering", false, true},
    {SchedulerState::powered_down, "powered_down", false, true},
    {SchedulerState::down, "down", true, true},
    {SchedulerState::future, "future", false, true},
};

const StateWord& word_of(SchedulerState state) {
  for (const StateWord& word : kWords) {
    if (word.state == state) return word;
  }
  return kWords[0];
}

}  // namespace

std::string_view to_string(SchedulerState state) {
  return word_of(state).word;
}

Result<SchedulerState> parse_scheduler_state(std::string_view text) {
  std::array<std::string_view, std::size(kWords)> words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i] = kWords[i].word;
    if (text == words[i]) return kWords[i].state;
  }
  const std::string_view meant = nearest(text, words);
  return fail(ErrorKind::invalid,
              fmt::format("{} is no state of a node{}", quoted(text),
                          meant.empty() ? fmt::format("; the states are {}", fmt::join(words, ", "))
                                        : fmt::format("; did you mean \"{}\"?", meant)));
}

bool counts_as_idle(const NodeSchedule& schedule) {
  return word_of(schedule.state).free && schedule.jobs.empty();
}

bool is_held(const NodeSchedule& schedule) {
  switch (schedule.state) {
    case SchedulerState::mixed:
    case SchedulerState::allocated:
    case SchedulerState::completing:
    case SchedulerState::draining: return true;
    case SchedulerState::unknown: return false;
    default: return !schedule.jobs.empty();
  }
}

bool silence_is_expected(const NodeSchedule& schedule) {
  return word_of(schedule.state).silent ||
         (!schedule.responding && schedule.state != SchedulerState::unknown);
}

}  // namespace lockstep
