// What each process of `lockstep serve` may do on this machine: found out by starting them.

#pragma once

#include <string>
#include <vector>

#include "app/config_serve.h"
#include "base/result.h"
#include "proc/rights.h"

namespace lockstep {

/// The hidden first word of a command line that makes the program find out: it gives up its rights
/// for that.
inline constexpr const char* kRightsReport = "rights-report";

/// Such a process: starts what serve starts, in its order, and writes a line for each to standard
/// output. Returns an exit status. The settings are those of ServeConfig.
int run_rights_report(const std::string& plugins_user, const std::string& plugins_socket);

struct ProcessReport {
  /// "core", "launcher", "sender (set-up)", "sender", "parser", "plug-in keeper", "plug-ins"
  std::string process;
  ProcessRights rights;
  std::string problem{};  ///< why it cannot be started; then `rights` says nothing
};

/// In the order in which they are started; with hosts of a unit of their own, there is no keeper.
/// Takes a tenth of a second. Errors: why a process could not be started, or what it could not give
/// up; of plug-ins, that is a ProcessReport::problem.
Result<std::vector<ProcessReport>> report_rights(const ServeConfig& config);

}  // namespace lockstep
