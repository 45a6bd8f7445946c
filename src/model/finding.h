// A judged difference between what a class should look like and what was seen.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "model/observation.h"

namespace lockstep {

enum class FindingKind : std::uint8_t {
  unexpected_port,      ///< open, and no class of the node expects it
  transient_port,       ///< was open and unexpected, and gone when it was asked again
  unexpected_filtered,  ///< silent where the profile says nothing of it and the clones answer
  missing_port,         ///< expected, and answered closed or stayed silent
  node_unreachable,     ///< no answer from any port
  coverage_gap,         ///< a part of what was to be examined was not
  profile_changed,      ///< the expectations of a class are not those that were approved
  stack_mismatch,       ///< its TCP stack answers otherwise than those of its clones
  service_mismatch,     ///< what answers is not what the profile says
  service_silent,       ///< a service that should answer accepts connections and says nothing
  version_drift,        ///< the service is of another version than those of its clones
  hostkey_changed,      ///< an SSH host key that is not the one known
  hostkey_shared,       ///< an SSH host key that another node has too
  certificate_changed,  ///< a TLS certificate, or its key, that is not the one known
  node_rebuilt,         ///< all keys are new, on a node whose keys may be
  orphan_listener,      ///< a port that a job may open, still open after the job is over
  value_deviates,       ///< a value that a collector measured is not what the profile says
  // Of Lockstep's own work. Their nodes are those that it concerns; often none.
  scan_overdue,           ///< not examined for twice as long as it should be
  collector_failed,       ///< a plug-in instance did not do its work
  sweep_late,             ///< a plug-in instance was not done when it was due again
  scheduler_unavailable,  ///< the job scheduler does not say what holds the nodes
  clock_stepped,          ///< the time of day jumped
};

/// The kinds, in the order of their declaration.
inline constexpr std::array kFindingKinds = {
    FindingKind::unexpected_port,       FindingKind::transient_port,
    FindingKind::unexpected_filtered,   FindingKind::missing_port,
    FindingKind::node_unreachable,      FindingKind::coverage_gap,
    FindingKind::profile_changed,       FindingKind::stack_mismatch,
    FindingKind::service_mismatch,      FindingKind::service_silent,
    FindingKind::version_drift,         FindingKind::hostkey_changed,
    FindingKind::hostkey_shared,        FindingKind::certificate_changed,
    FindingKind::node_rebuilt,          FindingKind::orphan_listener,
    FindingKind::value_deviates,        FindingKind::scan_overdue,
    FindingKind::collector_failed,      FindingKind::sweep_late,
    FindingKind::scheduler_unavailable, FindingKind::clock_stepped};

enum class Severity : std::uint8_t { informational, low, medium, high, critical };

std::string_view to_string(FindingKind kind);  ///< "unexpected-port"
std::string_view to_string(Severity severity);
/// The inverse of to_string(); nothing for another word.
std::optional<FindingKind> parse_finding_kind(std::string_view text);
std::optional<Severity> parse_severity(std::string_view text);

/// The difference on one node.
struct Finding {
  FindingKind kind = FindingKind::unexpected_port;
  Severity severity = Severity::informational;
  std::string node_class;  ///< the node's classes, joined by "+" where it has several
  std::string node;        ///< empty for profile_changed, which is about a class
  std::string network;
  IpAddress address;
  std::optional<Protocol> protocol;  ///< none where the subject is the node
  std::optional<Port> port;          ///< none where the subject is the node
  std::optional<PortState> state;
  std::string detail;    ///< for a person: why, or what is not known; the same for all of a cause
  std::string expected;  ///< what the profile says instead: "closed", "open"; may be empty
  std::string reason;    ///< where there is no port: what tells this cause from others of its kind
  std::string clones;    ///< how the rest of the class looks there, for a person; may be empty

  friend auto operator<=>(const Finding&, const Finding&) = default;
};

/// Findings that share kind, class, network, subject and state, as one row.
struct FindingRow {
  Finding subject;                 ///< `node` and `address` are those of the first member
  std::vector<std::string> nodes;  ///< ascending, each once
};

}  // namespace lockstep
