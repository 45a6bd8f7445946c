#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <set>

#include "base/text.h"
#include "cli/format.h"
#include "cli/options_parser.h"
#include "model/duration.h"

namespace lockstep::cli {
namespace {

using std::chrono::seconds;

/// Of a silence, where nobody says how long.
constexpr seconds kUsualSilence = std::chrono::days(1);

std::size_t days_of(seconds duration) {
  return static_cast<std::size_t>(duration / std::chrono::days(1));
}

/// Up to `most`.
seconds duration_of(const std::string& text, seconds most) {
  const auto parsed = parse_duration(text, most);
  if (!parsed) throw CLI::ValidationError("--for", parsed.error().message());
  return *parsed;
}

std::vector<std::int64_t> parse_ids(const std::vector<std::string>& words) {
  std::set<std::int64_t> ids;
  for (const std::string& word : words) {
    const std::optional<std::int64_t> id = parse_alert_name(word);
    if (!id) {
      throw CLI::ValidationError(fmt::format(
          "{} is no alert: they are named like A-17; see lockstep alerts", lockstep::quoted(word)));
    }
    ids.insert(*id);
  }
  return {ids.begin(), ids.end()};
}

/// What all three have: which alerts, and of which nodes.
CLI::App& add_action(CLI::App& alert, Options& options, const std::string& name,
                     const std::string& description, AlertAction::Kind kind,
                     std::shared_ptr<AlertActionCommand>& command) {
  CLI::App& sub = add_command(alert, options, name, description, command);
  command->kind = kind;
  sub.add_option_function<std::vector<std::string>>(
         "ids",
         [command](const std::vector<std::string>& words) { command->ids = parse_ids(words); },
         "Alerts, such as A-17")
      ->type_name("ID")
      ->required();
  add_text(sub, "--nodes", command->nodes, "NODESET", "Of these nodes only");
  return sub;
}

/// What an acknowledgement and a silence have.
void add_mute(CLI::App& alert, Options& options, const std::string& name,
              const std::string& description, AlertAction::Kind kind, seconds usual, seconds most) {
  std::shared_ptr<AlertActionCommand> command;
  CLI::App& sub = add_action(alert, options, name, description, kind, command);
  command->duration = usual;
  sub.add_option("--note", command->note, "What others should know")->type_name("TEXT");
  sub.add_option_function<std::string>(
         "--for",
         [command, most](const std::string& text) { command->duration = duration_of(text, most); },
         fmt::format("How long: 90s, 15m, 12h, 7d, 2w; {} unless said, {} at most",
                     plural(days_of(usual), "day"), days_of(most)))
      ->type_name("DURATION");
  add_json(sub, command->json);
}

void add_resolve(CLI::App& alert, Options& options) {
  std::shared_ptr<AlertActionCommand> command;
  CLI::App& sub = add_action(alert, options, "resolve", "Say that it is over",
                             AlertAction::Kind::resolve, command);
  add_text(sub, "--reason", command->note, "TEXT", "Why").required();
  add_json(sub, command->json);
}

void add_alerts(CLI::App& app, Options& options) {
  std::shared_ptr<AlertsCommand> command;
  CLI::App& sub = add_command(app, options, "alerts", "List what is wrong now", command);
  add_text(sub, "nodes", command->nodes, "NODESET", "Only of these nodes");
  sub.add_flag("--all", command->all, "Also what is over, and what a second look must confirm");
  add_json(sub, command->json);
}

}  // namespace

void add_alert_commands(CLI::App& app, Options& options) {
  add_alerts(app, options);
  CLI::App* const alert = app.add_subcommand("alert", "Say what is done about alerts");
  alert->require_subcommand(1);
  add_mute(*alert, options, "ack", "Say that somebody is on it", AlertAction::Kind::acknowledge,
           kMostAcknowledged, kMostAcknowledged);
  add_mute(*alert, options, "silence", "Say that nobody wants to hear of it",
           AlertAction::Kind::silence, kUsualSilence, kMostSilenced);
  add_resolve(*alert, options);
}

}  // namespace lockstep::cli
