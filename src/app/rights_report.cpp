#include "app/rights_report.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "app/console.h"
#include "app/plugin_host.h"
#include "app/sender.h"
#include "app/services.h"
#include "base/text.h"
#include "dialogue/message_socket.h"
#include "proc/child.h"
#include "proc/confined_child.h"
#include "sender/remote_engine.h"

namespace lockstep {
namespace {

constexpr int kFailed = 3;
constexpr int kLongestStartMs = 60'000;

/// "launcher\t0 3000 ..." by number, as read_line() has it.
std::string line_of(const ProcessReport& report) {
  if (!report.problem.empty()) return fmt::format("{}\t!{}\n", report.process, report.problem);
  const ProcessRights& rights = report.rights;
  return fmt::format("{}\t{} {} {} {} {} {}\n", report.process, rights.user, rights.effective,
                     rights.permitted, rights.bounding, rights.no_new_privileges ? 1 : 0,
                     rights.filtered ? 1 : 0);
}

Result<ProcessReport> read_line(std::string_view line) {
  const std::size_t tab = line.find('\t');
  ProcessReport report;
  if (tab != std::string_view::npos) {
    report.process = std::string(line.substr(0, tab));
    if (line.substr(tab + 1).starts_with('!')) {
      report.problem = line.substr(tab + 2);
      return report;
    }
    std::istringstream words{std::string(line.substr(tab + 1))};
    ProcessRights& rights = report.rights;
    if (words >> rights.user >> rights.effective >> rights.permitted >> rights.bounding >>
        rights.no_new_privileges >> rights.filtered) {
      return report;
    }
  }
  return fail(ErrorKind::corrupt, "rights of processes: " + quoted(line));
}

/// Of a process that reads what services say, once it has given up what it gives up.
Result<ProcessRights> rights_of_a_parser() {
  LOCKSTEP_TRY(const ConfinedChild parser,
               ConfinedChild::start({"/proc/self/exe", kDialogueWorker}));
  LOCKSTEP_CHECK(dialogue::send_waiting(parser.socket(), dialogue::Ping{}));
  pollfd answer{parser.socket(), POLLIN, 0};
  if (::poll(&answer, 1, kLongestStartMs) != 1) {
    return fail(ErrorKind::unavailable, "a process that reads answers did not get ready");
  }
  LOCKSTEP_TRY(const auto said, dialogue::receive(parser.socket()));
  return rights_of(parser.pid());
}

/// Of one that tells of itself.
Result<ProcessRights> rights_of_a_plug_in(GuardedRunner& runner) {
  constexpr GuardLimits kLimits{.time = std::chrono::seconds(10), .output_bytes = 64 << 10};
  std::string status;
  LOCKSTEP_CHECK(runner.run(
      {{"cat", "/proc/self/status"}}, "", kLimits,
      [&](std::string_view text) {
        status += text;
        return true;
      },
      nullptr));
  return parse_rights(status, "what a plug-in reads of itself");
}

ProcessReport report_plug_ins(const ServeConfig& config, plugin_host::Keeper& keeper) {
  const auto rights = rights_of_a_plug_in(*plugin_runner(config, keeper));
  if (rights) return {"plug-ins", *rights};
  std::string problem = rights.error().message();
  std::ranges::replace(problem, '\n', ' ');
  return {"plug-ins", {}, std::move(problem)};
}

Result<void> report(const ServeConfig& config) {
  // In the order of serve: keeper and launcher while there are rights, and then none.
  LOCKSTEP_TRY(const auto keeper, start_plugin_keeper());
  LOCKSTEP_TRY(const auto launcher, start_launcher());
  LOCKSTEP_CHECK(drop_all_rights());
  LOCKSTEP_TRY(const sender::SenderRights sender, sender::rights_of_a_sender(*launcher));
  LOCKSTEP_TRY(const ProcessRights core, rights_of(::getpid()));
  LOCKSTEP_TRY(const ProcessRights launching, rights_of(launcher->pid()));
  LOCKSTEP_TRY(const ProcessRights parser, rights_of_a_parser());
  std::vector<ProcessReport> reports = {{"core", core},
                                        {"launcher", launching},
                                        {"sender (set-up)", sender.setting_up},
                                        {"sender", sender.sending},
                                        {"parser", parser}};
  if (config.plugins_socket.empty()) {
    LOCKSTEP_TRY(const ProcessRights keeping, rights_of(keeper->pid()));
    reports.push_back({"plug-in keeper", keeping});
  }
  reports.push_back(report_plug_ins(config, *keeper));
  std::string text;
  for (const ProcessReport& each : reports) text += line_of(each);
  return print(text);
}

}  // namespace

int run_rights_report(const std::string& plugins_user, const std::string& plugins_socket) {
  ServeConfig config;
  config.plugins_user = plugins_user;
  config.plugins_socket = plugins_socket;
  const auto done = report(config);
  if (done) return 0;
  warn("rights of processes: " + done.error().message());
  return kFailed;
}

Result<std::vector<ProcessReport>> report_rights(const ServeConfig& config) {
  LOCKSTEP_TRY(const ChildOutput said, capture_child({"/proc/self/exe", kRightsReport,
                                                      config.plugins_user, config.plugins_socket}));
  if (said.status != 0) {
    return fail(ErrorKind::unavailable, fmt::format("the processes of serve cannot be started as "
                                                    "they should be (status {})",
                                                    said.status));
  }
  std::vector<ProcessReport> reports;
  std::istringstream lines(said.output);
  for (std::string line; std::getline(lines, line);) {
    LOCKSTEP_TRY(reports.emplace_back(), read_line(line));
  }
  return reports;
}

}  // namespace lockstep
