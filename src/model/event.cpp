#include "model/event.h"

#include "model/words.h"

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
    case EventKind::profile_waiting: return "profile-waiting";
    case EventKind::profile_not_learned: return "profile-not-learned";
    case EventKind::maintenance_changed: return "maintenance-changed";
  }
  return "unknown";
}

std::optional<EventKind> parse_event_kind(std::string_view text) {
  return parse_word(text, kEventKinds);
}

}  // namespace lockstep
