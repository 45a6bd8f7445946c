// Comma-separated values as RFC 4180 describes them.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace lockstep {

struct CsvRecord {
  std::size_t line = 0;  ///< where it begins, from 1; a quoted field may span several
  std::vector<std::string> fields;
};

/// The records of `text`, header included. Fields may be quoted, and then hold commas, line ends
/// and doubled quotes; lines end in LF or CRLF. Beyond the RFC: empty lines and lines that begin
/// with "#" are skipped, as is a byte-order mark. `invalid`, with the line, for a quote that does
/// not end, text after a closing quote, and a quote within a field that is not quoted.
Result<std::vector<CsvRecord>> parse_csv(std::string_view text);

}  // namespace lockstep
