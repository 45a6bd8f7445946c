#include <array>

#include "model/finding.h"
#include "model/node.h"
#include "model/observation.h"
#include "model/profile.h"
#include "model/service.h"
#include "model/sweep_info.h"
#include "model/words.h"

namespace lockstep {
std::string host_type(const std::string& node_class, const std::string& network) {
  return network == kDefaultNetwork ? node_class : node_class + "@" + network;
}

std::string_view to_string(Protocol protocol) {
  return protocol == Protocol::tcp ? "tcp" : "udp";
}

std::string_view to_string(PortState state) {
  switch (state) {
    case PortState::open: return "open";
    case PortState::closed: return "closed";
    case PortState::filtered: return "filtered";
    case PortState::open_filtered: return "open|filtered";
  }
  return "unknown";
}

std::string_view to_string(Evidence evidence) {
  switch (evidence) {
    case Evidence::no_reply: return "no-reply";
    case Evidence::syn_ack: return "syn-ack";
    case Evidence::rst: return "rst";
    case Evidence::icmp_unreachable: return "icmp-unreachable";
    case Evidence::udp_reply: return "udp-reply";
  }
  return "unknown";
}

std::string_view to_string(CoverageGap gap) {
  switch (gap) {
    case CoverageGap::none: return "none";
    case CoverageGap::unanswered: return "unanswered";
    case CoverageGap::unreachable: return "unreachable";
    case CoverageGap::not_resolved: return "not-resolved";
    case CoverageGap::outside_fence: return "outside-fence";
    case CoverageGap::unsupported: return "unsupported";
    case CoverageGap::interrupted: return "interrupted";
    case CoverageGap::left: return "left";
    case CoverageGap::inconclusive: return "inconclusive";
  }
  return "unknown";
}

std::string_view to_string(FindingKind kind) {
  switch (kind) {
    case FindingKind::unexpected_port: return "unexpected-port";
    case FindingKind::transient_port: return "transient-port";
    case FindingKind::unexpected_filtered: return "unexpected-filtered";
    case FindingKind::missing_port: return "missing-port";
    case FindingKind::node_unreachable: return "node-unreachable";
    case FindingKind::coverage_gap: return "coverage-gap";
    case FindingKind::profile_changed: return "profile-changed";
    case FindingKind::stack_mismatch: return "stack-mismatch";
    case FindingKind::service_mismatch: return "service-mismatch";
    case FindingKind::service_silent: return "service-silent";
    case FindingKind::version_drift: return "version-drift";
    case FindingKind::hostkey_changed: return "hostkey-changed";
    case FindingKind::hostkey_shared: return "hostkey-shared";
    case FindingKind::certificate_changed: return "certificate-changed";
    case FindingKind::node_rebuilt: return "node-rebuilt";
    case FindingKind::orphan_listener: return "orphan-listener";
    case FindingKind::value_deviates: return "value-deviates";
    case FindingKind::scan_overdue: return "scan-overdue";
    case FindingKind::collector_failed: return "collector-failed";
    case FindingKind::sweep_late: return "sweep-late";
    case FindingKind::scheduler_unavailable: return "scheduler-unavailable";
    case FindingKind::clock_stepped: return "clock-stepped";
  }
  return "unknown";
}

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::informational: return "informational";
    case Severity::low: return "low";
    case Severity::medium: return "medium";
    case Severity::high: return "high";
    case Severity::critical: return "critical";
  }
  return "unknown";
}

std::optional<FindingKind> parse_finding_kind(std::string_view text) {
  return parse_word(text, kFindingKinds);
}

std::optional<Severity> parse_severity(std::string_view text) {
  constexpr std::array kSeverities = {Severity::informational, Severity::low, Severity::medium,
                                      Severity::high, Severity::critical};
  return parse_word(text, kSeverities);
}

std::string_view to_string(Presence presence) {
  switch (presence) {
    case Presence::required: return "required";
    case Presence::optional: return "optional";
    case Presence::job: return "job";
    case Presence::submit: return "submit";
    case Presence::rpc: return "rpc";
    case Presence::service: return "service";
  }
  return "unknown";
}

std::string_view to_string(ServiceAnswer answer) {
  switch (answer) {
    case ServiceAnswer::spoke: return "spoke";
    case ServiceAnswer::silent: return "silent";
    case ServiceAnswer::hung_up: return "hung-up";
    case ServiceAnswer::unreachable: return "unreachable";
    case ServiceAnswer::lost: return "lost";
  }
  return "unknown";
}

std::string_view to_string(ServiceDoubt doubt) {
  switch (doubt) {
    case ServiceDoubt::none: return "";
    case ServiceDoubt::no_key_exchange: return "no-key-exchange";
    case ServiceDoubt::two_answers: return "two-answers";
  }
  return "unknown";
}

std::optional<ServiceAnswer> parse_service_answer(std::string_view text) {
  constexpr std::array kAnswers = {ServiceAnswer::spoke, ServiceAnswer::silent,
                                   ServiceAnswer::hung_up, ServiceAnswer::unreachable,
                                   ServiceAnswer::lost};
  return parse_word(text, kAnswers);
}

std::optional<ServiceDoubt> parse_service_doubt(std::string_view text) {
  constexpr std::array kDoubts = {ServiceDoubt::none, ServiceDoubt::no_key_exchange,
                                  ServiceDoubt::two_answers};
  return parse_word(text, kDoubts);
}

std::string_view to_string(SweepState state) {
  switch (state) {
    case SweepState::running: return "running";
    case SweepState::finished: return "finished";
    case SweepState::interrupted: return "interrupted";
    case SweepState::failed: return "failed";
    case SweepState::lost: return "lost";
  }
  return "unknown";
}

}  // namespace lockstep
