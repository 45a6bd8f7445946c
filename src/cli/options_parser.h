// What the files options*.cpp share: each adds one group of commands to the parser. The library
// stays in those files.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/options.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace lockstep::cli {

// --- The groups. `options` receives the command that is met, and outlives the parser. ---

void add_scan_commands(CLI::App& app, Options& options);  ///< demo, scan, sweep, nodes
void add_profile_commands(CLI::App& app, Options& options);
void add_alert_commands(CLI::App& app, Options& options);
void add_key_commands(CLI::App& app, Options& options);
void add_access_commands(CLI::App& app, Options& options);  ///< user, token
void add_daemon_commands(CLI::App& app, Options& options);  ///< serve, status, instance, ...
void add_notify_commands(CLI::App& app, Options& options);  ///< notify test, list
void add_maintenance_commands(CLI::App& app, Options& options);
void add_store_commands(CLI::App& app, Options& options);  ///< store move, backup, restore
void add_value_commands(CLI::App& app, Options& options);  ///< values, plugin test

// --- Commands. ---

/// `chosen` is called when the subcommand was met and all of its options were read.
CLI::App& add_subcommand(CLI::App& parent, const std::string& name, const std::string& description,
                         std::function<void()> chosen);

/// A subcommand that fills a new `command` and makes it the command of `options` when it is met.
template <typename Kind>
CLI::App& add_command(CLI::App& parent, Options& options, const std::string& name,
                      const std::string& description, std::shared_ptr<Kind>& command) {
  command = std::make_shared<Kind>();
  return add_subcommand(parent, name, description,
                        [&options, command] { options.command = *command; });
}

// --- Options that several commands have. ---

/// An option that takes a text and refuses an empty one: a variable of a script that is unset does
/// not mean all. A `name` without dashes is a word of its own.
CLI::Option& add_text(CLI::App& sub, const std::string& name, std::string& value,
                      const std::string& type, const std::string& description);
/// Likewise, with what it takes and any number of them.
CLI::Option& add_texts(CLI::App& sub, const std::string& name, std::vector<std::string>& values,
                       const std::string& type, const std::string& description);
void add_port_options(CLI::App& sub, PortOptions& options);
/// What goes with `services`; null: with what the configuration says too.
void add_service_options(CLI::App& sub, ServiceOptions& options, CLI::Option* services);
void add_json(CLI::App& sub, bool& json);

}  // namespace lockstep::cli
