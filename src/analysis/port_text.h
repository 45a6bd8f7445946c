// Sentences of findings about many ports at once, and what can be read back from them: an alert
// about many ports is over only when a sweep has asked all of them again.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/port.h"

namespace lockstep {

/// "REASON, 17 ports: 1000-1015,2000"; a list that no person would read is cut short. `reason` may
/// be empty.
std::string ports_text(const std::string& reason, const PortSet& ports);

/// What a ports_text() says.
struct NamedPorts {
  PortSet ports;          ///< all of them, or the first where the list was cut short
  std::size_t count = 0;  ///< of all

  /// Whether a sweep of `wanted` asked all of them, as far as the text tells.
  bool all_in(const PortSet& wanted) const;
};

/// Nothing where `text` is no ports_text().
std::optional<NamedPorts> ports_named_in(std::string_view text);

/// "REASON: not all of 65,535 ports examined"
std::string examined_text(const std::string& reason, bool any, std::size_t wanted);

/// The number of ports that an examined_text() is about; nothing where `text` is none.
std::optional<std::size_t> ports_to_examine(std::string_view text);

}  // namespace lockstep
