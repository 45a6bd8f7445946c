// One line of a user's plug-in, understood. docs/plugins.md is the contract.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/port.h"
#include "base/result.h"
#include "model/value.h"

namespace lockstep::exec {

/// The longest line, in bytes, without its end.
inline constexpr std::size_t kMaxLineBytes = 64 << 10;
/// The longest unit of a value, in bytes.
inline constexpr std::size_t kMaxUnitBytes = 40;

struct ValueMessage {
  std::string node;
  std::string name;
  Value value;  ///< a number is finite; true and false are texts
  std::string unit;
};
struct PortMessage {
  std::string node;
  std::string address;  ///< empty: the node's first
  Protocol protocol = Protocol::tcp;
  Port port = 0;
};
struct CoveredMessage {
  std::string node;
  std::string tcp{};  ///< the ports that were examined, "22,80-90"; empty: it does not say
  std::string udp{};
  std::vector<std::string> addresses{};  ///< where; empty: at the node's first
};
struct ErrorMessage {
  std::string node;  ///< empty: of the whole run
  std::string message;
};
using PluginMessage = std::variant<ValueMessage, PortMessage, CoveredMessage, ErrorMessage>;

/// Reads a line. It is a stranger's: any bytes will do. Errors: `invalid`, which say what is wrong
/// with it.
Result<PluginMessage> parse_message(std::string_view line);

}  // namespace lockstep::exec
