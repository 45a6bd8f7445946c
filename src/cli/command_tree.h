// The commands and their options as plain values, read off the parser: what completions and the
// manual are made of, so that neither can name what is not there.

#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace lockstep::cli {

struct OptionEntry {
  /// "--ports", or without dashes the name of a word that has its place.
  std::string name;
  std::string type;  ///< what it takes, such as "FILE"; empty: nothing
  std::string description;
  bool required = false;
  bool repeats = false;  ///< takes several values

  bool is_word() const { return !name.starts_with('-'); }
};

struct CommandEntry {
  std::string path;  ///< "alert ack"; empty: the program itself
  std::string description;
  std::vector<OptionEntry> options{};      ///< in the order of the help
  std::vector<std::string> subcommands{};  ///< the last word of each
};

/// The program and its commands, each before those below it. What the help hides is left out.
std::vector<CommandEntry> command_tree(const CLI::App& app);

}  // namespace lockstep::cli
