// The part of the manual page that says what each command takes.

#pragma once

#include <string>
#include <vector>

#include "cli/command_tree.h"

namespace lockstep::cli {

/// Subsections in mdoc(7), one a command in the order of the help; packaging/man has the rest of
/// the page.
std::string manual_of_commands(const std::vector<CommandEntry>& tree);

}  // namespace lockstep::cli
