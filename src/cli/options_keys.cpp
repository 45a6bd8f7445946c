#include <CLI/CLI.hpp>

#include "cli/options_parser.h"

namespace lockstep::cli {
namespace {

void add_keys(CLI::App& app, Options& options) {
  std::shared_ptr<KeysCommand> command;
  CLI::App& sub =
      add_command(app, options, "keys", "List the keys that nodes are known by", command);
  add_text(sub, "nodes", command->nodes, "NODESET", "Only of these nodes");
  add_json(sub, command->json);
}

void add_accept(CLI::App& key, Options& options) {
  std::shared_ptr<AcceptKeysCommand> command;
  CLI::App& sub = add_command(
      key, options, "accept",
      "Accept what nodes show now, which were installed again, and end their alerts", command);
  add_text(sub, "nodes", command->nodes, "NODESET", "Of these nodes").required();
  sub.add_flag_callback(
      "--next", [command] { command->what = control::AcceptWhat::next; },
      "Accept what the next sweep sees instead: for nodes that are about to be installed");
  add_json(sub, command->json);
}

}  // namespace

void add_key_commands(CLI::App& app, Options& options) {
  add_keys(app, options);
  CLI::App* const key = app.add_subcommand("key", "Say which keys of nodes are right");
  key->require_subcommand(1);
  add_accept(*key, options);
}

}  // namespace lockstep::cli
