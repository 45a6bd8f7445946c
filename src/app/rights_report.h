// What each process of `lockstep serve` may do on this machine: found out by starting them.

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "proc/rights.h"

namespace lockstep {

/// The hidden first word of a command line that makes the program find out: it gives up its rights
/// for that.
inline constexpr const char* kRightsReport = "rights-report";

/// Such a process: starts what serve starts, in its order, and writes a line for each to standard
/// output. Returns an exit status.
int run_rights_report();

struct ProcessReport {
  std::string process;  ///< "core", "launcher", "sender (set-up)", "sender", "parser", "plug-ins"
  ProcessRights rights;
};

/// In the order in which they are started. Takes a tenth of a second. Errors: why a process could
/// not be started, or what it could not give up.
Result<std::vector<ProcessReport>> report_rights();

}  // namespace lockstep
