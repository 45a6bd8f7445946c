#include "store/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "base/text.h"

namespace lockstep {
namespace {

Result<void> check_length(std::string_view column, std::string_view value, std::size_t limit) {
  if (value.size() <= limit) return {};
  return fail(ErrorKind::invalid,
              fmt::format("the {} {} has {} bytes; the table open_ports holds {} at most", column,
                          quoted(value), value.size(), limit));
}

Result<void> check_text(std::string_view column, std::string_view value, std::size_t limit) {
  LOCKSTEP_CHECK(check_length(column, value, limit));
  if (trimmed(value) == value) return {};
  return fail(ErrorKind::invalid,
              fmt::format("the {} {} begins or ends with white space", column, quoted(value)));
}

Result<void> check_ports(const std::vector<ExpectedPort>& ports) {
  if (!ports.empty() && ports.front().port == 0) {
    return fail(ErrorKind::invalid, "port 0 is never expected");
  }
  const auto unordered =
      std::ranges::adjacent_find(ports, [](const ExpectedPort& a, const ExpectedPort& b) {
        return std::tie(a.port, a.protocol) >= std::tie(b.port, b.protocol);
      });
  if (unordered == ports.end()) return {};
  return fail(ErrorKind::invalid, fmt::format("port {}/{} stands twice or out of order",
                                              unordered->port, to_string(unordered->protocol)));
}

Result<void> check_profile(const Profile& profile) {
  if (profile.host_type.empty()) return fail(ErrorKind::invalid, "the host type is empty");
  LOCKSTEP_CHECK(check_text("host type", profile.host_type, kMaxHostTypeBytes));
  for (const ExpectedPort& expected : profile.ports) {
    LOCKSTEP_CHECK(check_text("service", expected.service, kMaxServiceBytes));
  }
  return check_ports(profile.ports);
}

Result<void> check_baseline(const Baseline& baseline) {
  LOCKSTEP_CHECK(check_profile(baseline.profile));
  if (baseline.profile.ports.empty()) {
    return fail(ErrorKind::invalid, "no port: the table open_ports cannot say \"none\"");
  }
  if (baseline.profile.rules.empty()) return {};
  return fail(ErrorKind::invalid, "it has rules, which a baseline cannot hold");
}

Result<void> check_approval(const Profile& profile, const Approval& approval) {
  LOCKSTEP_CHECK(check_profile(profile));
  if (profile.host_type == approval.host_type) return {};
  return fail(ErrorKind::invalid,
              fmt::format("the approval is for {}", quoted(approval.host_type)));
}

Error of_profile(const Error& error, const Profile& profile) {
  return error.within("profile " + quoted(profile.host_type));
}

}  // namespace

Result<void> Store::save_baseline(const Baseline& baseline, const AuditEntry* entry) {
  if (const Result<void> fits = check_baseline(baseline); !fits) {
    return std::unexpected(of_profile(fits.error(), baseline.profile));
  }
  return do_save_baseline(baseline, entry);
}

Result<void> Store::save_values(std::string_view instance, std::span<const std::string> nodes,
                                std::span<const ValueObservation> values, WallTime now) {
  const auto saved =
      save_values({.instance = instance, .nodes = nodes, .values = values, .now = now},
                  [](const auto&, const auto&) -> Result<AlertChanges> { return AlertChanges{}; });
  if (!saved) return std::unexpected(saved.error());
  return {};
}

Result<void> Store::approve(const Profile& profile, const Approval& approval) {
  if (const Result<void> fits = check_approval(profile, approval); !fits) {
    return std::unexpected(of_profile(fits.error(), profile));
  }
  return do_approve(profile, approval);
}

}  // namespace lockstep
