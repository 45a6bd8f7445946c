#include "serve/api/node_dictionary.h"

#include <map>
#include <utility>

namespace lockstep::serve {
namespace {

/// Gives each value a place, the first time that it comes.
template <typename Value>
class Numbering {
 public:
  explicit Numbering(std::vector<Value>& values) : values_(values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      places_.emplace(values[i], static_cast<Place>(i));
    }
  }

  Place place_of(const Value& value) {
    const auto known = places_.find(value);
    if (known != places_.end()) return known->second;
    if (values_.size() >= kNoPlace) return kNoPlace;
    const auto place = static_cast<Place>(values_.size());
    places_.emplace(value, place);
    values_.push_back(value);
    return place;
  }

 private:
  std::vector<Value>& values_;
  std::map<Value, Place> places_;
};

}  // namespace

NodeDictionary dictionary_of(const Inventory& inventory) {
  NodeDictionary dictionary;
  Numbering classes(dictionary.classes);
  Numbering groups(dictionary.groups);
  for (const auto& [name, node] : inventory.nodes) {
    dictionary.class_of.push_back(classes.place_of({node.classes.begin(), node.classes.end()}));
    dictionary.group_of.push_back(groups.place_of(node.group));
  }
  return dictionary;
}

std::shared_ptr<const Schedules> renewed_schedules(const std::shared_ptr<const Schedules>& before,
                                                   const std::shared_ptr<const Inventory>& nodes,
                                                   const std::vector<NodeSchedule>& said) {
  auto next = std::make_shared<Schedules>();
  next->inventory = nodes;
  const bool is_same = before && before->inventory == nodes;
  if (is_same) next->entries = before->entries;
  Numbering entries(next->entries);
  if (said.size() == nodes->nodes.size()) {
    next->of_nodes.reserve(said.size());
    for (const NodeSchedule& each : said) {
      next->of_nodes.push_back(entries.place_of({each.state, each.partitions}));
    }
  }
  if (is_same && next->of_nodes == before->of_nodes) return before;
  return next;
}

}  // namespace lockstep::serve
