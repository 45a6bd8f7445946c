#include "inventory/scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/text.h"

namespace lockstep {
namespace {

// A job's user names nothing longer, and a person reads nothing longer.
constexpr std::size_t kMostText = 256;
constexpr std::size_t kMostItems = 1024;

/// Letters, digits and "._-" with no "-" first: neither an option, nor a list, nor a pattern.
bool is_plain_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 255 && name[0] != '-' && std::ranges::all_of(name, plain);
}

/// What is known of a node of which nothing was said.
std::string excuse(const std::string& scheduler, std::string_view node) {
  if (is_plain_name(node)) return fmt::format("{} does not know this node", scheduler);
  return fmt::format(
      "{} cannot be asked about {}: names are letters, digits and \"._-\", with no \"-\" first",
      scheduler, quoted(node));
}

void cut(std::string& text) {
  if (text.size() > kMostText) text.resize(kMostText);
}

template <typename Item>
void put_in_order(std::vector<Item>& items) {
  std::ranges::sort(items);
  items.erase(std::ranges::unique(items).begin(), items.end());
  if (items.size() > kMostItems) items.resize(kMostItems);
}

void make_sane(NodeSchedule& schedule) {
  cut(schedule.reason);
  for (std::string& text : schedule.partitions) cut(text);
  for (std::string& text : schedule.features) cut(text);
  for (SchedulerJob& job : schedule.jobs) {
    cut(job.id);
    cut(job.user);
  }
  put_in_order(schedule.partitions);
  put_in_order(schedule.features);
  put_in_order(schedule.jobs);
}

template <typename Item>
void append(std::vector<Item>& to, std::vector<Item>& from) {
  std::ranges::move(from, std::back_inserter(to));
}

/// What is said once more of a node that something was said of.
void merge(NodeSchedule& known, NodeSchedule said) {
  append(known.partitions, said.partitions);
  append(known.features, said.features);
  append(known.jobs, said.jobs);
  if (known.state == said.state && known.responding == said.responding) return;
  known.reason = fmt::format("the scheduler says both {} and {} of it", to_string(known.state),
                             to_string(said.state));
  known.state = SchedulerState::unknown;
  known.since = {};
}

}  // namespace

Result<std::vector<NodeSchedule>> Scheduler::query(std::span<const std::string> nodes,
                                                   std::chrono::milliseconds time) {
  if (nodes.size() > kMostNodesAQuery && !tells_all_) {
    return fail(ErrorKind::invalid, fmt::format("{}: {} nodes in one query; ask for at most {} at "
                                                "once",
                                                name_, nodes.size(), kMostNodesAQuery));
  }
  std::unordered_map<std::string_view, NodeSchedule> known;
  std::vector<std::string> askable;
  for (const std::string& node : nodes) {
    if (is_plain_name(node) && known.try_emplace(node).second) askable.push_back(node);
  }
  std::vector<NodeSchedule> said;
  if (!askable.empty()) {
    auto answer = do_query(askable, time);
    if (!answer) return std::unexpected(answer.error().within(name_));
    said = std::move(*answer);
  }
  for (NodeSchedule& schedule : said) {
    const auto asked = known.find(schedule.node);
    if (asked == known.end()) continue;
    if (asked->second.node.empty()) {
      asked->second = std::move(schedule);
    } else {
      merge(asked->second, std::move(schedule));
    }
  }
  std::vector<NodeSchedule> result;
  result.reserve(nodes.size());
  for (const std::string& node : nodes) {
    NodeSchedule schedule = known[node];
    if (schedule.node.empty()) {
      schedule.node = node;
      schedule.stranger = true;
      schedule.reason = excuse(name_, node);
    }
    make_sane(schedule);
    result.push_back(std::move(schedule));
  }
  return result;
}

}  // namespace lockstep
