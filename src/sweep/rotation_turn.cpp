#include "sweep/rotation_turn.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "model/duration.h"

namespace lockstep {
namespace {

using std::chrono::seconds;

/// A time in the future is none: the clock was set back since.
std::optional<WallTime> past(const std::optional<WallTime>& time, WallTime now) {
  return time && *time <= now ? time : std::nullopt;
}

/// A node of a group, with all that is known of it.
struct Clone {
  RotationNode node;
  bool overdue = false;  ///< some block was not examined for so long
};

class Turn {
 public:
  Turn(const RotationPlan& plan, const DueRule& rule, const Pass::Schedules& schedules,
       WallTime now)
      : plan_(plan), rule_(rule), schedules_(schedules), now_(now) {}

  RotationTurn run() {
    for (std::size_t i = 0; i < plan_.groups.size(); ++i) {
      add(plan_.groups[i], plan_.rotation.groups[i].blocks);
    }
    RotationTurn turn{.steps = {}, .passed_over = passed_over_};
    for (auto& [place, step] : steps_) {
      std::ranges::sort(step.nodes);
      turn.steps.push_back(std::move(step));
    }
    return turn;
  }

 private:
  void add(const std::vector<std::string>& names, std::size_t blocks) {
    std::vector<NodeSchedule> said = schedules_ ? schedules_(names) : std::vector<NodeSchedule>();
    std::vector<RotationNode> nodes;
    std::vector<bool> idle;  // and asked since it is
    for (std::size_t i = 0; i < names.size(); ++i) {
      Clone clone = clone_of(names[i], blocks);
      idle.push_back(!said.empty() && counts_as_idle(said[i]) && rule_.busy != BusyNodes::scan);
      if (!said.empty()) clone.node.available = may_be_asked(said[i], clone.overdue);
      nodes.push_back(std::move(clone.node));
    }
    const auto dealt = deal_blocks(nodes, blocks);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!dealt[i]) continue;
      SweepStep& step = steps_[{blocks, *dealt[i]}];
      if (step.nodes.empty()) step.ports = plan_.blocks.at(blocks)[*dealt[i]];
      step.nodes.push_back(names[i]);
      if (idle[i]) step.idle.insert(names[i]);
    }
  }

  Clone clone_of(const std::string& name, std::size_t blocks) const {
    Clone clone;
    LastLook latest;
    for (std::size_t block = 0; block < blocks; ++block) {
      const LastLook look = plan_.history(name, blocks, block);
      const auto attempted = past(look.attempted, now_);
      const auto examined = past(look.examined, now_);
      clone.node.asked.push_back(attempted);
      if (attempted > latest.attempted) latest = {attempted, examined};
      const auto since = examined ? examined : past(look.known, now_);
      clone.overdue = clone.overdue || !since || now_ - *since >= rule_.overdue;
    }
    clone.node.answers = latest.attempted == latest.examined;
    return clone;
  }

  bool may_be_asked(const NodeSchedule& schedule, bool overdue) {
    if (is_withdrawn(schedule)) {
      passed_over_.withdrawn.insert(schedule.node);
      return false;
    }
    const bool asked = counts_as_idle(schedule) || asks_busy(overdue);
    if (!asked) passed_over_.busy.insert(schedule.node);
    return asked;
  }

  bool asks_busy(bool overdue) const {
    return rule_.busy == BusyNodes::scan || (rule_.busy == BusyNodes::overdue && overdue);
  }

  const RotationPlan& plan_;
  const DueRule& rule_;
  const Pass::Schedules& schedules_;
  WallTime now_;
  PassedOver passed_over_;
  // By the number of blocks and the block: clones of several groups may be asked the same.
  std::map<std::pair<std::size_t, std::size_t>, SweepStep> steps_;
};

std::string percent(double chance) {
  constexpr double kWhole = 0.1;
  if (chance >= 1) return "100%";
  return chance < kWhole ? fmt::format("{:.1f}%", chance * 100)
                         : fmt::format("{:.0f}%", std::min(chance * 100, 99.0));
}

}  // namespace

RotationTurn next_turn(const RotationPlan& plan, const DueRule& rule,
                       const Pass::Schedules& schedules, WallTime now) {
  return Turn(plan, rule, schedules, now).run();
}

std::string promise_of(const Rotation& rotation) {
  constexpr seconds kOpen(30);
  double on_one = 1;
  double on_all = 1;
  std::size_t nodes = 0;
  std::size_t ports = 0;
  for (const GroupRotation& group : rotation.groups) {
    on_one = std::min(on_one, chance_seen(group, rotation.turn, 1, kOpen));
    on_all = std::min(on_all, chance_seen(group, rotation.turn, group.nodes, kOpen));
    nodes += group.nodes;
    ports = std::max(ports, group.ports_a_turn);
  }
  return fmt::format(
      "each port within {} on some node of each class, within {} on each node ({}, {} ports of "
      "each "
      "a turn of {}); a port that is open for {} an hour is seen with a chance of {} on one node, "
      "of {} on a whole class",
      to_text(rotation.on_some()), to_text(rotation.on_each()),
      nodes == 1 ? "1 node" : with_thousands(nodes) + " nodes", with_thousands(ports),
      to_text(rotation.turn), to_text(kOpen), percent(on_one), percent(on_all));
}

}  // namespace lockstep
