// Alerts whose subject is no port: values that a collector measured, and what is wrong with
// Lockstep's own work. They live as those of ports do (alerts.h); what differs is the proof that
// one is over: whoever looked for it, where it was, did not find it. Pure: time comes in.
//
//   // The instance ran, and did its work:
//   update_conditions(book, {.kinds = {FindingKind::collector_failed}, .reason = "versions"}, {},
//   {},
//                     policy, now);

#pragma once

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "analysis/alerts.h"

namespace lockstep {

/// What was looked for: findings of all of it are handed in, and alerts within it that are not
/// among them may be over.
struct ConditionScope {
  std::set<FindingKind> kinds;
  /// Alerts with this reason, or one that continues it after a "/": "versions" has "versions" and
  /// "versions/kernel". Empty: whatever the reason.
  std::string reason{};
  /// Says why an alert of a node that was looked at is over; nothing: it is not proven. Empty: each
  /// is, by not being found.
  std::function<std::optional<std::string>(const AlertRecord&)> over{};
};

/// Alerts within the scope that no finding is about are resolved where their node is one of
/// `covered`; those without a node are covered by the looking itself. Alerts outside of the scope
/// stay as they are.
AlertChanges update_conditions(std::span<const AlertRecord> book, const ConditionScope& scope,
                               std::span<const Finding> findings,
                               const std::set<std::string>& covered, const AlertPolicy& policy,
                               WallTime now);

}  // namespace lockstep
