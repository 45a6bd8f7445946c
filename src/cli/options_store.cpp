#include <CLI/CLI.hpp>

#include "cli/options_parser.h"

namespace lockstep::cli {
namespace {

void add_move(CLI::App& store, Options& options) {
  std::shared_ptr<StoreMoveCommand> command;
  CLI::App& sub =
      add_command(store, options, "move",
                  "Copy all of a store into another, which is empty, and compare", command);
  add_text(sub, "from", command->from, "URL", "The store that is there, which stays as it is")
      .required();
  add_text(sub, "to", command->to, "URL", "Where it goes").required();
  add_json(sub, command->json);
}

void add_backup(CLI::App& store, Options& options) {
  std::shared_ptr<StoreBackupCommand> command;
  CLI::App& sub =
      add_command(store, options, "backup", "Write all of the store into a new file", command);
  add_text(sub, "file", command->file, "FILE", "The file").required();
  add_json(sub, command->json);
}

void add_restore(CLI::App& store, Options& options) {
  std::shared_ptr<StoreRestoreCommand> command;
  CLI::App& sub = add_command(store, options, "restore",
                              "Read a backup into the store, which is empty", command);
  add_text(sub, "file", command->file, "FILE", "The backup").required();
  sub.add_flag("--verify", command->verify,
               "Only say whether the backup is whole; no store is touched");
  add_json(sub, command->json);
}

void add_check(CLI::App& store, Options& options) {
  std::shared_ptr<StoreCheckCommand> command;
  CLI::App& sub = add_command(store, options, "check",
                              "Read all of the store, and say whether it is in order", command);
  add_json(sub, command->json);
}

void add_downgrade(CLI::App& store, Options& options) {
  std::shared_ptr<StoreDowngradeCommand> command;
  CLI::App& sub = add_command(store, options, "downgrade",
                              "Bring the tables back to those of an older Lockstep", command);
  sub.add_option("version", command->version, "The version of the schema that it knows")
      ->required()
      ->type_name("VERSION");
  sub.add_flag("--yes", command->yes, "Do it; without, only what would be lost is said");
}

}  // namespace

void add_store_commands(CLI::App& app, Options& options) {
  CLI::App* const store =
      app.add_subcommand("store", "Move, back up, restore and check what is kept");
  store->require_subcommand(1);
  add_move(*store, options);
  add_backup(*store, options);
  add_restore(*store, options);
  add_check(*store, options);
  add_downgrade(*store, options);
}

}  // namespace lockstep::cli
