// What the two sides of dialogues say to each other: the one that may connect, and the one without
// rights that talks to services and reads what they say (worker.h).
//
//   Task ─────────────> what is there?
//   <──── ConnectRequest  a connection to it, please; as often as it needs one
//   Connected ────────> here it is (the descriptor travels with it), or why not
//   <──────────── Reading  I look at bytes of this task's port now (what came last, if I die)
//   <──────────── Outcome  what there is
//   Leave ────────────> no more of this task: its connections are closed before all else is done
//   Ping ─────────────> are you there?
//   <────────────── Ping  yes (the same)
//
// Each is one message of a SOCK_SEQPACKET socket. The side with rights believes nothing in them but
// what decode() finds well formed and within bounds.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/port.h"
#include "model/service.h"

namespace lockstep::dialogue {

struct Task {
  std::uint32_t id = 0;
  Protocol protocol = Protocol::tcp;
  Port port = 0;
  std::string expected;       ///< the name of the service that should be there; empty: not known
  bool expects_tls = false;   ///< the same within TLS
  bool may_probe = true;      ///< what is not as expected is asked further; else listened to alone
  bool wants_keys = true;     ///< SSH host keys, each type on a connection of its own
  bool checks_twice = false;  ///< what is known for sure must say the same once more
  /// ONC-RPC programs that may be there, at most kMostPrograms; each is called.
  std::vector<std::uint32_t> programs{};

  friend bool operator==(const Task&, const Task&) = default;
};

struct ConnectRequest {
  std::uint32_t task = 0;
  std::uint32_t connection = 0;  ///< counts up from 0

  friend bool operator==(const ConnectRequest&, const ConnectRequest&) = default;
};

struct Connected {
  std::uint32_t task = 0;
  std::uint32_t connection = 0;
  std::int32_t error = 0;  ///< an errno; 0: a descriptor comes with this message
  std::chrono::microseconds round_trip{0};

  friend bool operator==(const Connected&, const Connected&) = default;
};

struct Reading {
  std::uint32_t task = 0;

  friend bool operator==(const Reading&, const Reading&) = default;
};

struct Outcome {
  std::uint32_t task = 0;
  Service service;
  std::string note;               ///< as in ServiceObservation
  std::vector<std::string> sent;  ///< what was sent, in order; at most kMostSentBytes together

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

struct Ping {
  std::uint32_t number = 0;

  friend bool operator==(const Ping&, const Ping&) = default;
};

/// The task's node is to be left alone. Its outcome is of no interest.
struct Leave {
  std::uint32_t task = 0;

  friend bool operator==(const Leave&, const Leave&) = default;
};

using Message = std::variant<Task, ConnectRequest, Connected, Reading, Outcome, Ping, Leave>;

inline constexpr std::size_t kMostBannerBytes = 2048;
inline constexpr std::size_t kMostSentBytes = 16384;
inline constexpr std::size_t kMostSentPieces = 64;
inline constexpr std::size_t kMostPrograms = 64;
/// No message is longer.
inline constexpr std::size_t kMostMessageBytes = 49152;

/// Texts and lists that are too long are cut.
std::vector<std::byte> encode(const Message& message);

/// Nothing where the bytes are no message, whole and within the bounds.
std::optional<Message> decode(std::span<const std::byte> bytes);

}  // namespace lockstep::dialogue
