#include "cli/manual.h"

#include <fmt/format.h>

namespace lockstep::cli {
namespace {

/// Text in which nothing is a request or an escape.
std::string as_text(const std::string& text) {
  std::string result;
  bool at_start = true;
  for (const char c : text) {
    if (at_start && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
    at_start = c == '\n';
  }
  return result;
}

std::string synopsis_word(const OptionEntry& option) {
  return fmt::format("{}Ar {}{}", option.required ? "" : "Op ", as_text(option.type),
                     option.repeats ? " ..." : "");
}

std::string item(const OptionEntry& option) {
  const std::string head =
      option.is_word() ? "Ar " + as_text(option.type)
      : option.type.empty()
          ? "Fl " + as_text(option.name.substr(1))
          : fmt::format("Fl {} Ar {}", as_text(option.name.substr(1)), as_text(option.type));
  return fmt::format(".It {}\n{}{}.\n", head, as_text(option.description),
                     option.required && !option.is_word() ? ". Required" : "");
}

std::string section(const CommandEntry& command) {
  std::string text = fmt::format(".It Xo Cm {}\n", command.path);
  for (const OptionEntry& option : command.options) {
    if (option.is_word()) text += fmt::format(".{}\n", synopsis_word(option));
  }
  text += fmt::format(".Xc\n{}.\n", as_text(command.description));
  std::string items;
  for (const OptionEntry& option : command.options) {
    if (option.name != "--help") items += item(option);
  }
  if (items.empty()) return text;
  return text + ".Bl -tag -width Ds -compact\n" + items + ".El\n";
}

}  // namespace

std::string manual_of_commands(const std::vector<CommandEntry>& tree) {
  std::string text = ".Bl -tag -width Ds\n";
  for (const CommandEntry& command : tree) {
    if (!command.path.empty() && command.subcommands.empty()) text += section(command);
  }
  return text + ".El\n";
}

}  // namespace lockstep::cli
