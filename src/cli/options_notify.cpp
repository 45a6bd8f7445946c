#include <CLI/CLI.hpp>

#include "cli/options_parser.h"

namespace lockstep::cli {
namespace {

constexpr std::size_t kMostRows = 10'000;

void add_test(CLI::App& notify, Options& options) {
  std::shared_ptr<NotifyTestCommand> command;
  CLI::App& sub = add_command(notify, options, "test",
                              "Send a message by each channel, and say what became of it", command);
  add_text(sub, "channel", command->channel, "NAME", "This channel alone");
  add_json(sub, command->json);
}

void add_list(CLI::App& notify, Options& options) {
  std::shared_ptr<NotifyListCommand> command;
  CLI::App& sub =
      add_command(notify, options, "list", "Messages that wait, or were given up", command);
  sub.add_flag("--all", command->all, "Delivered ones too");
  sub.add_option("--limit", command->limit, "At most so many, the newest first; 100")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, kMostRows));
  add_json(sub, command->json);
}

}  // namespace

void add_notify_commands(CLI::App& app, Options& options) {
  CLI::App* const notify =
      app.add_subcommand("notify", "Who is told of alerts, and whether he was");
  notify->require_subcommand(1);
  add_test(*notify, options);
  add_list(*notify, options);
}

}  // namespace lockstep::cli
