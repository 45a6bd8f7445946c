// The text of data/udp/payloads, embedded when the program is built.

#pragma once

#include <string_view>

namespace lockstep::data {

/// As it stands in the file; the head of the file says how to read it. Valid for ever.
std::string_view udp_payloads();

}  // namespace lockstep::data
