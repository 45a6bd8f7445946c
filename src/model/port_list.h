// The list of ports and names that is built into the program. For port_spec.cpp and its test.

#pragma once

#include <string_view>
#include <vector>

#include "base/port.h"
#include "base/result.h"

namespace lockstep {

/// A line of a port list. The views point into the text that was parsed.
struct ListedPorts {
  Protocol protocol = Protocol::tcp;
  Port first = 0;
  Port last = 0;
  std::string_view name;
  std::string_view description;
  bool in_default = true;
};

/// The lines of a port list; data/ports/default-ports describes the format. Errors:
/// `invalid`, with the number of the line.
Result<std::vector<ListedPorts>> parse_port_list(std::string_view text);

/// A port or a range of ports: "22", "1-1024", "-1024", "60000-". Errors: `invalid`.
struct PortRange {
  Port first = 0;
  Port last = 0;
};
Result<PortRange> parse_port_range(std::string_view text);

}  // namespace lockstep
