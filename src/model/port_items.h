// Numbers and lists of ports, as the files of ours have them that say what is sent where.

#pragma once

#include <optional>
#include <string_view>

#include "base/port.h"
#include "base/result.h"

namespace lockstep {

/// A number of digits only, at most `most`, or nothing.
std::optional<unsigned> parse_bounded(std::string_view digits, unsigned most);

/// "21-23,80", of 1 to 65535, without spaces. Errors: `invalid`, naming the piece.
Result<PortSet> parse_port_items(std::string_view text);

}  // namespace lockstep
