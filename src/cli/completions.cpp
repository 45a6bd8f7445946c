#include "cli/completions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <map>
#include <set>
#include <string_view>

namespace lockstep::cli {
namespace {

/// Words that a value is likely to be.
struct KnownValues {
  std::string_view option;
  std::string_view type;
  std::string_view words;
};
constexpr std::array kKnownValues = {
    KnownValues{"--engine", "NAME", "auto packet xdp connect"},
    KnownValues{"--ports", "SPEC", "default all none"},
    KnownValues{"--udp-ports", "SPEC", "default all none"},
    KnownValues{"--rate", "PPS|unlimited", "unlimited"},
    KnownValues{"--node-rate", "PPS|unlimited", "unlimited"},
    KnownValues{"--for", "DURATION", "1h 12h 1d 7d"},
};

std::string_view known_values(const OptionEntry& option) {
  for (const KnownValues& each : kKnownValues) {
    if (each.option == option.name && each.type == option.type) return each.words;
  }
  return {};
}

bool is_file(const OptionEntry& option) {
  return option.type == "FILE" || option.type == "PATH";
}

/// What the three scripts have in common.
struct Summary {
  std::set<std::string> commands;            ///< "alert", "alert ack"
  std::set<std::string> taking_value;        ///< options
  std::set<std::string> taking_file;         ///< of them
  std::map<std::string, std::string> words;  ///< of them, what they are likely to take
};

Summary summarize(const std::vector<CommandEntry>& tree) {
  Summary summary;
  for (const CommandEntry& command : tree) {
    if (!command.path.empty()) summary.commands.insert(command.path);
    for (const OptionEntry& option : command.options) {
      if (option.is_word() || option.type.empty()) continue;
      summary.taking_value.insert(option.name);
      if (is_file(option)) summary.taking_file.insert(option.name);
      if (!known_values(option).empty()) summary.words[option.name] = known_values(option);
    }
  }
  return summary;
}

bool takes_file(const CommandEntry& command) {
  for (const OptionEntry& option : command.options) {
    if (option.is_word() && is_file(option)) return true;
  }
  return false;
}

/// The first line, without what a shell might read in single quotes.
std::string plain(const std::string& description) {
  std::string text = description.substr(0, description.find('\n'));
  std::erase_if(text, [](char c) { return c == '\'' || c == '\\'; });
  return text;
}

std::string description_of(const std::vector<CommandEntry>& tree, const std::string& path) {
  for (const CommandEntry& command : tree) {
    if (command.path == path) return plain(command.description);
  }
  return "";
}

/// What may stand after a command, with what it is for.
std::vector<std::pair<std::string, std::string>> offers(const std::vector<CommandEntry>& tree,
                                                        const CommandEntry& command) {
  std::vector<std::pair<std::string, std::string>> result;
  for (const std::string& sub : command.subcommands) {
    const std::string path = command.path.empty() ? sub : command.path + " " + sub;
    result.emplace_back(sub, description_of(tree, path));
  }
  for (const OptionEntry& option : command.options) {
    if (!option.is_word()) result.emplace_back(option.name, plain(option.description));
  }
  return result;
}

std::string escaped_colons(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == ':') result += '\\';
    result += c;
  }
  return result;
}

// --- bash ---

constexpr const char* kBashHead =
    R"(# Completion of lockstep(1) for bash, made by: lockstep completions bash

_lockstep() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
  local command="" words="" files="" skip="" i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    if [[ -n $skip && ${{COMP_WORDS[i]}} != = ]]; then
      skip=""
      continue
    fi
    case ${{COMP_WORDS[i]}} in
      {} | =) skip=yes ;;
      -*) ;;
      *)
        case "${{command:+$command }}${{COMP_WORDS[i]}}" in
          {}) command=${{command:+$command }}${{COMP_WORDS[i]}} ;;
        esac
        ;;
    esac
  done

  # "--engine=xdp" is three words here.
  if [[ $word == = ]]; then
    word=""
  elif [[ $previous == = ]]; then
    previous=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  case $previous in
    --interface) words=$(cd /sys/class/net && echo *) ;;
)";

constexpr const char* kBashTail = R"(  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  if [[ -n $files && $word != -* ]]; then
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word")
  fi
}

complete -o filenames -F _lockstep lockstep
)";

// --- zsh ---

constexpr const char* kZshHead = R"(#compdef lockstep
# Completion of lockstep(1) for zsh, made by: lockstep completions zsh

_lockstep() {{
  local command="" skip="" files="" each
  local -a items
  for each in "${{(@)words[2,CURRENT-1]}}"; do
    if [[ -n $skip ]]; then
      skip=""
      continue
    fi
    case $each in
      {}) skip=yes ;;
      -*) ;;
      *)
        case "${{command:+$command }}$each" in
          {}) command="${{command:+$command }}$each" ;;
        esac
        ;;
    esac
  done

  case ${{words[CURRENT-1]}} in
    --interface) compadd -- /sys/class/net/*(N:t); return ;;
)";

constexpr const char* kZshTail = R"(  esac
  _describe -o lockstep items
  [[ -z $files ]] || _files
}

_lockstep "$@"
)";

// --- fish ---

constexpr const char* kFishHead =
    R"(# Completion of lockstep(1) for fish, made by: lockstep completions fish

function __lockstep_at -d 'whether the line is at this command of lockstep'
    set -l words (commandline -opc)
    set -e words[1]
    set -l command
    set -l skip no
    for word in $words
        if test $skip = yes
            set skip no
            continue
        end
        switch $word
            case {}
                set skip yes
            case '-*'
            case '*'
                if contains -- (string join ' ' -- $command $word) {}
                    set -a command $word
                end
        end
    end
    set -l now (string join ' ' -- $command)
    test "$now" = "$argv[1]"
end

complete -c lockstep -f
)";

std::string in_quotes(const std::set<std::string>& texts, const char* between) {
  std::vector<std::string> result;
  for (const std::string& text : texts) result.push_back("'" + text + "'");
  return fmt::format("{}", fmt::join(result, between));
}

/// Options that take what nobody can guess.
std::vector<std::string> other_options(const Summary& summary) {
  std::vector<std::string> result;
  for (const std::string& option : summary.taking_value) {
    const bool known = summary.taking_file.contains(option) || summary.words.contains(option);
    if (!known && option != "--interface") result.push_back(option);
  }
  return result;
}

std::string fish_option(const CommandEntry& command, const OptionEntry& option) {
  std::string line = fmt::format("complete -c lockstep -n \"__lockstep_at '{}'\" -l {} -d '{}'",
                                 command.path, option.name.substr(2), plain(option.description));
  if (option.type.empty()) return line + "\n";
  line += is_file(option) ? " -r -F" : " -x";
  if (option.name == "--interface") line += " -a '(command ls /sys/class/net)'";
  if (!known_values(option).empty()) line += fmt::format(" -a '{}'", known_values(option));
  return line + "\n";
}

}  // namespace

std::string bash_completion(const std::vector<CommandEntry>& tree) {
  const Summary summary = summarize(tree);
  std::string text = fmt::format(kBashHead, fmt::join(summary.taking_value, " | "),
                                 in_quotes(summary.commands, " | "));
  text += fmt::format("    {}) files=yes ;;\n", fmt::join(summary.taking_file, " | "));
  for (const auto& [option, words] : summary.words) {
    text += fmt::format("    {}) words=\"{}\" ;;\n", option, words);
  }
  text += fmt::format("    {}) return ;;\n", fmt::join(other_options(summary), " | "));
  text += "    *)\n      case $command in\n";
  for (const CommandEntry& command : tree) {
    std::vector<std::string> words;
    for (const auto& [word, what] : offers(tree, command)) words.push_back(word);
    text += fmt::format("        '{}') words=\"{}\"{} ;;\n", command.path, fmt::join(words, " "),
                        takes_file(command) ? " files=yes" : "");
  }
  return text + "      esac\n      ;;\n" + kBashTail;
}

std::string zsh_completion(const std::vector<CommandEntry>& tree) {
  const Summary summary = summarize(tree);
  std::string text =
      fmt::format(kZshHead, fmt::join(summary.taking_value, "|"), in_quotes(summary.commands, "|"));
  text += fmt::format("    {}) _files; return ;;\n", fmt::join(summary.taking_file, "|"));
  for (const auto& [option, words] : summary.words) {
    text += fmt::format("    {}) compadd -- {}; return ;;\n", option, words);
  }
  text += fmt::format("    {}) _message value; return ;;\n  esac\n",
                      fmt::join(other_options(summary), "|"));
  text += "  case $command in\n";
  for (const CommandEntry& command : tree) {
    text += fmt::format("    '{}')\n      items=(\n", command.path);
    for (const auto& [word, what] : offers(tree, command)) {
      text += fmt::format("        '{}:{}'\n", word, escaped_colons(what));
    }
    text += fmt::format("      ){}\n      ;;\n", takes_file(command) ? "\n      files=yes" : "");
  }
  return text + kZshTail;
}

std::string fish_completion(const std::vector<CommandEntry>& tree) {
  const Summary summary = summarize(tree);
  std::string text = fmt::format(kFishHead, fmt::join(summary.taking_value, " "),
                                 in_quotes(summary.commands, " "));
  for (const CommandEntry& command : tree) {
    const std::string at =
        fmt::format("complete -c lockstep -n \"__lockstep_at '{}'\"", command.path);
    for (const std::string& sub : command.subcommands) {
      const std::string path = command.path.empty() ? sub : command.path + " " + sub;
      text += fmt::format("{} -a {} -d '{}'\n", at, sub, description_of(tree, path));
    }
    for (const OptionEntry& option : command.options) {
      if (!option.is_word()) text += fish_option(command, option);
    }
    if (takes_file(command)) text += at + " -F\n";
  }
  return text;
}

}  // namespace lockstep::cli
