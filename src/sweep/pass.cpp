#include "sweep/pass.h"

#include <algorithm>
#include <utility>

namespace lockstep {

bool is_withdrawn(const NodeSchedule& schedule) {
  switch (schedule.state) {
    case SchedulerState::powered_down:
    case SchedulerState::powering:
    case SchedulerState::future:
    case SchedulerState::rebooting: return true;
    default: return false;
  }
}

Pass::Pass(std::span<const PortSets> blocks, const std::vector<std::string>& nodes,
           const History& history, const DueRule& rule, WallTime now, std::size_t most_nodes)
    : busy_(rule.busy) {
  std::set<std::string> seen;
  for (std::size_t block = 0; block < blocks.size(); ++block) {
    Part part{blocks[block], {}};
    for (const std::string& node : nodes) {
      const Due how = due(history(node, block), rule, now);
      if (how == Due::no) continue;
      seen.insert(node);
      part.candidates.push_back({node, how});
      if (part.candidates.size() < most_nodes) continue;
      parts_.push_back(std::move(part));
      part = {blocks[block], {}};
    }
    if (!part.candidates.empty()) parts_.push_back(std::move(part));
  }
  nodes_ = seen.size();
}

std::map<std::string, std::size_t> Pass::outstanding() const {
  std::map<std::string, std::size_t> blocks;
  for (const Part& part : parts_) {
    for (const Candidate& each : part.candidates) ++blocks[each.node];
  }
  return blocks;
}

std::optional<SweepStep> Pass::next(const Schedules& schedules) {
  while (!parts_.empty()) {
    const Part part = std::move(parts_.front());
    parts_.pop_front();
    std::vector<std::string> names;
    for (const Candidate& each : part.candidates) names.push_back(each.node);
    const std::vector<NodeSchedule> said =
        schedules ? schedules(names) : std::vector<NodeSchedule>();
    SweepStep step{part.ports, {}, {}};
    for (std::size_t i = 0; i < part.candidates.size(); ++i) {
      const Candidate& candidate = part.candidates[i];
      const bool idle = said.empty() || counts_as_idle(said[i]);
      if (!said.empty() && is_withdrawn(said[i])) {
        passed_over_.withdrawn.insert(candidate.node);
      } else if (idle || candidate.due == Due::always) {
        step.nodes.push_back(candidate.node);
        // An overdue one too: it is asked half-open later, if the job stays.
        if (!said.empty() && idle && busy_ != BusyNodes::scan) step.idle.insert(candidate.node);
      } else {
        passed_over_.busy.insert(candidate.node);
      }
    }
    if (step.nodes.empty()) continue;
    std::ranges::sort(step.nodes);
    return step;
  }
  return {};
}

std::size_t nodes_a_step(std::size_t ports, PacketsPerSecond rate) {
  constexpr double kSeconds = 60;
  constexpr std::size_t kMost = 4096;
  if (rate.is_unlimited() || ports == 0) return kMost;
  const double nodes = kSeconds * rate.value() / static_cast<double>(ports);
  return static_cast<std::size_t>(std::clamp(nodes, 1.0, static_cast<double>(kMost)));
}

}  // namespace lockstep
