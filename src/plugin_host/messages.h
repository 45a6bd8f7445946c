// What the core and a plug-in host say to one another, a packet each (SOCK_SEQPACKET). A connection
// is one run of one command:
//
//   core -> host   Order, then Inputs until there are as many bytes as the order says; Stop, at any
//                  moment; the end of the connection is a stop too
//   host -> core   Outputs as they come, then an Outcome or a Failure, which is the last
//
// Neither trusts the other: whatever is read is bounded here.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "proc/guarded_command.h"

namespace lockstep::plugin_host {

/// Of a packet, and of a piece of input or output within it.
inline constexpr std::size_t kMostPacketBytes = 64 << 10;
inline constexpr std::size_t kMostPieceBytes = 32 << 10;

inline constexpr std::size_t kMostWords = 256;
inline constexpr std::size_t kMostWordBytes = 32 << 10;  ///< of all words together
inline constexpr std::uint64_t kMostInputBytes = 64 << 20;
inline constexpr std::size_t kMostComplaintBytes = 4096;
inline constexpr std::size_t kMostErrorBytes = 2048;

struct Order {
  std::vector<std::string> words;  ///< 1 to kMostWords, none with a NUL in it
  GuardLimits limits;
  std::uint64_t input_bytes = 0;
};
/// A view of the packet.
struct Piece {
  std::string_view bytes;
};
struct Stop {};
using ToHost = std::variant<Order, Piece, Stop>;

struct Failure {
  ErrorKind kind = ErrorKind::unavailable;
  std::string message;  ///< at most kMostErrorBytes; a stranger's
};
using ToCore = std::variant<Piece, GuardedOutcome, Failure>;

/// Errors: `invalid` where an order is beyond its bounds.
Result<std::vector<std::byte>> write(const ToHost& message);
/// What is too long is cut.
std::vector<std::byte> write(const ToCore& message);

/// Errors: `corrupt`.
Result<ToHost> read_to_host(std::span<const std::byte> packet);
Result<ToCore> read_to_core(std::span<const std::byte> packet);

}  // namespace lockstep::plugin_host
