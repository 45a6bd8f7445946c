// reported_looks and reported_ports.

#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "model/reported_port.h"
#include "store/sql/connection.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// Ascending; of one instance, and of one node, where they are not empty. Errors: `corrupt`.
Result<PortReports> read_reports(Connection& connection, std::string_view instance,
                                 std::string_view node);

/// What an instance says now in place of what it said before.
struct ReportChanges {
  std::span<const ReportedLook> looks{};  ///< in place of those at the same address
  std::span<const ReportedPort> ports{};  ///< likewise
  std::span<const ReportedPort> gone{};
};

/// Takes `gone` away first; of two at one place, the later one counts. Errors: `invalid` for a text
/// that is too long.
Result<void> change_reports(Connection& connection, const ReportChanges& changes);

}  // namespace lockstep
