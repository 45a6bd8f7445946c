// The command line, parsed. What each command does is control's affair, and composing it app's.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ip_address.h"
#include "base/port.h"
#include "base/result.h"
#include "cli/render_profiles.h"
#include "control/alert_use_cases.h"
#include "control/key_use_cases.h"
#include "control/profile_use_cases.h"
#include "model/instance.h"
#include "model/user.h"

namespace lockstep::cli {

/// What scan, sweep and learn can be told about how to ask; empty: the configuration's value.
struct PortOptions {
  std::optional<std::string> ports;      ///< of TCP; "none": none
  std::optional<std::string> udp_ports;  ///< likewise; given alone, no TCP port is asked
  std::optional<std::string> engine;     ///< "auto", "packet", "xdp" or "connect"
  std::optional<std::string> interface;
  std::optional<PacketsPerSecond> rate;
  std::optional<PacketsPerSecond> node_rate;
};

/// What scan, sweep and learn can be told about services.
struct ServiceOptions {
  bool due = false;  ///< ask what is open what it is; in a sweep, what has not been asked lately
  bool all = false;  ///< of a sweep: also what has been asked lately
  bool no_keys = false;             ///< without key exchanges with SSH servers
  std::string dialogues;            ///< a file for what was sent to services; empty: none
  std::vector<std::string> probes;  ///< files of one's own, to identify services by
  std::vector<std::string> recog;   ///< files of recog, or folders of them

  bool asked() const { return due || all; }
};

struct DemoCommand {
  bool keep = false;
  bool loopback = false;  ///< without namespaces, also where they are allowed
};
struct ScanCommand {
  std::vector<std::string> targets;
  std::vector<std::string> allow;
  PortOptions ports;
  ServiceOptions services;
  bool json = false;
  std::string report;  ///< a file for the JSON document; empty: none
};
struct SweepCommand {
  std::string nodes;  ///< empty: all
  PortOptions ports;
  ServiceOptions services;
  bool json = false;
  std::string report;  ///< a file for the JSON document; empty: none
};
struct NodesCommand {
  std::string nodes;  ///< empty: all
  std::optional<std::string> expand;
  bool fold = false;
  std::vector<std::string> fold_names;  ///< empty with `fold`: from standard input
  bool json = false;
};
/// Either `from` is not empty or `consensus` is true.
struct LearnCommand {
  std::string node_class;
  std::string from;        ///< a node
  bool consensus = false;  ///< from what nearly all nodes of the class show
  PortOptions ports;
  ServiceOptions services;
  bool json = false;
};
struct ImportCommand {
  std::string file;  ///< "-": standard input
  std::string node_class;
  std::string network;  ///< empty: the default one
  bool json = false;
};
struct ShowCommand {
  std::string node_class;  ///< empty: all
  bool json = false;
};
struct DiffCommand {
  std::string node_class;  ///< empty: all
  bool json = false;
};
struct ApproveCommand {
  std::string node_class;
  control::ApproveWhat what = control::ApproveWhat::either;
  bool json = false;
};
struct ExportCommand {
  std::string node_class;  ///< empty: all
  ExportFormat format = ExportFormat::csv;
  bool json = false;  ///< instead of `format`
};
struct AlertsCommand {
  std::string nodes;  ///< empty: all
  bool all = false;   ///< resolved and pending ones too
  bool json = false;
};
/// `alert ack`, `alert silence` and `alert resolve`.
struct AlertActionCommand {
  AlertAction::Kind kind = AlertAction::Kind::acknowledge;
  std::vector<std::int64_t> ids;    ///< ascending, each once; not empty
  std::string nodes;                ///< empty: all that have the alert now
  std::string note;                 ///< to resolve: the reason, not empty
  std::chrono::seconds duration{};  ///< of a mute, within its limit; to resolve: 0
  bool json = false;
};
struct KeysCommand {
  std::string nodes;  ///< empty: all
  bool json = false;
};
struct AcceptKeysCommand {
  std::string nodes;  ///< not empty
  control::AcceptWhat what = control::AcceptWhat::seen;
  bool json = false;
};
struct ServeCommand {};
/// Plug-in hosts in a unit of their own.
struct PluginHostCommand {
  std::string socket;  ///< an absolute path
  std::string served;  ///< the user who may connect
};
struct StatusCommand {
  bool json = false;
};
struct ReloadCommand {};
struct InstanceListCommand {
  bool json = false;
};
struct InstanceSetCommand {
  std::string name;
  InstanceSettings settings;  ///< an empty text takes a setting back
};
struct InstanceResetCommand {
  std::string name;
};
struct InstanceRunCommand {
  std::string name;
};
struct RunsCommand {
  std::size_t limit = 20;
  bool json = false;
};
struct AuditCommand {
  std::size_t limit = 20;
  bool check = false;  ///< only whether it is what was noted
  bool json = false;
};
/// A job was given these nodes.
struct LeaveCommand {
  std::string nodes;
  std::string job;  ///< empty: not told
};
struct ValuesCommand {
  std::string nodes;     ///< empty: all
  std::string instance;  ///< empty: all
  bool json = false;
};
struct PluginTestCommand {
  std::vector<std::string> words;       ///< the plug-in and its words; not empty
  std::string nodes;                    ///< empty: two that are made up
  std::vector<std::string> parameters;  ///< "KEY=VALUE"
  std::string user;                     ///< empty: nobody, where root runs it
  int timeout_s = 60;
  bool json = false;
};
/// A message by each channel, to see whether it arrives.
struct NotifyTestCommand {
  std::string channel;  ///< empty: all
  bool json = false;
};
struct NotifyListCommand {
  bool all = false;  ///< delivered ones too
  std::size_t limit = 100;
  bool json = false;
};
struct MaintenanceListCommand {
  bool json = false;
};
struct MaintenanceAddCommand {
  std::string nodes;               ///< not empty
  std::optional<WallTime> from{};  ///< none: now
  std::chrono::seconds lasts{};
  std::string note;
  bool json = false;
};
struct MaintenanceRemoveCommand {
  std::int64_t id = 0;
};
struct StopCommand {
  bool lift = false;
  std::string note;  ///< why; may be empty
};
/// All that is kept, from one place to another.
struct StoreMoveCommand {
  std::string from;  ///< a URL
  std::string to;    ///< a URL
  bool json = false;
};
struct StoreBackupCommand {
  std::string file;
  bool json = false;
};
struct StoreRestoreCommand {
  std::string file;
  bool verify = false;  ///< only say whether it is whole
  bool json = false;
};
struct StoreCheckCommand {
  bool json = false;
};
struct StoreDowngradeCommand {
  int version = 0;
  bool yes = false;  ///< else only say what would be lost
};
struct UserListCommand {
  bool json = false;
};
struct UserInviteCommand {
  std::string name;
  Role role = Role::viewer;
  std::vector<std::string> classes;  ///< empty: all
};
struct UserChangeCommand {
  enum class Kind { disable, enable, remove };
  Kind kind = Kind::disable;
  std::string name;
};
struct TokenListCommand {
  bool json = false;
};
struct TokenAddCommand {
  std::string user;
  std::string label;
  Role role = Role::viewer;
  std::vector<std::string> classes;           ///< empty: all
  std::optional<std::chrono::seconds> lasts;  ///< none: for ever
};
struct TokenRemoveCommand {
  std::int64_t id = 0;
};
struct CheckConfigCommand {
  std::string file;  ///< empty: the configuration in use
};
struct DoctorCommand {
  bool json = false;
};

using Command = std::variant<
    DemoCommand, ScanCommand, SweepCommand, NodesCommand, LearnCommand, ImportCommand, ShowCommand,
    DiffCommand, ApproveCommand, ExportCommand, AlertsCommand, AlertActionCommand, KeysCommand,
    AcceptKeysCommand, ServeCommand, PluginHostCommand, StatusCommand, ReloadCommand,
    InstanceListCommand, InstanceSetCommand, InstanceResetCommand, InstanceRunCommand, RunsCommand,
    AuditCommand, LeaveCommand, ValuesCommand, PluginTestCommand, StopCommand, StoreMoveCommand,
    StoreBackupCommand, StoreRestoreCommand, StoreCheckCommand, StoreDowngradeCommand,
    UserListCommand, UserInviteCommand, UserChangeCommand, TokenListCommand, TokenAddCommand,
    TokenRemoveCommand, NotifyTestCommand, NotifyListCommand, MaintenanceListCommand,
    MaintenanceAddCommand, MaintenanceRemoveCommand, CheckConfigCommand, DoctorCommand>;

struct Options {
  std::string config;  ///< --config; empty: $LOCKSTEP_CONFIG, else the default place
  std::string socket;  ///< --socket; empty: see app/forward.h
  Command command;
};

/// What to do instead of running a command: print `text` and end with `status`.
struct EarlyExit {
  std::string text;
  int status = 0;  ///< 0: to standard output (--help, --version); 2: to standard error
};

std::variant<Options, EarlyExit> parse_command_line(int argc, const char* const* argv);

}  // namespace lockstep::cli
