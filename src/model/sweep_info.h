// What is known of a sweep as a whole.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/port.h"
#include "model/observation.h"

namespace lockstep {

enum class SweepState : std::uint8_t {
  running,
  finished,     ///< went to its end, whatever it could not examine
  interrupted,  ///< stopped by a person or a signal
  failed,       ///< ended early by an error
  lost,         ///< its program went away without a word
};

std::string_view to_string(SweepState state);  ///< "running"

/// What a sweep says of itself when it begins.
struct SweepClaim {
  WallTime started{};  ///< whole seconds
  /// That it will ask; no other sweep may ask them by the same protocol meanwhile.
  std::vector<std::string> nodes;
  PortSets ports;
  std::string owner;     ///< the process that runs it (proc/identity.h)
  std::string host;      ///< the machine's name, for a person
  std::int64_t run = 0;  ///< of which pass of a plug-in instance it is a step; 0: of none
};

/// A sweep that has begun, and how it went so far.
struct SweepInfo {
  std::int64_t id = 0;  ///< from 1
  SweepState state = SweepState::running;
  WallTime started{};
  WallTime ended{};   ///< of a running one: its last sign of life
  std::string nodes;  ///< folded
  std::string ports;
  std::string owner;
  std::string host;
  std::string method;  ///< the engine
  std::uint64_t probes = 0;
  std::size_t node_count = 0;
  std::size_t proven = 0;  ///< nodes whose every address was examined in full
  std::string problem;
  std::int64_t run = 0;  ///< of which pass of a plug-in instance it is a step; 0: of none

  friend bool operator==(const SweepInfo&, const SweepInfo&) = default;
};

/// How a sweep ended.
struct SweepEnd {
  SweepState state = SweepState::finished;
  WallTime ended{};
  std::string method;
  std::uint64_t probes = 0;
  std::size_t node_count = 0;
  std::size_t proven = 0;
  std::string problem;
};

/// The latest look at one address with one set of ports.
struct Look {
  std::string node;
  std::string network;
  IpAddress address;
  Protocol protocol = Protocol::tcp;
  std::size_t ports = 0;  ///< index into Looks::port_sets
  std::int64_t sweep = 0;
  WallTime looked{};
  std::optional<WallTime> examined;  ///< when all of the ports were last examined; none: never
  CoverageGap gap = CoverageGap::none;
  std::uint32_t asked = 0;
  std::uint32_t wanted = 0;

  /// The latest look examined all that it wanted.
  bool proven() const { return examined == looked; }
};

struct Looks {
  std::vector<PortSets> port_sets;
  std::vector<Look> looks;  ///< ascending by node, network, address
};

/// A port that is open or filtered, as last seen, and since when.
struct PortFact {
  PortObservation seen;
  WallTime since{};
};

}  // namespace lockstep
