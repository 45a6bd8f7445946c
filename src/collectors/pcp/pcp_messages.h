// What the two sides of a PCP round say to each other: the one that connects, and the one without
// rights in which libpcp reads what nodes say (pcp_worker.h).
//
//   Settings ─────────> this is what to measure; first of all, once
//   Open ─────────────> a connection to a node's pmcd (the descriptor travels with it)
//   Ask ──────────────> measure, over this connection
//   <──────────── Values  some of what was measured, as often as it takes
//   <────────────── Done  that was all; or why there is nothing, and the connection is of no more
//   use Close ────────────> forget this connection Ping ─────────────> are you there?
//   <────────────── Ping  yes (the same)
//
// Each is one packet (proc/packets.h). The side with rights believes nothing in them but what
// decode() finds well formed and within bounds.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "collectors/pcp/pcp_values.h"

namespace lockstep::pcp {

struct Settings {
  std::uint16_t most_instances = 64;   ///< of a metric
  std::vector<std::string> metrics{};  ///< each is_metric_name(); at most kMostMetrics

  friend bool operator==(const Settings&, const Settings&) = default;
};

struct Open {
  std::uint32_t connection = 0;  ///< each number once
  friend bool operator==(const Open&, const Open&) = default;
};

struct Ask {
  std::uint32_t connection = 0;
  std::chrono::milliseconds patience{0};  ///< for all of it
  friend bool operator==(const Ask&, const Ask&) = default;
};

struct Values {
  std::uint32_t connection = 0;
  std::vector<Measured> values{};
  friend bool operator==(const Values&, const Values&) = default;
};

struct Done {
  std::uint32_t connection = 0;
  std::string problem{};  ///< empty: none
  friend bool operator==(const Done&, const Done&) = default;
};

struct Close {
  std::uint32_t connection = 0;
  friend bool operator==(const Close&, const Close&) = default;
};

struct Ping {
  friend bool operator==(const Ping&, const Ping&) = default;
};

using Message = std::variant<Settings, Open, Ask, Values, Done, Close, Ping>;

/// No message is longer.
inline constexpr std::size_t kMostMessageBytes = 49152;
inline constexpr std::size_t kMostUnitBytes = 60;
inline constexpr std::size_t kMostProblemBytes = 200;
/// So many values fit into one message, however long they are.
inline constexpr std::size_t kMostValuesAMessage = 40;

/// Texts and lists that are too long are cut.
std::vector<std::byte> encode(const Message& message);

/// Nothing where the bytes are no message, whole and within the bounds.
std::optional<Message> decode(std::span<const std::byte> bytes);

}  // namespace lockstep::pcp
