// The text of data/ports/default-ports, embedded when the program is built.

#pragma once

#include <string_view>

namespace lockstep::data {

/// As it stands in the file; the head of the file says how to read it. Valid for ever.
std::string_view default_ports();

}  // namespace lockstep::data
