#include "app/program.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string_view>

#include "app/commands.h"
#include "app/console.h"
#include "app/forward.h"
#include "app/plugin_host.h"
#include "app/rights_report.h"
#include "app/sender.h"
#include "app/services.h"
#include "cli/exit_status.h"
#include "cli/options.h"
#include "proc/identity.h"

namespace lockstep {
namespace {

/// An error's exit status: what the person can do next decides.
int status_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::invalid:
    case ErrorKind::not_found: return cli::kUsage;
    case ErrorKind::denied:
    case ErrorKind::unavailable:
    case ErrorKind::corrupt:
    case ErrorKind::unsupported: return cli::kIncomplete;
  }
  return cli::kIncomplete;
}

/// The last edge: what no library's caller caught, such as the end of memory, still ends in order.
Result<int> run(const cli::Command& command, Invocation& call) {
  try {
    return std::visit([&](const auto& each) { return run_command(each, call); }, command);
  } catch (const std::exception& error) {
    return fail(ErrorKind::unavailable, fmt::format("gave up: {}", error.what()));
  }
}

int run_here_or_there(const cli::Options& options, const std::vector<std::string>& words) {
  StandardConsole console;
  const auto forwarded = forward(options, words, console);
  if (!forwarded) {
    console.warn(forwarded.error().message());
    return status_of(forwarded.error());
  }
  if (*forwarded) return **forwarded;
  Invocation call{.config = options.config,
                  .person = own_user_name(),
                  .console = console,
                  .stops = [](const std::string& file) -> std::unique_ptr<StopSource> {
                    return std::make_unique<StopSwitch>(file);
                  }};
  return run_to_status(options.command, call);
}

}  // namespace

int run_to_status(const cli::Command& command, Invocation& call) {
  const auto status = run(command, call);
  if (status) return *status;
  call.console.warn(status.error().message());
  return status_of(status.error());
}

int run_program(int argc, const char* const* argv) {
  if (argc == 2 && std::string_view(argv[1]) == kDialogueWorker) return run_dialogue_worker();
  if (argc == 2 && std::string_view(argv[1]) == kSenderLauncher) return run_sender_launcher();
  if (argc == 2 && std::string_view(argv[1]) == kSender) return run_sender();
  if (argc == 2 && std::string_view(argv[1]) == kPluginKeeper) return run_plugin_keeper();
  if (argc == 4 && std::string_view(argv[1]) == kRightsReport) {
    return run_rights_report(argv[2], argv[3]);
  }
  const auto parsed = cli::parse_command_line(argc, argv);
  if (const auto* const early = std::get_if<cli::EarlyExit>(&parsed)) {
    if (early->status == cli::kInStep) return print(early->text) ? cli::kInStep : cli::kIncomplete;
    std::fputs(early->text.c_str(), stderr);
    return early->status;
  }
  return run_here_or_there(std::get<cli::Options>(parsed), {argv + 1, argv + argc});
}

}  // namespace lockstep
