#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "app/commands.h"
#include "app/console.h"
#include "app/session.h"
#include "cli/exit_status.h"
#include "cli/render_store.h"
#include "store/sql/schema_back.h"
#include "store/sql/store_check.h"
#include "store/sql/store_copy.h"

namespace lockstep {
namespace {

Result<int> show(const Result<StoreContents>& contents, bool json, const std::string& done,
                 Invocation& call) {
  if (!contents) return std::unexpected(contents.error());
  std::vector<cli::StoreTable> tables;
  for (const TableContents& each : *contents) tables.push_back({each.table, each.rows, each.hash});
  LOCKSTEP_CHECK(
      call.console.print(json ? cli::store_json(tables) : cli::store_text(tables, done)));
  return cli::kInStep;
}

std::string absolute(const std::string& file) {
  std::error_code error;
  return std::filesystem::absolute(file, error).lexically_normal();
}

Result<std::string> configured_url(const Invocation& call) {
  LOCKSTEP_TRY(const Setup setup, load_setup(call.config));
  LOCKSTEP_CHECK(require_file(setup));
  return setup.config.store.url;
}

}  // namespace

Result<int> run_command(const cli::StoreMoveCommand& command, Invocation& call) {
  return show(copy_store(command.from, command.to), command.json,
              "the same in both stores. Set [store] url, and start lockstep serve again: what a "
              "daemon wrote meanwhile is in the old one alone",
              call);
}

Result<int> run_command(const cli::StoreBackupCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const std::string url, configured_url(call));
  return show(backup_store(url, absolute(command.file)), command.json, "kept in the backup", call);
}

Result<int> run_command(const cli::StoreRestoreCommand& command, Invocation& call) {
  const std::string file = absolute(command.file);
  if (command.verify) {
    return show(verify_backup(file), command.json, "the backup is whole", call);
  }
  LOCKSTEP_TRY(const std::string url, configured_url(call));
  return show(restore_store(file, url), command.json, "restored from the backup", call);
}

Result<int> run_command(const cli::StoreCheckCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const std::string url, configured_url(call));
  return show(check_store(url), command.json, "the store is in order", call);
}

Result<int> run_command(const cli::StoreDowngradeCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const std::string url, configured_url(call));
  if (command.version < kOldestSchemaVersion) {
    return fail(ErrorKind::invalid,
                fmt::format("version {}: the tables can be brought back to version {} at most",
                            command.version, kOldestSchemaVersion));
  }
  std::string text;
  for (const std::string& lost : lost_on_the_way_to(command.version)) {
    text += fmt::format("{}: {}\n", command.yes ? "lost" : "would be lost", lost);
  }
  if (!command.yes) {
    LOCKSTEP_CHECK(call.console.print(
        text +
        "Nothing was changed. Stop the daemon, make a backup: lockstep store backup FILE, "
        "and do it: --yes\n"));
    return cli::kInStep;
  }
  LOCKSTEP_CHECK(bring_schema_back(url, command.version));
  LOCKSTEP_CHECK(call.console.print(
      fmt::format("{}The tables have version {}. Install the older Lockstep now: whatever this one "
                  "does with the store brings it up to date again.\n",
                  text, command.version)));
  return cli::kInStep;
}

}  // namespace lockstep
