// What happened, in order: for those who listen, such as notifications and live views.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/observation.h"

namespace lockstep {

enum class EventKind : std::uint8_t {
  alert_raised,      ///< raised or reopened, on these nodes
  alert_resolved,    ///< over, on these nodes
  alert_changed,     ///< dealt with, graver or less grave, on these nodes
  sweep_ended,       ///< one sweep, or one step of an instance
  run_ended,         ///< one pass of an instance
  instance_changed,  ///< by a person
  profile_approved,
  profile_waiting,      ///< what waits for approval of a host type is another, or is gone
  profile_not_learned,  ///< somebody had a host type learned, and it failed
  maintenance_changed,  ///< a window of maintenance was opened or taken away
};

inline constexpr std::array kEventKinds = {
    EventKind::alert_raised,       EventKind::alert_resolved,  EventKind::alert_changed,
    EventKind::sweep_ended,        EventKind::run_ended,       EventKind::instance_changed,
    EventKind::profile_approved,   EventKind::profile_waiting, EventKind::profile_not_learned,
    EventKind::maintenance_changed};

std::string_view to_string(EventKind kind);  ///< "alert-raised"
std::optional<EventKind> parse_event_kind(std::string_view text);

struct Event {
  std::int64_t id = 0;  ///< from 1, ascending in the order in which effects could be seen
  WallTime at{};        ///< whole seconds
  EventKind kind = EventKind::alert_raised;
  /// Of an alert "A-17"; else the number of the sweep or of the window, the instance's name, the
  /// host type, or empty.
  std::string subject{};
  std::string nodes{};  ///< that it is about, folded; empty: about none, or not known

  friend bool operator==(const Event&, const Event&) = default;
};

}  // namespace lockstep
