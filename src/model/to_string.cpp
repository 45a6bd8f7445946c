#include <array>

#include "model/finding.h"
#include "model/node.h"
#include "model/observation.h"
#include "model/profile.h"
#include "model/sweep_info.h"

namespace lockstep {
namespace {

template <typename T, std::size_t N>
std::optional<T> parse_word(std::string_view text, const std::array<T, N>& values) {
  for (const T value : values) {
    if (text == to_string(value)) return value;
  }
  return std::nullopt;
}

}  // namespace

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
  constexpr std::array kKinds = {FindingKind::unexpected_port,     FindingKind::transient_port,
                                 FindingKind::unexpected_filtered, FindingKind::missing_port,
                                 FindingKind::node_unreachable,    FindingKind::coverage_gap,
                                 FindingKind::profile_changed,     FindingKind::stack_mismatch};
  return parse_word(text, kKinds);
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
  }
  return "unknown";
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
