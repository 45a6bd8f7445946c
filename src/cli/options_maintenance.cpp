#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/options_parser.h"
#include "control/maintenance_use_cases.h"
#include "model/duration.h"
#include "model/utc.h"

namespace lockstep::cli {
namespace {

std::chrono::seconds duration_of(const std::string& text) {
  const auto parsed = parse_duration(text, control::kLongestMaintenance);
  if (!parsed) throw CLI::ValidationError("--for", parsed.error().message());
  return *parsed;
}

WallTime time_of(const std::string& text) {
  const auto parsed = parse_time(text);
  if (parsed) return *parsed;
  throw CLI::ValidationError(
      "--from",
      fmt::format("{} is no time in UTC, such as 2026-12-01T22:00:00Z", lockstep::quoted(text)));
}

void add_list(CLI::App& maintenance, Options& options) {
  std::shared_ptr<MaintenanceListCommand> command;
  CLI::App& sub =
      add_command(maintenance, options, "list", "Those that are open or to come", command);
  add_json(sub, command->json);
}

void add_add(CLI::App& maintenance, Options& options) {
  std::shared_ptr<MaintenanceAddCommand> command;
  CLI::App& sub = add_command(maintenance, options, "add",
                              "Tell nobody what is wrong with these nodes for a while", command);
  add_text(sub, "nodes", command->nodes, "NODESET", "Which; of a class, those that it has now")
      .required();
  sub.add_option_function<std::string>(
         "--for", [command](const std::string& text) { command->lasts = duration_of(text); },
         fmt::format("How long: 90s, 15m, 12h, 7d, 2w; {} days at most",
                     control::kLongestMaintenance.count()))
      ->type_name("DURATION")
      ->required();
  sub.add_option_function<std::string>(
         "--from", [command](const std::string& text) { command->from = time_of(text); },
         "When it begins, in UTC: 2026-12-01T22:00:00Z; now unless said")
      ->type_name("TIME");
  add_text(sub, "--note", command->note, "TEXT", "What others should know");
  add_json(sub, command->json);
}

void add_remove(CLI::App& maintenance, Options& options) {
  std::shared_ptr<MaintenanceRemoveCommand> command;
  CLI::App& sub = add_command(maintenance, options, "remove",
                              "Take one away: what is wrong with its nodes is told again", command);
  sub.add_option("id", command->id, "Its number, as list shows it")
      ->type_name("ID")
      ->check(CLI::PositiveNumber)
      ->required();
}

}  // namespace

void add_maintenance_commands(CLI::App& app, Options& options) {
  CLI::App* const maintenance = app.add_subcommand(
      "maintenance", "Times during which nobody is told what is wrong with some nodes");
  maintenance->require_subcommand(1);
  add_list(*maintenance, options);
  add_add(*maintenance, options);
  add_remove(*maintenance, options);
}

}  // namespace lockstep::cli
