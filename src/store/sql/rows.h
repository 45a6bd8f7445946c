// Values as the texts that stand in the tables, and back. The inverses return nothing for a text
// that means nothing: somebody else wrote it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/port.h"
#include "base/result.h"
#include "model/observation.h"
#include "model/service.h"
#include "model/sweep_info.h"
#include "model/utc.h"

namespace lockstep {

std::optional<Protocol> parse_protocol(std::string_view text);
std::optional<PortState> parse_port_state(std::string_view text);
std::optional<Evidence> parse_evidence(std::string_view text);
std::optional<CoverageGap> parse_coverage_gap(std::string_view text);
std::optional<SweepState> parse_sweep_state(std::string_view text);

/// 1 to 65535.
std::optional<Port> parse_port_number(std::string_view text);
std::optional<std::int64_t> parse_number(std::string_view text);

/// Numbers alone, "22,111,8000-8010", as PortSet::to_string() writes them, with spaces as a hand
/// may. Names are not read: what they mean would depend on the machine. Empty: no port. Errors:
/// `invalid`.
Result<PortSet> parse_port_set(std::string_view text);
/// As PortSets::to_string() writes them.
Result<PortSets> parse_port_sets(std::string_view text);

std::string_view to_text(ServiceMatch match);  ///< "hard"
std::optional<ServiceMatch> parse_service_match(std::string_view text);

/// "100003 v3-4, 100227 v3", as many whole programs as fit into `most_bytes`.
std::string to_text(std::span<const RpcProgram> programs, std::size_t most_bytes);
std::optional<std::vector<RpcProgram>> parse_programs(std::string_view text);

/// An error of kind `corrupt`: "table TABLE, the row ROW: COMPLAINT". Of tables that no hand is
/// meant to edit.
std::unexpected<Error> corrupt_row(std::string_view table, std::string_view row,
                                   std::string_view complaint);

}  // namespace lockstep
