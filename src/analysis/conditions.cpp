#include "analysis/conditions.h"

#include "analysis/alert_life.h"

namespace lockstep {
namespace {

bool continues(std::string_view reason, std::string_view scope) {
  if (scope.empty() || reason == scope) return true;
  return reason.size() > scope.size() && reason.starts_with(scope) && reason[scope.size()] == '/';
}

std::optional<std::string> why_over(const AlertRecord& record, const ConditionScope& scope) {
  if (scope.over) return scope.over(record);
  return "it was looked for, and is so no longer";
}

}  // namespace

AlertChanges update_conditions(std::span<const AlertRecord> book, const ConditionScope& scope,
                               std::span<const Finding> findings,
                               const std::set<std::string>& covered, const AlertPolicy& policy,
                               WallTime now) {
  const LastClosed never;
  AlertLife life(book, policy, never, now);
  for (const Finding& finding : findings) life.raise(finding);
  for (const AlertRecord& record : book) {
    const AlertSubject& subject = record.subject;
    const bool within =
        scope.kinds.contains(subject.kind) && continues(subject.reason, scope.reason);
    if (!within || life.raised(record) || record.status == AlertStatus::resolved) continue;
    const bool looked_at = record.node.empty() || covered.contains(record.node);
    std::optional<std::string> over;
    if (looked_at) over = why_over(record, scope);
    if (over) {
      life.resolve(record, {*over});
    } else {
      life.keep(record);
    }
  }
  return life.take();
}

}  // namespace lockstep
