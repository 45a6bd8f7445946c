#include <CLI/CLI.hpp>

#include "cli/options_parser.h"

namespace lockstep::cli {
namespace {

void add_values(CLI::App& app, Options& options) {
  std::shared_ptr<ValuesCommand> command;
  CLI::App& sub = add_command(app, options, "values",
                              "List what plug-ins measured of nodes, and what deviates", command);
  add_text(sub, "nodes", command->nodes, "NODESET", "Only of these nodes");
  add_text(sub, "--instance", command->instance, "NAME", "Only of this plug-in instance");
  add_json(sub, command->json);
}

void add_plugin_test(CLI::App& plugin, Options& options) {
  std::shared_ptr<PluginTestCommand> command;
  CLI::App& sub = add_command(
      plugin, options, "test",
      "Run a plug-in as the daemon would, and tell what of the contract it does not keep", command);
  add_texts(sub, "command", command->words, "COMMAND",
            "The plug-in and its words; write -- before them where one begins with a dash")
      .required();
  add_text(sub, "--nodes", command->nodes, "NODESET",
           "Ask about these nodes of the configuration; else about two that are made up");
  add_texts(sub, "--parameter", command->parameters, "KEY=VALUE", "A parameter of the instance")
      .take_all()
      ->allow_extra_args(false);
  add_text(sub, "--user", command->user, "USER", "Run it as this user; default: nobody, by root");
  sub.add_option("--timeout", command->timeout_s, "The time limit of a run, in seconds")
      ->check(CLI::Range(1, 3600));
  add_json(sub, command->json);
}

}  // namespace

void add_value_commands(CLI::App& app, Options& options) {
  add_values(app, options);
  CLI::App* const plugin = app.add_subcommand("plugin", "Write plug-ins of your own");
  plugin->require_subcommand(1);
  add_plugin_test(*plugin, options);
}

}  // namespace lockstep::cli
