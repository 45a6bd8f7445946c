// ClusterShell's YAML group files: sources, their groups, and the nodes of each.
//
//   roles:
//     adm: example0
//     gpu: [ "example[156-159]", "@other:gpu" ]

#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lockstep {

/// source -> group -> nodeset text; the entries of a list are united.
using YamlGroups = std::map<std::string, std::map<std::string, std::string>>;

/// Errors are `invalid` and name the line.
Result<YamlGroups> parse_yaml_groups(const std::string& text);

}  // namespace lockstep
