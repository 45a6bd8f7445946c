// What a sender is told to do, as bytes: an engine and its plan. The sender believes nothing in
// them but what read_order() finds well formed and within bounds; what the plan then asks for goes
// through the checks and the fence of scan::Engine::run.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "scan/plan.h"

namespace lockstep::sender {

enum class EngineKind : std::uint8_t { packet = 1, xdp = 2 };

std::string_view name_of(EngineKind kind);

struct Order {
  EngineKind engine = EngineKind::packet;
  // Of engine xdp (scan::XdpOptions).
  std::vector<std::string> xdp_interfaces;
  PacketsPerSecond xdp_lowest_rate{0.01};
  std::uint64_t table_offset = 0;  ///< of the result table in its file
  scan::Plan plan;
};

/// Prefixes and ranges of a fence, and interfaces, at most.
inline constexpr std::size_t kMostFenceEntries = 65536;
inline constexpr std::size_t kMostInterfaces = 64;
/// No order is longer.
inline constexpr std::size_t kMostOrderBytes = std::size_t{8} << 20;

/// Errors: `invalid` where something of it is beyond the bounds.
Result<std::vector<std::byte>> write_order(const Order& order);

/// Errors: `corrupt`.
Result<Order> read_order(std::span<const std::byte> bytes);

}  // namespace lockstep::sender
