#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include "base/text.h"
#include "cli/command_tree.h"
#include "cli/completions.h"
#include "cli/exit_status.h"
#include "cli/manual.h"
#include "cli/options_parser.h"

namespace lockstep::cli {
namespace {

constexpr const char* kVersion = "lockstep " LOCKSTEP_VERSION;

/// Fills the options; the variant holds the command that was met.
class Parser {
 public:
  Parser()
      : app_(
            "The nodes of a cluster are clones of their class. Lockstep finds the one that "
            "is out of step.",
            "lockstep") {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", kVersion);
    app_.add_option("--config", options_.config, "The configuration file")->type_name("FILE");
    add_text(app_, "--socket", options_.socket, "PATH",
             "The daemon's control socket, where no configuration says it");
    app_.fallthrough();
    add_scan_commands(app_, options_);
    add_alert_commands(app_, options_);
    add_key_commands(app_, options_);
    add_access_commands(app_, options_);
    add_value_commands(app_, options_);
    add_profile_commands(app_, options_);
    add_daemon_commands(app_, options_);
    add_notify_commands(app_, options_);
    add_maintenance_commands(app_, options_);
    add_store_commands(app_, options_);
    add_stop();
    add_check_config();
    add_doctor();
    add_completions();
    app_.footer(
        "Exit status: 0 in step, 1 deviations found, 2 usage or configuration, 3 could not "
        "complete.\nSee lockstep COMMAND --help, and lockstep(1).");
  }

  std::variant<Options, EarlyExit> parse(int argc, const char* const* argv) {
    std::vector<std::string> words;
    for (int i = argc - 1; i > 0; --i) words.push_back(as_word(argv[i]));
    try {
      app_.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
      return explain(error, argc);
    }
    if (early_) return *early_;
    return options_;
  }

 private:
  /// The library takes "[1-3]" for a list and its brackets away; nodesets do not mind a space.
  static std::string as_word(const std::string& argument) {
    const bool bracketed = argument.starts_with('[') && argument.ends_with(']');
    return bracketed ? " " + argument : argument;
  }

  void add_stop() {
    std::shared_ptr<StopCommand> command;
    CLI::App& sub = add_command(app_, options_, "stop",
                                "Stop all sending at once, and keep it stopped", command);
    auto& lift = *sub.add_flag("--lift", command->lift, "Let scans and sweeps start again");
    add_text(sub, "--note", command->note, "TEXT", "Why, for whoever meets it").excludes(&lift);
  }

  void add_check_config() {
    std::shared_ptr<CheckConfigCommand> command;
    CLI::App& sub =
        add_command(app_, options_, "check-config",
                    "Read the configuration and the inventory, and say what is wrong", command);
    sub.add_option("file", command->file, "Instead of the configuration in use")->type_name("FILE");
  }

  void add_doctor() {
    std::shared_ptr<DoctorCommand> command;
    CLI::App& sub = add_command(app_, options_, "doctor",
                                "Say what is missing here, and how to get it", command);
    add_json(sub, command->json);
  }

  /// For who builds a package, not for the help.
  void add_completions() {
    CLI::App& sub = *app_.add_subcommand(
        "completions", "Print the completions of a shell, or the commands for the manual");
    sub.group("");
    const auto print = [this](const std::string& what) {
      early_ = EarlyExit{scripts_.at(what)(command_tree(app_)), kInStep};
    };
    sub.add_option_function<std::string>("what", print, "bash, zsh, fish or manual")
        ->required()
        ->check(CLI::IsMember(scripts_));
  }

  EarlyExit explain(const CLI::ParseError& error, int argc) {
    if (error.get_exit_code() == 0) {
      std::ostringstream out;
      std::ostringstream errors;
      app_.exit(error, out, errors);
      return {out.str(), kInStep};
    }
    if (argc < 2) return {app_.help(), kUsage};
    std::string path = "lockstep";
    const CLI::App* met = &app_;
    while (!met->get_subcommands().empty()) {
      met = met->get_subcommands().front();
      path += " " + met->get_name();
    }
    const std::vector<std::string> left_over = app_.remaining(true);
    const std::string complaint =
        left_over.empty() ? printable(error.what()) : unknown(left_over.front(), *met);
    return {fmt::format("lockstep: {}\nSee: {} --help\n", complaint, path), kUsage};
  }

  /// What is wrong with a word that `met`, the command read so far, does not know.
  static std::string unknown(std::string_view word, const CLI::App& met) {
    const bool is_option = word.starts_with("-");
    const std::vector<std::string> names = is_option ? option_names(met) : command_names(met);
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    const std::string_view bare = word.substr(0, word.find('='));
    const std::string_view near = nearest(bare, candidates);
    return fmt::format("{} is {}{}", lockstep::quoted(bare),
                       is_option       ? "no option here"
                       : names.empty() ? "too much: no word is expected there"
                                       : "no command",
                       near.empty() ? "" : fmt::format("; did you mean {}?", near));
  }

  static std::vector<std::string> option_names(const CLI::App& met) {
    std::vector<std::string> names;
    for (const CLI::App* app = &met; app != nullptr; app = app->get_parent()) {
      for (const CLI::Option* option : app->get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
      }
    }
    return names;
  }

  static std::vector<std::string> command_names(const CLI::App& met) {
    std::vector<std::string> names;
    for (const CLI::App* sub : met.get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(sub->get_name());
    }
    return names;
  }

  /// A message of the library, which may repeat what was typed.
  static std::string printable(const std::string& message) {
    const bool harmless =
        std::all_of(message.begin(), message.end(), [](char c) { return c >= ' ' && c <= '~'; });
    return harmless ? message : lockstep::quoted(message, 200);
  }

  const std::map<std::string, std::string (*)(const std::vector<CommandEntry>&)> scripts_{
      {"bash", bash_completion},
      {"zsh", zsh_completion},
      {"fish", fish_completion},
      {"manual", manual_of_commands}};
  CLI::App app_;
  Options options_;
  std::optional<EarlyExit> early_;  ///< what a command printed that needs nothing but the parser
};

}  // namespace

std::variant<Options, EarlyExit> parse_command_line(int argc, const char* const* argv) {
  return Parser().parse(argc, argv);
}

}  // namespace lockstep::cli
