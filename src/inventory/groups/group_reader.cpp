#include "inventory/groups/group_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "inventory/groups/groups_conf.h"
#include "model/nodeset.h"

namespace lockstep {
namespace {

/// Names of groups and nodes become a part of shell commands: nothing in them may mean something
/// there.
Result<void> check_for_shell(std::string_view name) {
  const auto harmless = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.:+%=/").find(c) != std::string_view::npos;
  };
  if (!name.empty() && name[0] != '-' && std::ranges::all_of(name, harmless)) return {};
  return fail(ErrorKind::invalid,
              fmt::format("{} cannot be given to a command: letters, digits and \"_-.:+%=/\" can, "
                          "with another one than \"-\" first",
                          quoted(name)));
}

}  // namespace

GroupReader::GroupReader(GroupSources sources, std::chrono::milliseconds time,
                         const ShellLimits& limits)
    : sources_(std::move(sources)),
      deadline_(std::chrono::steady_clock::now() + time),
      limits_(limits) {}

Result<const GroupSource*> GroupReader::source(std::string_view name) const {
  const std::string wanted(name.empty() ? std::string_view(sources_.default_source) : name);
  const auto found = sources_.by_name.find(wanted);
  if (found != sources_.by_name.end()) return &found->second;
  std::string known;
  for (const auto& [other, source] : sources_.by_name) {
    known += (known.empty() ? "" : ", ") + quoted(other);
  }
  return fail(
      ErrorKind::not_found,
      fmt::format("{}; there are {}",
                  wanted.empty() ? "no default group source is set"
                                 : fmt::format("there is no group source {}", quoted(wanted)),
                  known.empty() ? "none" : known));
}

Result<std::string> GroupReader::nodes_of(std::string_view source_name, std::string_view group) {
  LOCKSTEP_TRY(const GroupSource* from, source(source_name));
  if (group == "*") return all_nodes(*from);
  if (!from->from_yaml) return run(*from, "map", {{"GROUP", std::string(group)}});
  const auto found = from->groups.find(std::string(group));
  if (found != from->groups.end()) return found->second;
  return fail(ErrorKind::not_found, fmt::format("the group source {} has no group {}",
                                                quoted(from->name), quoted(group)));
}

Result<std::string> GroupReader::all_nodes(const GroupSource& source) {
  if (source.upcalls.contains("all")) return run(source, "all", {});
  if (const auto all = source.groups.find("all"); all != source.groups.end()) return all->second;
  LOCKSTEP_TRY(const std::vector<std::string> groups, groups_of(source));
  std::string result;
  for (const std::string& group : groups) {
    result += fmt::format("{}@{}:{}", result.empty() ? "" : ",", source.name, group);
  }
  return result;
}

Result<std::vector<std::string>> GroupReader::groups_of(const GroupSource& source) {
  std::vector<std::string> result;
  if (source.from_yaml) {
    for (const auto& [group, nodes] : source.groups) result.push_back(group);
    return result;
  }
  LOCKSTEP_TRY(const std::string text, run(source, "list", {}));
  Result<Nodeset> groups = parse_nodeset(text);
  if (!groups) {
    return std::unexpected(groups.error().within(
        fmt::format("the list of groups of the source {}", quoted(source.name))));
  }
  return groups->names();
}

Result<std::vector<std::string>> GroupReader::groups_of_node(const GroupSource& source,
                                                             const std::string& node) {
  LOCKSTEP_TRY(const std::string text, run(source, "reverse", {{"NODE", node}}));
  LOCKSTEP_TRY(const Nodeset groups, parse_nodeset(text));
  return groups.names();
}

Result<std::string> GroupReader::run(const GroupSource& source, const std::string& upcall,
                                     Values values) {
  const auto command = source.upcalls.find(upcall);
  if (command == source.upcalls.end()) {
    return fail(ErrorKind::unsupported,
                fmt::format("the group source {} of {} has no {}", quoted(source.name),
                            source.declared_in, quoted(upcall)));
  }
  for (const auto& [name, value] : values) LOCKSTEP_CHECK(check_for_shell(value));
  values["CFGDIR"] = sources_.config_folder;
  values["SOURCE"] = source.name;
  const std::string line = substituted(command->second, values);
  const std::string key = source.folder + '\0' + line;
  if (const auto known = answers_.find(key); known != answers_.end()) return known->second;
  ShellLimits limits = limits_;
  limits.time = std::min(limits.time, std::chrono::duration_cast<std::chrono::milliseconds>(
                                          deadline_ - std::chrono::steady_clock::now()));
  if (limits.time.count() <= 0) {
    return fail(ErrorKind::unavailable,
                "the time for the commands of all group sources together is over");
  }
  Result<std::string> answer = run_shell(line, source.folder, limits);
  if (!answer) {
    return std::unexpected(answer.error().within(fmt::format(
        "{} of the group source {} of {}", upcall, quoted(source.name), source.declared_in)));
  }
  answers_.emplace(key, *answer);
  return answer;
}

}  // namespace lockstep
