// Scripts by which shells complete our command line.

#pragma once

#include <string>
#include <vector>

#include "cli/command_tree.h"

namespace lockstep::cli {

// Each follows the line to the command that it is at, past the values of options, and offers what
// that command has. What an option takes is offered where it is known: files, and a few words.

std::string bash_completion(const std::vector<CommandEntry>& tree);
std::string zsh_completion(const std::vector<CommandEntry>& tree);
std::string fish_completion(const std::vector<CommandEntry>& tree);

}  // namespace lockstep::cli
