#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/options_parser.h"

namespace lockstep::cli {
namespace {

void add_class(CLI::App& sub, std::string& node_class) {
  add_text(sub, "--class", node_class, "C", "The class").required();
}

void add_any_class(CLI::App& sub, std::string& node_class) {
  add_text(sub, "--class", node_class, "C", "Only this class");
}

void add_learn(CLI::App& profile, Options& options) {
  const auto command = std::make_shared<LearnCommand>();
  CLI::App& sub = add_subcommand(
      profile, "learn", "Propose what is open on a node, or on nearly all, as the class's profile",
      [command, &options] {
        if (command->from.empty() != command->consensus) {
          throw CLI::ValidationError("one of --from NODE and --consensus is required");
        }
        options.command = *command;
      });
  add_class(sub, command->node_class);
  add_text(sub, "--from", command->from, "NODE", "A node that looks as it should");
  sub.add_flag("--consensus", command->consensus, "What nearly all nodes of the class show");
  add_port_options(sub, command->ports);
  sub.add_flag("--services", command->services.due,
               "Ask the ports that are learned what they are, and learn that too");
  add_json(sub, command->json);
}

void add_import(CLI::App& profile, Options& options) {
  std::shared_ptr<ImportCommand> command;
  CLI::App& sub = add_command(
      profile, options, "import",
      "Propose what Nmap saw of a node, or an exported Table 1, as the class's profile", command);
  add_text(sub, "file", command->file, "FILE", "What to read; \"-\" is standard input").required();
  add_class(sub, command->node_class);
  add_text(sub, "--network", command->network, "N", "The network that it was seen on");
  add_json(sub, command->json);
}

void add_show(CLI::App& profile, Options& options) {
  std::shared_ptr<ShowCommand> command;
  CLI::App& sub =
      add_command(profile, options, "show", "Print profiles, as Table 1 has them", command);
  add_any_class(sub, command->node_class);
  add_json(sub, command->json);
}

void add_diff(CLI::App& profile, Options& options) {
  std::shared_ptr<DiffCommand> command;
  CLI::App& sub =
      add_command(profile, options, "diff",
                  "Show what waits for approval, and what was changed without", command);
  add_any_class(sub, command->node_class);
  add_json(sub, command->json);
}

void add_approve(CLI::App& profile, Options& options) {
  std::shared_ptr<ApproveCommand> command;
  CLI::App& sub = add_command(profile, options, "approve",
                              "Put what waits into use, or agree to changes by hand", command);
  add_class(sub, command->node_class);
  using control::ApproveWhat;
  CLI::Option* const baseline = sub.add_flag_callback(
      "--baseline", [command] { command->what = ApproveWhat::baseline; },
      "What was learned or imported, where the table was changed too");
  sub.add_flag_callback(
         "--table", [command] { command->what = ApproveWhat::table; },
         "The table as it stands, where something waits too")
      ->excludes(baseline);
  add_json(sub, command->json);
}

ExportFormat parse_format(const std::string& text) {
  if (text == "csv") return ExportFormat::csv;
  if (text == "sql") return ExportFormat::sql;
  throw CLI::ValidationError("--format",
                             fmt::format("{} is neither csv nor sql", lockstep::quoted(text)));
}

void add_export(CLI::App& profile, Options& options) {
  std::shared_ptr<ExportCommand> command;
  CLI::App& sub =
      add_command(profile, options, "export", "Print Table 1 for other programs", command);
  add_any_class(sub, command->node_class);
  CLI::Option* const format = sub.add_option_function<std::string>(
      "--format", [command](const std::string& text) { command->format = parse_format(text); },
      "csv (default) or sql");
  format->type_name("NAME");
  add_json(sub, command->json);
  sub.get_option("--json")->excludes(format);
}

}  // namespace

void add_profile_commands(CLI::App& app, Options& options) {
  CLI::App* const profile = app.add_subcommand("profile", "What a class should look like");
  profile->require_subcommand(1);
  add_learn(*profile, options);
  add_import(*profile, options);
  add_show(*profile, options);
  add_diff(*profile, options);
  add_approve(*profile, options);
  add_export(*profile, options);
}

}  // namespace lockstep::cli
