// What was, and since when it is otherwise. Times are whole seconds.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/finding.h"
#include "model/observation.h"

namespace lockstep {

/// From one second to another, both in it.
struct Period {
  WallTime from{};
  WallTime to{};
};

/// A port of an address became something else.
struct PortChange {
  std::string node;
  std::string network;
  IpAddress address;
  Protocol protocol = Protocol::tcp;
  Port port = 0;
  WallTime at{};  ///< the end of the look that found it; what happened is up to that old
  PortState state = PortState::open;
  std::optional<PortState> was;  ///< none: nobody knows, since it was looked at for the first time

  friend auto operator<=>(const PortChange&, const PortChange&) = default;
};

/// A number that was measured of a node.
struct ValuePoint {
  std::string instance;
  std::string name;
  WallTime at{};
  double number = 0;

  friend auto operator<=>(const ValuePoint&, const ValuePoint&) = default;
};

/// A time during which an alert stood on a node with one severity. Once somebody deals with it, it
/// is muted to the end of the span: where that is taken back, another span begins.
struct AlertSpan {
  std::int64_t id = 0;
  std::string node;  ///< empty where the subject is a class
  WallTime began{};
  std::optional<WallTime> ended;  ///< none: it stands
  Severity severity = Severity::informational;
  std::optional<WallTime> muted;  ///< since when it is acknowledged or silenced; none: it is not

  friend auto operator<=>(const AlertSpan&, const AlertSpan&) = default;
};

}  // namespace lockstep
