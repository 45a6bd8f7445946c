#include "model/event.h"

namespace lockstep {

std::string_view to_string(EventKind kind) {
  switch (kind) {
    case EventKind::alert_raised: return "alert-raised";
    case EventKind::alert_resolved: return "alert-resolved";
    case EventKind::alert_changed: return "alert-changed";
    case EventKind::sweep_ended: return "sweep-ended";
    case EventKind::run_ended: return "run-ended";
    case EventKind::instance_changed: return "instance-changed";
    case EventKind::profile_approved: return "profile-approved";
  }
  return "unknown";
}

std::optional<EventKind> parse_event_kind(std::string_view text) {
  for (const EventKind kind : kEventKinds) {
    if (text == to_string(kind)) return kind;
  }
  return std::nullopt;
}

}  // namespace lockstep
