// A finding that stays: raised once, kept until there is proof that it is over, whatever happens in
// between.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/finding.h"

namespace lockstep {

enum class AlertStatus : std::uint8_t {
  pending,       ///< seen once, and not an alert before a second look confirms it
  open,          ///< raised, and nobody has dealt with it
  reopened,      ///< was resolved, and is seen again
  acknowledged,  ///< somebody is on it, until a time
  silenced,      ///< nobody wants to hear of it, until a time
  resolved,      ///< proven to be over, or declared to be by a person
};

std::string_view to_string(AlertStatus status);  ///< "acknowledged"
std::optional<AlertStatus> parse_alert_status(std::string_view text);

/// What deviates, whichever node it is on. Records that share it share an id.
struct AlertSubject {
  FindingKind kind = FindingKind::unexpected_port;
  std::string node_class;  ///< as in Finding
  std::string network;
  std::optional<Protocol> protocol;
  std::optional<Port> port;
  std::optional<PortState> state;
  std::string reason;  ///< of a finding without a port: why, as far as it tells causes apart

  friend auto operator<=>(const AlertSubject&, const AlertSubject&) = default;
};

/// One subject on one node. Times are whole seconds.
struct AlertRecord {
  std::int64_t id = 0;  ///< of the subject, from 1; people read "A-17"
  AlertSubject subject;
  std::string node;     ///< empty where the subject is a class
  std::string address;  ///< where it was seen last, as text; may be empty
  Severity severity = Severity::informational;
  AlertStatus status = AlertStatus::open;
  WallTime first_seen{};
  WallTime last_seen{};                 ///< when it was asked for and seen last
  WallTime changed{};                   ///< when `status` became what it is
  std::optional<WallTime> last_closed;  ///< when it was last proven not to be so; none: never
  std::optional<WallTime> until;        ///< the end of an acknowledgement or silence
  std::string expected;
  std::string detail;
  std::string clones;
  std::string owner;       ///< who acknowledged or silenced it
  std::string note;        ///< what he said
  std::string resolution;  ///< why it was held to be over, the last time that it was

  /// What counts at `now`: an acknowledgement or silence that has run out is none.
  AlertStatus status_at(WallTime now) const;

  friend bool operator==(const AlertRecord&, const AlertRecord&) = default;
};

/// What a change of alerts is to write.
struct AlertChanges {
  std::vector<AlertRecord> written;  ///< new, or in place of those with the same id and node
  std::vector<std::pair<std::int64_t, std::string>> forgotten;  ///< id and node
};

/// "A-17", and back: nothing where the text is no such name. Lower case and a bare number will do.
std::string alert_name(std::int64_t id);
std::optional<std::int64_t> parse_alert_name(std::string_view text);

}  // namespace lockstep
