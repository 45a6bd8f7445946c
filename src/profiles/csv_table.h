// Table 1 as CSV: what `profile export` writes, and `profile import` reads.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/profile.h"

namespace lockstep {

inline constexpr std::string_view kCsvTableHeader = "port,protocol,service,host_type";

/// The text begins with the header of the table.
bool is_csv_table(std::string_view text);

/// The rows of `host_type`, ascending, each port once. Fields may be quoted (RFC 4180). Errors:
/// `invalid`, naming the line, for a row that has no sense, a port that stands twice, and where
/// there is no row of the host type; at most 64 MiB. Pure.
Result<std::vector<ExpectedPort>> parse_csv_table(std::string_view text,
                                                  const std::string& host_type);

}  // namespace lockstep
