#include "inventory/groups/yaml_groups.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "base/text.h"

namespace lockstep {
namespace {

std::unexpected<Error> fail_at(const YAML::Node& node, std::string_view message) {
  return fail(ErrorKind::invalid,
              fmt::format("line {}: {}", std::max(node.Mark().line, 0) + 1, message));
}

Result<std::string> nodeset_of(const YAML::Node& value, const std::string& group) {
  if (value.IsNull()) return std::string();
  if (value.IsScalar()) return value.Scalar();
  if (!value.IsSequence()) {
    return fail_at(value, fmt::format("the group {} is to be a nodeset, or a list of nodesets",
                                      quoted(group)));
  }
  std::string result;
  for (const YAML::Node& entry : value) {
    if (!entry.IsScalar()) {
      return fail_at(
          entry, fmt::format("the list of the group {} is to hold nodesets only", quoted(group)));
    }
    if (!result.empty()) result += ',';
    result += entry.Scalar();
  }
  return result;
}

Result<YamlGroups> groups_of(const YAML::Node& root) {
  YamlGroups result;
  if (!root.IsMap()) return fail_at(root, "a map of group sources is expected");
  for (const auto& source : root) {
    if (!source.first.IsScalar() || !source.second.IsMap()) {
      return fail_at(source.first, "a group source is expected: its name, and a map of groups");
    }
    const auto [groups, added] = result.try_emplace(source.first.Scalar());
    if (!added) {
      return fail_at(source.first,
                     fmt::format("the group source {} appears twice", quoted(groups->first)));
    }
    for (const auto& group : source.second) {
      if (!group.first.IsScalar()) return fail_at(group.first, "the name of a group is expected");
      const std::string& name = group.first.Scalar();
      LOCKSTEP_TRY(std::string nodes, nodeset_of(group.second, name));
      if (!groups->second.emplace(name, std::move(nodes)).second) {
        return fail_at(group.first, fmt::format("the group {} appears twice", quoted(name)));
      }
    }
  }
  return result;
}

}  // namespace

Result<YamlGroups> parse_yaml_groups(const std::string& text) {
  try {
    return groups_of(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    return fail(ErrorKind::invalid,
                fmt::format("line {}: {}", std::max(error.mark.line, 0) + 1, quoted(error.msg)));
  }
}

}  // namespace lockstep
