#include "app/rights_report.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <sstream>

#include "app/console.h"
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

/// Of what the core starts for users.
Result<ProcessRights> rights_of_a_plug_in() {
  LOCKSTEP_TRY(const Child plug_in, Child::start({"cat"}));
  return rights_of(plug_in.pid());
}

Result<void> report() {
  // In the order of serve: the launcher while there are rights, and then none.
  LOCKSTEP_TRY(const auto launcher, start_launcher());
  LOCKSTEP_CHECK(drop_all_rights());
  LOCKSTEP_TRY(const sender::SenderRights sender, sender::rights_of_a_sender(*launcher));
  LOCKSTEP_TRY(const ProcessRights core, rights_of(::getpid()));
  LOCKSTEP_TRY(const ProcessRights launching, rights_of(launcher->pid()));
  LOCKSTEP_TRY(const ProcessRights parser, rights_of_a_parser());
  LOCKSTEP_TRY(const ProcessRights plug_in, rights_of_a_plug_in());
  std::string text;
  for (const ProcessReport& each :
       {ProcessReport{"core", core}, ProcessReport{"launcher", launching},
        ProcessReport{"sender (set-up)", sender.setting_up},
        ProcessReport{"sender", sender.sending}, ProcessReport{"parser", parser},
        ProcessReport{"plug-ins", plug_in}}) {
    text += line_of(each);
  }
  return print(text);
}

}  // namespace

int run_rights_report() {
  const auto done = report();
  if (done) return 0;
  warn("rights of processes: " + done.error().message());
  return kFailed;
}

Result<std::vector<ProcessReport>> report_rights() {
  LOCKSTEP_TRY(const ChildOutput said, capture_child({"/proc/self/exe", kRightsReport}));
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
