#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/options_parser.h"

namespace lockstep::cli {
namespace {

constexpr std::size_t kMostRows = 10'000;

void add_limit(CLI::App& sub, std::size_t& limit) {
  sub.add_option("--limit", limit, fmt::format("At most so many, the newest first; {}", limit))
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, kMostRows));
}

InstanceSettings parse_words(const std::vector<std::string>& words) {
  InstanceSettings settings;
  for (const std::string& word : words) {
    const std::size_t sign = word.find('=');
    if (sign == std::string::npos || sign == 0) {
      throw CLI::ValidationError(
          fmt::format("{} is no setting: write KEY=VALUE", lockstep::quoted(word)));
    }
    settings[word.substr(0, sign)] = word.substr(sign + 1);
  }
  return settings;
}

void add_instance_commands(CLI::App& app, Options& options) {
  CLI::App* const instance =
      app.add_subcommand("instance", "Plug-in instances: what is collected, of whom, how often");
  instance->require_subcommand(1);

  std::shared_ptr<InstanceListCommand> list;
  CLI::App& all = add_command(*instance, options, "list", "List them", list);
  add_json(all, list->json);

  std::shared_ptr<InstanceSetCommand> set;
  CLI::App& sub = add_command(*instance, options, "set",
                              "Change an instance, or make one, from now on and for good", set);
  add_text(sub, "name", set->name, "NAME", "Of the instance").required();
  sub.add_option_function<std::vector<std::string>>(
         "settings",
         [set](const std::vector<std::string>& words) { set->settings = parse_words(words); },
         "Such as interval=30m, nodes=@compute, window=22:00-06:00, enabled=no; without a value: "
         "as usual")
      ->type_name("KEY=VALUE")
      ->required();

  std::shared_ptr<InstanceResetCommand> reset;
  CLI::App& back = add_command(*instance, options, "reset",
                               "Take back what was changed: the configuration holds again", reset);
  add_text(back, "name", reset->name, "NAME", "Of the instance").required();

  std::shared_ptr<InstanceRunCommand> run;
  CLI::App& now = add_command(*instance, options, "run",
                              "Let the daemon run it now, whoever was asked lately", run);
  add_text(now, "name", run->name, "NAME", "Of the instance").required();
}

}  // namespace

void add_daemon_commands(CLI::App& app, Options& options) {
  std::shared_ptr<ServeCommand> serve;
  add_command(app, options, "serve", "Run by itself: instances by their schedules", serve);

  std::shared_ptr<PluginHostCommand> host;
  CLI::App& hosts = add_command(app, options, "plugin-host",
                                "Run plug-ins for a daemon, in a unit of their own", host);
  add_text(hosts, "--socket", host->socket, "PATH", "Where to listen: [serve] plugins_socket")
      .required();
  add_text(hosts, "--for", host->served, "USER", "The user of the daemon; nobody else is served")
      .required();

  std::shared_ptr<StatusCommand> status;
  CLI::App& now = add_command(app, options, "status", "What the daemon is at", status);
  add_json(now, status->json);

  std::shared_ptr<ReloadCommand> reload;
  add_command(app, options, "reload",
              "Let the daemon read its configuration again; a bad one changes nothing", reload);

  add_instance_commands(app, options);

  std::shared_ptr<RunsCommand> runs;
  CLI::App& history = add_command(app, options, "runs", "The latest runs of instances", runs);
  add_limit(history, runs->limit);
  add_json(history, runs->json);

  std::shared_ptr<AuditCommand> audit;
  CLI::App& who = add_command(app, options, "audit", "Who changed what", audit);
  add_limit(who, audit->limit);
  who.add_flag("--check", audit->check, "Only say whether all of it is what was noted");
  add_json(who, audit->json);

  std::shared_ptr<LeaveCommand> leave;
  CLI::App& gone = add_command(app, options, "leave",
                               "A job was given these nodes: leave them now (for a prolog)", leave);
  add_text(gone, "nodes", leave->nodes, "NODESET", "Which").required();
  add_text(gone, "--job", leave->job, "ID", "The job");
}

}  // namespace lockstep::cli
