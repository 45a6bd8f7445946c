#include "analysis/service_judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "analysis/service_policy.h"
#include "analysis/version_drift.h"
#include "profiles/resolve.h"

namespace lockstep {
namespace {

/// What no port of a cluster's node should carry, whatever is expected there.
constexpr std::array<std::string_view, 4> kOfIntruders = {"shell", "bindshell", "socks", "socks5"};

class ServiceJudge {
 public:
  ServiceJudge(const JudgeInput& input, const ServicePlaces& places)
      : input_(input), places_(places), versions_(input, places), resolver_(input.profiles) {}

  std::vector<Finding> findings() && {
    for (const auto& [place, seen] : places_.all()) {
      const Node& node = *places_.node(std::get<0>(place));
      if (node.classes.empty()) continue;
      for (const ServiceObservation* const each : seen) judge(node, *each);
    }
    return std::move(findings_);
  }

 private:
  void judge(const Node& node, const ServiceObservation& seen) {
    const std::vector<std::string> wanted =
        resolver_.of(node.classes, seen.network).services_at(seen.port, seen.protocol, input_.now);
    switch (seen.service.answer) {
      case ServiceAnswer::unreachable: return;
      case ServiceAnswer::lost: {
        Finding finding = about(FindingKind::service_mismatch, node, seen, wanted,
                                "what it said made its reader fail");
        finding.reason = to_string(ServiceAnswer::lost);
        findings_.push_back(std::move(finding));
        return;
      }
      case ServiceAnswer::silent:
        judge_silence(node, seen, wanted, "accepts connections and says nothing");
        return;
      case ServiceAnswer::hung_up:
        judge_silence(node, seen, wanted, "ends connections without a word");
        return;
      case ServiceAnswer::spoke: break;
    }
    if (seen.service.doubt != ServiceDoubt::none) {
      judge_doubt(node, seen, wanted);
    } else if (wanted.empty() ? is_of_intruder(seen.service) : !fits(wanted, seen.service)) {
      judge_misfit(node, seen, wanted);
    } else if (!judge_kind(node, seen, wanted)) {
      judge_version(node, seen, wanted);
    }
  }

  static bool is_of_intruder(const Service& service) {
    return std::ranges::find(kOfIntruders, service.name) != kOfIntruders.end();
  }

  static bool fits(const std::vector<std::string>& wanted, const Service& service) {
    return std::ranges::any_of(
        wanted, [&](const std::string& each) { return fits_service(each, service); });
  }

  Finding about(FindingKind kind, const Node& node, const ServiceObservation& seen,
                const std::vector<std::string>& wanted, std::string detail) const {
    Finding finding = finding_at(input_, kind, node, seen);
    finding.expected = fmt::format("{}", fmt::join(wanted, " or "));
    finding.detail = std::move(detail);
    return finding;
  }

  void judge_silence(const Node& node, const ServiceObservation& seen,
                     const std::vector<std::string>& wanted, std::string_view how) {
    if (wanted.empty() || seen.protocol != Protocol::tcp) return;
    findings_.push_back(about(FindingKind::service_silent, node, seen, wanted, std::string(how)));
  }

  void judge_doubt(const Node& node, const ServiceObservation& seen,
                   const std::vector<std::string>& wanted) {
    const bool keyless = seen.service.doubt == ServiceDoubt::no_key_exchange;
    Finding finding = about(FindingKind::service_mismatch, node, seen, wanted,
                            keyless ? "says that it is an SSH server, and exchanges no keys"
                                    : "answers a second connection otherwise");
    finding.reason = to_string(seen.service.doubt);
    findings_.push_back(std::move(finding));
  }

  void judge_misfit(const Node& node, const ServiceObservation& seen,
                    const std::vector<std::string>& wanted) {
    const Service& service = seen.service;
    Finding finding = about(FindingKind::service_mismatch, node, seen, wanted,
                            fmt::format("answers as {}", service_text(service)));
    finding.reason = service_text(service);
    const bool tellable = std::ranges::all_of(wanted, [&](const std::string& each) {
      return input_.service_policy == nullptr ||
             can_tell_service(each, input_.service_policy->tellable);
    });
    if (service.name.empty() && !tellable) {
      finding.severity = Severity::informational;
      finding.detail += ", and what is expected has no signature";
    }
    if (is_of_intruder(service)) finding.severity = Severity::critical;
    findings_.push_back(std::move(finding));
  }

  /// Whether it is another service, or another product, than that of its clones. What the profile
  /// says of it comes first: alternatives that it names are all right.
  bool judge_kind(const Node& node, const ServiceObservation& seen,
                  const std::vector<std::string>& wanted) {
    Service bare = seen.service;
    bare.product.clear();
    bare.version.clear();
    if (!wanted.empty() && !fits(wanted, bare)) return false;
    const auto differs = [](const std::vector<std::string>& usual, const std::string& own) {
      return !usual.empty() && std::ranges::find(usual, own) == usual.end();
    };
    std::vector<std::string> usual;
    if (wanted.empty()) usual = versions_.usual_names(seen);
    if (!differs(usual, name_text(bare))) {
      usual = versions_.usual_products(seen);
      if (!differs(usual, seen.service.product)) return false;
    }
    std::ranges::sort(usual);
    Finding finding = about(
        FindingKind::version_drift, node, seen, usual,
        fmt::format("{}, its clones {}", service_text(seen.service), fmt::join(usual, " or ")));
    bare.product = seen.service.product;
    finding.reason = service_text(bare);
    findings_.push_back(std::move(finding));
    return true;
  }

  void judge_version(const Node& node, const ServiceObservation& seen,
                     const std::vector<std::string>& wanted) {
    // Where the profile names the version, it is what it should be.
    Service nameless = seen.service;
    nameless.version.clear();
    if (!wanted.empty() && !fits(wanted, nameless)) return;
    const std::vector<std::string> usual = versions_.usual(seen);
    const std::string& own = seen.service.version;
    if (usual.empty() || std::ranges::find(usual, own) != usual.end()) return;
    Finding finding = about(
        FindingKind::version_drift, node, seen, usual,
        fmt::format("{} {}, its clones {}", seen.service.product, own, fmt::join(usual, " or ")));
    finding.reason = own;
    if (compare_versions(own, usual.back()) > 0) {
      finding.severity = std::min(finding.severity, Severity::low);
    }
    findings_.push_back(std::move(finding));
  }

  const JudgeInput& input_;
  const ServicePlaces& places_;
  VersionDrift versions_;
  Resolver resolver_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> judge_services(const JudgeInput& input, const ServicePlaces& places) {
  return ServiceJudge(input, places).findings();
}

bool is_about_service(FindingKind kind) {
  switch (kind) {
    case FindingKind::service_mismatch:
    case FindingKind::service_silent:
    case FindingKind::version_drift:
    case FindingKind::hostkey_changed:
    case FindingKind::hostkey_shared:
    case FindingKind::certificate_changed: return true;
    default: return false;
  }
}

}  // namespace lockstep
