#include "inventory/slurm/slurm_state.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace lockstep {
namespace {

using enum SchedulerState;

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == ' ') c = '_';
  }
  return result;
}

class Words {
 public:
  explicit Words(std::span<const std::string> words) {
    for (const std::string& word : words) words_.push_back(upper(word));
  }

  bool any(std::initializer_list<std::string_view> wanted) const {
    return std::ranges::any_of(
        words_, [&](const std::string& word) { return std::ranges::count(wanted, word) > 0; });
  }

 private:
  std::vector<std::string> words_;
};

SchedulerState judge(const Words& words) {
  const bool held = words.any({"ALLOCATED", "MIXED"});
  // POWER is older Slurm's word for a node that is off. A node that jobs hold is switched off, or
  // restarted, only after them; one that is switched on for a job is held already.
  if (words.any({"POWERED_DOWN", "POWER"})) return powered_down;
  if (words.any({"POWERING_DOWN", "POWERING_UP", "POWER_UP"})) return powering;
  if (words.any({"REBOOT_ISSUED", "REBOOT^"})) return rebooting;
  if (words.any({"COMPLETING"})) return completing;
  if (words.any({"MAINTENANCE", "MAINT"})) return maintenance;
  const bool draining_flag = words.any({"DRAIN", "FAIL", "INVALID_REG", "UNDRAIN"});
  if (held && draining_flag) return draining;
  if (words.any({"MIXED"})) return mixed;
  if (words.any({"ALLOCATED"})) return allocated;
  if (words.any({"POWER_DOWN"})) return powering;
  if (words.any({"REBOOT_REQUESTED", "REBOOT"})) return rebooting;
  if (words.any({"DOWN", "ERROR"})) return down;
  if (!words.any({"IDLE"})) return words.any({"FUTURE"}) ? future : unknown;
  if (draining_flag) return drained;
  return words.any({"RESERVED"}) ? reserved : idle;
}

/// What one word of %T stands for, where it is no base state itself.
struct Compound {
  std::string_view text;
  std::initializer_list<std::string_view> words;
};

const Compound kCompounds[] = {
    {"COMPLETING", {"ALLOCATED", "COMPLETING"}},
    {"DRAINED", {"IDLE", "DRAIN"}},
    {"DRAINING", {"ALLOCATED", "DRAIN"}},
    {"FAIL", {"IDLE", "FAIL"}},
    {"FAILING", {"ALLOCATED", "FAIL"}},
    {"INVAL", {"IDLE", "INVALID_REG"}},
    {"MAINT", {"IDLE", "MAINTENANCE"}},
    {"PLANNED", {"IDLE", "PLANNED"}},
    {"BLOCKED", {"IDLE", "BLOCKED"}},
    {"PERFCTRS", {"ALLOCATED"}},
    {"NPC", {"ALLOCATED"}},
    {"RESERVED", {"IDLE", "RESERVED"}},
};

struct Suffix {
  char mark;
  std::string_view word;
};

constexpr Suffix kSuffixes[] = {
    {'*', "NOT_RESPONDING"},   {'~', "POWERED_DOWN"},  {'#', "POWERING_UP"},
    {'%', "POWERING_DOWN"},    {'!', "POWER_DOWN"},    {'$', "MAINTENANCE"},
    {'@', "REBOOT_REQUESTED"}, {'^', "REBOOT_ISSUED"}, {'-', "PLANNED"},
    {'+', "COMPLETING"},
};

}  // namespace

SlurmState slurm_state(std::span<const std::string> words) {
  const Words said(words);
  return {judge(said), !said.any({"NOT_RESPONDING", "NO_RESPOND"})};
}

SlurmState slurm_state_of_text(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const Suffix* suffix = std::ranges::find(kSuffixes, text.back(), &Suffix::mark);
    if (suffix == std::end(kSuffixes)) break;
    words.emplace_back(suffix->word);
    text.remove_suffix(1);
  }
  const std::string word = upper(text);
  const Compound* compound = std::ranges::find(kCompounds, word, &Compound::text);
  if (compound == std::end(kCompounds)) {
    words.push_back(word);
  } else {
    words.insert(words.end(), compound->words.begin(), compound->words.end());
  }
  return slurm_state(words);
}

}  // namespace lockstep
