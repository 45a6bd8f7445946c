#include "inventory/slurm/slurm_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "base/text.h"
#include "inventory/slurm/slurm_state.h"
#include "model/nodeset.h"

namespace lockstep {
namespace {

/// At most `most` pieces; the last has what is left, separators and all.
std::vector<std::string_view> fields(std::string_view line, std::size_t most) {
  std::vector<std::string_view> result;
  while (result.size() + 1 < most) {
    const std::size_t end = line.find('|');
    if (end == std::string_view::npos) break;
    result.push_back(line.substr(0, end));
    line.remove_prefix(end + 1);
  }
  result.push_back(line);
  return result;
}

std::string told(std::string_view text) {
  text = trimmed(text);
  const bool nothing = text == "none" || text == "(null)" || text == "N/A";
  return nothing ? "" : std::string(text);
}

std::chrono::sys_seconds seconds_of(std::string_view text) {
  long long seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool good = error == std::errc() && end == text.data() + text.size() && seconds > 0;
  return std::chrono::sys_seconds(std::chrono::seconds(good ? seconds : 0));
}

std::unexpected<Error> bad_line(std::size_t number, std::string_view line, std::string_view form) {
  return fail(ErrorKind::invalid,
              fmt::format("line {} is {}, where {} is expected", number, quoted(line), form));
}

}  // namespace

Result<std::vector<NodeSchedule>> parse_sinfo(std::string_view text) {
  std::vector<NodeSchedule> result;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const std::vector<std::string_view> parts = fields(line, 6);
    if (parts.size() < 6) {
      if (!result.empty() && !result.back().reason.empty()) {
        result.back().reason += fmt::format("\n{}", line);
        continue;
      }
      if (trimmed(line).empty()) continue;
      return bad_line(number, line, "NODE|STATE|PARTITION|FEATURES|TIME|REASON");
    }
    NodeSchedule node;
    node.node = trimmed(parts[0]);
    if (node.node.empty()) return bad_line(number, line, "the name of a node first");
    const SlurmState state = slurm_state_of_text(trimmed(parts[1]));
    node.state = state.state;
    node.responding = state.responding;
    if (std::string partition = told(parts[2]); !partition.empty()) {
      node.partitions.push_back(std::move(partition));
    }
    for (const std::string_view feature : split(parts[3], ',')) {
      if (std::string name = told(feature); !name.empty()) node.features.push_back(std::move(name));
    }
    node.reason = told(parts[5]);
    if (!node.reason.empty()) node.since = seconds_of(trimmed(parts[4]));
    result.push_back(std::move(node));
  }
  // A reason at the end took the end of the text for its own.
  for (NodeSchedule& node : result) node.reason = trimmed(node.reason);
  return result;
}

Result<std::vector<std::string>> slurm_node_list(std::string_view text, std::size_t& left) {
  NodesetOptions options;
  options.max_nodes = std::min(left, kMostNodesAJob);
  LOCKSTEP_TRY(const Nodeset nodes, parse_nodeset(text, options));
  left -= nodes.size();
  return nodes.sorted();
}

Result<std::vector<SlurmJob>> parse_squeue(std::string_view text) {
  std::vector<SlurmJob> result;
  std::size_t left = kMostJobNodes;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (trimmed(line).empty()) continue;
    const std::vector<std::string_view> parts = fields(line, 3);
    if (parts.size() < 3 || trimmed(parts[0]).empty())
      return bad_line(number, line, "JOB|USER|NODES");
    if (told(parts[2]).empty()) continue;
    auto nodes = slurm_node_list(trimmed(parts[2]), left);
    if (!nodes) return std::unexpected(nodes.error().within(fmt::format("line {}", number)));
    result.push_back({{std::string(trimmed(parts[0])), told(parts[1])}, std::move(*nodes)});
  }
  return result;
}

void attach_jobs(std::vector<NodeSchedule>& nodes, const std::vector<SlurmJob>& jobs) {
  std::unordered_map<std::string_view, NodeSchedule*> by_name;
  for (NodeSchedule& node : nodes) by_name.emplace(node.node, &node);
  for (const SlurmJob& job : jobs) {
    for (const std::string& name : job.nodes) {
      const auto found = by_name.find(name);
      if (found != by_name.end()) found->second->jobs.push_back(job.job);
    }
  }
}

}  // namespace lockstep
