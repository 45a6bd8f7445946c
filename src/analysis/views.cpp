#include "analysis/views.h"

#include <algorithm>

namespace lockstep {
namespace {

bool is_silent(const PortObservation& seen) {
  return seen.state == PortState::filtered || seen.state == PortState::open_filtered;
}

}  // namespace

bool is_full_list(const Coverage& coverage, std::size_t listed) {
  const std::size_t answered = std::size_t{coverage.open} + coverage.closed;
  return listed <= kMostFilteredFindings || listed + answered >= coverage.wanted;
}

bool View::examined() const {
  return !coverage.empty() && std::ranges::all_of(coverage, &Coverage::examined);
}

PortState View::state_of(Port port) const {
  PortState state = PortState::closed;
  for (const PortObservation* const seen : observations) {
    if (seen->port != port) continue;
    if (seen->state == PortState::open) return PortState::open;
    if (is_silent(*seen)) state = seen->state;
  }
  return state;
}

PortSet View::silent() const {
  PortSet ports;
  for (const PortObservation* const seen : observations) {
    if (is_silent(*seen)) ports.insert(seen->port);
  }
  return ports;
}

bool View::lists_all() const {
  return examined() && std::ranges::all_of(coverage, [&](const Coverage* each) {
           const auto listed =
               std::ranges::count_if(observations, [&](const PortObservation* seen) {
                 return seen->address == each->address && is_silent(*seen);
               });
           return is_full_list(*each, static_cast<std::size_t>(listed));
         });
}

Views::Views(const JudgeInput& input) {
  for (const Node& node : input.nodes) nodes_.emplace(node.name, &node);
  for (const Coverage& each : input.coverage) {
    if (View* const view = view_of(each)) view->coverage.push_back(&each);
  }
  for (const PortObservation& each : input.observations) {
    if (View* const view = view_of(each)) view->observations.push_back(&each);
  }
  for (const auto& [key, view] : views_) count(view);
}

const Node* Views::node(std::string_view name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : found->second;
}

const View* Views::find(std::string_view node, std::string_view network, Protocol protocol) const {
  const auto found = views_.find({node, network, protocol});
  return found == views_.end() ? nullptr : &found->second;
}

template <typename Fact>
View* Views::view_of(const Fact& fact) {
  const bool same = latest_ != nullptr && latest_->node->name == fact.node &&
                    latest_->network == fact.network && latest_->protocol == fact.protocol;
  if (same) return latest_;
  const auto node = nodes_.find(fact.node);
  if (node == nodes_.end()) return nullptr;
  View& view = views_[{node->second->name, fact.network, fact.protocol}];
  view.node = node->second;
  view.network = fact.network;
  view.protocol = fact.protocol;
  latest_ = &view;
  return latest_;
}

void Views::count(const View& view) {
  if (view.node->classes.empty() || !view.examined()) return;
  GroupCount& group = groups_[{view.node->classes, view.network, view.protocol}];
  ++group.nodes;
  std::vector<std::pair<Port, bool>> seen;  // and whether it is open; once for all addresses
  for (const PortObservation* const each : view.observations) {
    if (each->state == PortState::closed) continue;
    seen.emplace_back(each->port, each->state == PortState::open);
  }
  std::ranges::sort(seen, std::greater{});
  const auto repeated = std::ranges::unique(seen, {}, &std::pair<Port, bool>::first);
  seen.erase(repeated.begin(), repeated.end());
  for (const auto& [port, open] : seen) {
    PortCount& counted = group.ports[port];
    ++(open ? counted.open : counted.filtered);
  }
}

CloneCount Views::clones(const View& view, Port port) const {
  const auto group = groups_.find({view.node->classes, view.network, view.protocol});
  if (group == groups_.end()) return {};
  CloneCount clones{.nodes = group->second.nodes};
  const auto counted = group->second.ports.find(port);
  if (counted == group->second.ports.end()) return clones;
  clones.open = counted->second.open;
  clones.filtered = counted->second.filtered;
  return clones;
}

}  // namespace lockstep
