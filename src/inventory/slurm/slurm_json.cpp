#include "inventory/slurm/slurm_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "inventory/json/json_document.h"
#include "inventory/slurm/slurm_state.h"

namespace lockstep {
namespace {

/// 7 and {"set": true, "infinite": false, "number": 7}; 0 for what is not set.
std::int64_t number_of(const std::optional<JsonValue>& value) {
  if (!value) return 0;
  if (const auto number = value->find("number")) return number->number().value_or(0);
  return value->number().value_or(0);
}

std::chrono::sys_seconds time_of(const std::optional<JsonValue>& value) {
  // Later than any clock is "never", however it is written.
  constexpr std::int64_t kLatest = 1LL << 40;
  const std::int64_t seconds = number_of(value);
  return std::chrono::sys_seconds(std::chrono::seconds(seconds < kLatest ? seconds : 0));
}

Result<std::string> text_of(const std::optional<JsonValue>& value) {
  if (!value) return std::string();
  return value->text();
}

/// "a,b" and ["a", "b"].
Result<std::vector<std::string>> list_of(const std::optional<JsonValue>& value) {
  std::vector<std::string> result;
  if (!value) return result;
  LOCKSTEP_TRY(const std::vector<std::string> texts, value->texts());
  for (const std::string& text : texts) {
    for (const std::string_view item : split(text, ',')) {
      if (!item.empty() && item != "(null)") result.emplace_back(item);
    }
  }
  return result;
}

Result<SlurmState> state_of(const JsonValue& node) {
  LOCKSTEP_TRY(const JsonValue base, node.member("state"));
  LOCKSTEP_TRY(std::vector<std::string> words, base.texts());
  LOCKSTEP_TRY(const std::vector<std::string> flags, list_of(node.find("state_flags")));
  words.insert(words.end(), flags.begin(), flags.end());
  return slurm_state(words);
}

Result<NodeSchedule> read_node(const JsonValue& value) {
  NodeSchedule node;
  LOCKSTEP_TRY(const JsonValue name, value.member("name"));
  LOCKSTEP_TRY(node.node, name.text());
  LOCKSTEP_TRY(const SlurmState state, state_of(value));
  node.state = state.state;
  node.responding = state.responding;
  LOCKSTEP_TRY(node.partitions, list_of(value.find("partitions")));
  LOCKSTEP_TRY(node.features, list_of(value.find("features")));
  LOCKSTEP_TRY(node.reason, text_of(value.find("reason")));
  if (!node.reason.empty()) node.since = time_of(value.find("reason_changed_at"));
  return node;
}

/// An entry of "sinfo": nodes that are alike, in one partition.
Result<void> read_group(const JsonValue& group, std::size_t& left,
                        std::vector<NodeSchedule>& result) {
  NodeSchedule common;
  LOCKSTEP_TRY(const JsonValue of_node, group.member("node"));
  LOCKSTEP_TRY(const SlurmState state, state_of(of_node));
  common.state = state.state;
  common.responding = state.responding;
  if (const auto partition = group.find("partition")) {
    LOCKSTEP_TRY(common.partitions, list_of(partition->find("name")));
  }
  if (const auto features = group.find("features")) {
    LOCKSTEP_TRY(common.features, list_of(features->find("total")));
  }
  if (const auto reason = group.find("reason")) {
    LOCKSTEP_TRY(common.reason, text_of(reason->find("description")));
    if (common.reason == "none") common.reason.clear();
    if (!common.reason.empty()) common.since = time_of(reason->find("time"));
  }
  LOCKSTEP_TRY(const JsonValue nodes, group.member("nodes"));
  LOCKSTEP_TRY(const JsonValue names, nodes.member("nodes"));
  LOCKSTEP_TRY(const std::vector<std::string> lists, names.texts());
  for (const std::string& list : lists) {
    auto folded = slurm_node_list(list, left);
    if (!folded) return std::unexpected(folded.error().within(names.path()));
    for (const std::string& name : *folded) {
      common.node = name;
      result.push_back(common);
    }
  }
  return {};
}

/// What Slurm says went wrong, where it says so in the document.
Result<void> check_errors(const JsonValue& root) {
  const auto errors = root.find("errors");
  if (!errors) return {};
  LOCKSTEP_TRY(const std::vector<JsonValue> items, errors->items());
  if (items.empty()) return {};
  for (const char* key : {"description", "error"}) {
    const auto said = items.front().find(key);
    if (!said || !said->is_text()) continue;
    return fail(ErrorKind::unavailable, fmt::format("Slurm says {}", quoted(*said->text(), 200)));
  }
  return fail(ErrorKind::unavailable, "Slurm tells of an error without words");
}

Result<std::vector<NodeSchedule>> read_nodes(const JsonValue& root) {
  LOCKSTEP_CHECK(check_errors(root));
  std::vector<NodeSchedule> result;
  const auto groups = root.find("sinfo");
  if (groups) {
    LOCKSTEP_TRY(const std::vector<JsonValue> items, groups->items());
    std::size_t left = kMostJobNodes;
    for (const JsonValue& item : items) LOCKSTEP_CHECK(read_group(item, left, result));
    return result;
  }
  LOCKSTEP_TRY(const JsonValue nodes, root.member("nodes"));
  LOCKSTEP_TRY(const std::vector<JsonValue> items, nodes.items());
  for (const JsonValue& item : items) {
    LOCKSTEP_TRY(NodeSchedule node, read_node(item));
    result.push_back(std::move(node));
  }
  return result;
}

/// Whether a job in this state holds its nodes.
bool holds_nodes(std::span<const std::string> states) {
  return std::ranges::any_of(states, [](std::string_view state) {
    return state == "RUNNING" || state == "COMPLETING" || state == "SUSPENDED" ||
           state == "CONFIGURING" || state == "STOPPED" || state == "STAGE_OUT";
  });
}

Result<std::vector<SlurmJob>> read_jobs(const JsonValue& root) {
  LOCKSTEP_CHECK(check_errors(root));
  LOCKSTEP_TRY(const JsonValue jobs, root.member("jobs"));
  LOCKSTEP_TRY(const std::vector<JsonValue> items, jobs.items());
  std::vector<SlurmJob> result;
  std::size_t left = kMostJobNodes;
  for (const JsonValue& item : items) {
    LOCKSTEP_TRY(const JsonValue state, item.member("job_state"));
    LOCKSTEP_TRY(const std::vector<std::string> states, state.texts());
    LOCKSTEP_TRY(const std::string list, text_of(item.find("nodes")));
    if (!holds_nodes(states) || list.empty()) continue;
    auto nodes = slurm_node_list(list, left);
    if (!nodes) return std::unexpected(nodes.error().within(item.path()));
    SlurmJob job;
    job.job.id = std::to_string(number_of(item.find("job_id")));
    LOCKSTEP_TRY(job.job.user, text_of(item.find("user_name")));
    job.nodes = std::move(*nodes);
    result.push_back(std::move(job));
  }
  return result;
}

}  // namespace

Result<std::vector<NodeSchedule>> parse_slurm_nodes_json(std::string_view text) {
  LOCKSTEP_TRY(const JsonDocument document, JsonDocument::parse(text));
  return read_nodes(document.root());
}

Result<std::vector<SlurmJob>> parse_slurm_jobs_json(std::string_view text) {
  LOCKSTEP_TRY(const JsonDocument document, JsonDocument::parse(text));
  return read_jobs(document.root());
}

}  // namespace lockstep
