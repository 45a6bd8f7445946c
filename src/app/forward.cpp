#include "app/forward.h"

#include <fmt/format.h>

#include <cstdlib>
#include <type_traits>

#include "app/commands.h"
#include "app/session.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "proc/stop_watch.h"
#include "serve/socket/client.h"

namespace lockstep {
namespace {

template <typename Command, typename... Some>
constexpr bool is_one_of = (std::is_same_v<Command, Some> || ...);

/// What is for daemons: it sends, or changes or shows what a daemon holds. The rest reads files of
/// the caller, or has to work where the daemon does not.
struct ForDaemons {
  template <typename Command>
  bool operator()(const Command& /*command*/) const {
    return is_one_of<Command, cli::SweepCommand, cli::AlertsCommand, cli::AlertActionCommand,
                     cli::KeysCommand, cli::AcceptKeysCommand, cli::ValuesCommand, cli::ShowCommand,
                     cli::DiffCommand, cli::ApproveCommand, cli::LearnCommand, cli::StatusCommand,
                     cli::ReloadCommand, cli::InstanceListCommand, cli::InstanceSetCommand,
                     cli::InstanceResetCommand, cli::InstanceRunCommand, cli::RunsCommand,
                     cli::AuditCommand, cli::LeaveCommand, cli::UserListCommand,
                     cli::UserInviteCommand, cli::UserChangeCommand, cli::TokenListCommand,
                     cli::TokenAddCommand, cli::TokenRemoveCommand, cli::NotifyTestCommand,
                     cli::NotifyListCommand, cli::MaintenanceListCommand,
                     cli::MaintenanceAddCommand, cli::MaintenanceRemoveCommand>;
  }
  bool operator()(const cli::NodesCommand& command) const {
    return !command.expand && !command.fold;
  }
};

/// Only a daemon can do it.
struct NeedsDaemon {
  template <typename Command>
  bool operator()(const Command& /*command*/) const {
    return is_one_of<Command, cli::StatusCommand, cli::ReloadCommand, cli::InstanceRunCommand,
                     cli::LeaveCommand>;
  }
};

std::string report_of(const cli::Command& command) {
  const auto* const sweep = std::get_if<cli::SweepCommand>(&command);
  return sweep == nullptr ? "" : sweep->report;
}

/// The daemon has a configuration of its own, and is at its socket.
std::vector<std::string> without_places(const std::vector<std::string>& words) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--config" || words[i] == "--socket") {
      ++i;
    } else if (!words[i].starts_with("--config=") && !words[i].starts_with("--socket=")) {
      kept.push_back(words[i]);
    }
  }
  return kept;
}

std::string from_environment(const char* name) {
  const char* const text = std::getenv(name);
  return text == nullptr ? "" : text;
}

/// Where a daemon may be.
struct Place {
  std::string socket;
  bool certain = false;            ///< somebody named just this one
  std::optional<Error> problem{};  ///< of the configuration, that should have said it
};

/// None: without a configuration there is nothing to serve. Errors: those of the configuration that
/// was named.
Result<std::optional<Place>> place_of(const cli::Options& options) {
  if (!options.socket.empty()) return Place{.socket = options.socket, .certain = true};
  std::string named = options.config.empty() ? from_environment("LOCKSTEP_SOCKET") : "";
  if (!named.empty()) return Place{.socket = std::move(named)};
  const auto setup = load_setup(options.config);
  if (setup) {
    if (!setup->from_file()) return std::optional<Place>();
    return Place{.socket = control_socket(setup->config)};
  }
  // What is in the usual place may serve another cluster than the one that was named.
  if (!options.config.empty() || !from_environment("LOCKSTEP_CONFIG").empty()) {
    return std::unexpected(setup.error());
  }
  return Place{.socket = control_socket(Config()), .problem = setup.error()};
}

/// Writes what the daemon says.
struct Receiver {
  Console& console;

  Result<void> operator()(const serve::OutMessage& message) const {
    return console.print(message.text);
  }
  Result<void> operator()(const serve::WarnMessage& message) const {
    console.warn(message.text);
    return {};
  }
  Result<void> operator()(const serve::ReportMessage& message) const {
    return console.write_report(message.text);
  }
  Result<void> operator()(const serve::ProgressMessage& message) const {
    console.progress({.done = message.done,
                      .planned = message.planned,
                      .pass = message.pass,
                      .open_ports = message.open_ports,
                      .per_second = message.per_second});
    return {};
  }
  Result<void> operator()(const serve::StatusMessage& /*message*/) const { return {}; }
};

/// Sends to the caller what a command says.
class CallConsole final : public Console {
 public:
  explicit CallConsole(serve::Call& call) : call_(call) {}
  Result<void> print(std::string_view text) override {
    return call_.send(serve::OutMessage{std::string(text)});
  }
  void warn(std::string_view text) override {
    std::ignore = call_.send(serve::WarnMessage{std::string(text)});
  }
  void progress(const CollectProgress& progress) override {
    std::ignore = call_.send(serve::ProgressMessage{.done = progress.done,
                                                    .planned = progress.planned,
                                                    .pass = progress.pass,
                                                    .open_ports = progress.open_ports,
                                                    .per_second = progress.per_second});
  }
  /// The caller has opened it.
  Result<void> open_report(const std::string& /*path*/) override { return {}; }
  Result<void> write_report(std::string_view text) override {
    return call_.send(serve::ReportMessage{std::string(text)});
  }

 private:
  serve::Call& call_;
};

}  // namespace

std::string control_socket(const Config& config) {
  return config.serve.socket.empty() ? state_dir(config) + "/control" : config.serve.socket;
}

Result<std::optional<int>> forward(const cli::Options& options,
                                   const std::vector<std::string>& words, Console& console) {
  if (!std::visit(ForDaemons{}, options.command)) return std::optional<int>();
  const bool needs = std::visit(NeedsDaemon{}, options.command);
  const auto place = place_of(options);
  // What is wrong with it, the command itself tells.
  if (!place || !*place) {
    if (!needs) return std::optional<int>();
    LOCKSTEP_CHECK(place);
    LOCKSTEP_CHECK(require_file(Setup()));
  }
  const Place& at = **place;
  LOCKSTEP_TRY(std::optional<serve::LineSocket> socket, serve::connect(at.socket));
  if (!socket) {
    if (!needs && !at.certain) return std::optional<int>();
    if (at.problem) return std::unexpected(*at.problem);
    return fail(ErrorKind::unavailable,
                fmt::format("no daemon serves {}; start it: lockstep serve", at.socket));
  }
  if (at.problem) {
    console.warn(fmt::format("{}; asking the daemon at {}", at.problem->message(), at.socket));
  }
  if (const std::string report = report_of(options.command); !report.empty()) {
    LOCKSTEP_CHECK(console.open_report(report));
  }
  LOCKSTEP_TRY(const int status,
               serve::call(*socket, {without_places(words)}, [&](const serve::Message& message) {
                 return std::visit(Receiver{console}, message);
               }));
  return std::optional(status);
}

int answer(const serve::Request& request, serve::Call& call, DaemonLink& daemon,
           const std::atomic<bool>& stopping) {
  CallConsole console(call);
  std::vector<const char*> words = {"lockstep"};
  for (const std::string& word : request.words) words.push_back(word.c_str());
  const auto parsed = cli::parse_command_line(static_cast<int>(words.size()), words.data());
  if (const auto* const early = std::get_if<cli::EarlyExit>(&parsed)) {
    console.warn(early->text);
    return cli::kUsage;
  }
  const auto& options = std::get<cli::Options>(parsed);
  if (!options.config.empty() || !options.socket.empty() ||
      !std::visit(ForDaemons{}, options.command)) {
    console.warn("this is no command for a daemon");
    return cli::kUsage;
  }
  Invocation invocation{.config = "",
                        .person = call.person(),
                        .console = console,
                        .stops = [&](const std::string& file) -> std::unique_ptr<StopSource> {
                          return std::make_unique<StopWatch>(file, stopping, &call.gone());
                        },
                        .daemon = &daemon};
  return run_to_status(options.command, invocation);
}

}  // namespace lockstep
