#include "notify/direct.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

namespace lockstep::notify {
namespace {

/// Of an outage; the log has the rest.
constexpr int kMostMessages = 50;

}  // namespace

bool DirectTeller::is_due(const AlertRecord& record, WallTime now) const {
  if (record.severity < channel_.least || !wants(channel_, record)) return false;
  if (!lasts(channel_, record, now) || told_.contains({record.subject, record.node})) return false;
  return std::ranges::none_of(policy_.maintenance, [&](const Maintenance& each) {
    return each.from <= now && now < each.until && each.nodes.contains(record.node);
  });
}

Message DirectTeller::message_of(std::span<const AlertRecord* const> records, WallTime now) {
  const AlertRecord& first = *records.front();
  const auto at = std::chrono::duration_cast<seconds>(now.time_since_epoch());
  Message message{
      .what = What::raised,
      .id = fmt::format("away.{}.{}", at.count(), made_),
      .cluster = policy_.cluster,
      .cause = fmt::format("away-{}-{}", at.count(), made_),
      .subject = first.subject,
      .severity = first.severity,
      .severity_before = first.severity,
      .first_seen = first.first_seen,
      .last_seen = first.last_seen,
      .at = now,
      .detail = "found while the store is away, without a number until it is back; " + first.detail,
      .expected = first.expected,
      .clones = first.clones};
  std::vector<std::string> nodes;
  for (const AlertRecord* record : records) {
    if (!record->node.empty()) nodes.push_back(record->node);
    message.severity = std::max(message.severity, record->severity);
  }
  message.severity_before = message.severity;
  message.nodes = Nodeset(nodes).fold();
  message.node_count = records.size();
  return message;
}

void DirectTeller::turn(std::span<const AlertRecord> found, WallTime since, WallTime now,
                        const std::atomic<bool>& stop) {
  if (since != since_) {
    since_ = since;
    made_ = 0;
    told_.clear();
  }
  std::map<AlertSubject, std::vector<const AlertRecord*>> causes;
  for (const AlertRecord& record : found) {
    if (is_due(record, now)) causes[record.subject].push_back(&record);
  }
  for (const auto& [subject, records] : causes) {
    if (stop || made_ >= kMostMessages) return;
    const Delivery delivery = way_.send(message_of(records, now), stop);
    if (delivery.outcome == Outcome::unreachable) return;
    if (delivery.outcome == Outcome::retry) continue;
    ++made_;
    for (const AlertRecord* record : records) told_.emplace(subject, record->node);
  }
}

}  // namespace lockstep::notify
