#include "analysis/alert_life.h"

#include <algorithm>

#include "analysis/port_text.h"

namespace lockstep {
namespace {

/// Of these, `clones` has the key that is there.
bool is_about_key(FindingKind kind) {
  return kind == FindingKind::hostkey_changed || kind == FindingKind::certificate_changed;
}

bool is_about_closing(FindingKind kind) {
  return kind == FindingKind::unexpected_port || kind == FindingKind::orphan_listener ||
         kind == FindingKind::unexpected_filtered || kind == FindingKind::transient_port;
}

bool may_be_client(const AlertSubject& subject) {
  return subject.kind == FindingKind::unexpected_filtered &&
         subject.state == PortState::open_filtered && subject.port && is_ephemeral(*subject.port);
}

}  // namespace

AlertLife::AlertLife(std::span<const AlertRecord> book, const AlertPolicy& policy,
                     const LastClosed& last_closed, WallTime now)
    : policy_(policy), last_closed_(last_closed), now_(now) {
  for (const AlertRecord& record : book) {
    ids_.emplace(record.subject, record.id);
    records_.emplace(std::pair(record.id, std::string_view(record.node)), &record);
    last_id_ = std::max(last_id_, record.id);
  }
}

void AlertLife::raise(const Finding& finding) {
  const std::int64_t id = id_of(alert_subject(finding));
  // A node with several addresses gives one alert.
  if (!found_.emplace(id, finding.node).second) return;
  const auto known = records_.find({id, finding.node});
  AlertRecord record =
      known == records_.end() ? fresh(id, finding) : seen_again(*known->second, finding);
  // Whoever muted it did not know that it would be worse, or that yet another key would show.
  const bool muted =
      record.status == AlertStatus::acknowledged || record.status == AlertStatus::silenced;
  const bool other_key = is_about_key(finding.kind) && record.clones != finding.clones;
  if (muted && (finding.severity > record.severity || other_key)) {
    record = unmuted(std::move(record));
  }
  record.severity = finding.severity;
  record.address = finding.address == IpAddress() ? "" : finding.address.to_string();
  record.last_seen = std::max(record.last_seen, now_);  // clocks are set back at times
  record.expected = finding.expected;
  record.detail = finding.detail;
  record.clones = finding.clones;
  write(std::move(record));
}

void AlertLife::resolve(AlertRecord record, const AlertOver& over) {
  const bool was_alert = record.status != AlertStatus::pending || !record.resolution.empty();
  if (!was_alert) {
    changes_.forgotten.emplace_back(record.id, record.node);
    return;
  }
  set(record, AlertStatus::resolved);
  record.resolution = over.why;
  record.owner.clear();
  record.until.reset();
  if (over.closed) record.last_closed = now_;
  write(std::move(record));
}

std::int64_t AlertLife::id_of(const AlertSubject& subject) {
  const auto [place, fresh] = ids_.try_emplace(subject, last_id_ + 1);
  if (fresh) ++last_id_;
  return place->second;
}

/// How long it has to be so before it is an alert.
std::chrono::seconds AlertLife::wait_of(const AlertSubject& subject) const {
  if (subject.kind == FindingKind::missing_port) return policy_.missing_after;
  return may_be_client(subject) ? policy_.udp_client_after : std::chrono::seconds(0);
}

/// Whether a pending one, found again, has been so for long enough. Two looks at a client's port
/// say little, however far apart they are: it takes a third, before which the latest is not the
/// first.
bool AlertLife::waited(const AlertRecord& known) const {
  const bool looks_enough = !may_be_client(known.subject) || known.last_seen > known.changed;
  return looks_enough && now_ - known.changed >= wait_of(known.subject);
}

AlertRecord AlertLife::fresh(std::int64_t id, const Finding& finding) const {
  AlertRecord record;
  record.id = id;
  record.subject = alert_subject(finding);
  record.node = finding.node;
  record.first_seen = record.last_seen = now_;
  begin(record, AlertStatus::open);
  if (is_about_closing(finding.kind)) record.last_closed = closed_before(finding);
  return record;
}

AlertRecord AlertLife::seen_again(const AlertRecord& known, const Finding& finding) const {
  if (known.status_at(now_) != known.status) return unmuted(known);
  AlertRecord record = known;
  if (known.status == AlertStatus::pending && waited(known)) {
    set(record, known.resolution.empty() ? AlertStatus::open : AlertStatus::reopened);
  } else if (known.status == AlertStatus::resolved) {
    begin(record, AlertStatus::reopened);
    if (is_about_closing(finding.kind)) {
      record.last_closed = std::max(record.last_closed, closed_before(finding));
    }
  }
  return record;
}

std::optional<WallTime> AlertLife::closed_before(const Finding& finding) const {
  return last_closed_ ? last_closed_(finding) : std::nullopt;
}

/// Makes it `raised`, or pending where it has to wait.
void AlertLife::begin(AlertRecord& record, AlertStatus raised) const {
  set(record, raised);
  const std::chrono::seconds wait = wait_of(record.subject);
  if (wait.count() == 0) return;
  const AlertRecord* const twin =
      record.subject.kind == FindingKind::missing_port ? twin_of(record) : nullptr;
  const bool was_alert = twin != nullptr && twin->status != AlertStatus::pending;
  if (was_alert) return;
  record.status = AlertStatus::pending;
  if (twin == nullptr) return;
  record.changed = twin->changed;
  if (now_ - twin->changed >= wait) set(record, raised);
}

/// The record of the same missing port in the other state: whether it refuses or falls silent, it
/// has been missing since then. Null where it was not.
const AlertRecord* AlertLife::twin_of(const AlertRecord& record) const {
  AlertSubject other = record.subject;
  other.state = other.state == PortState::closed ? PortState::filtered : PortState::closed;
  const auto id = ids_.find(other);
  if (id == ids_.end()) return nullptr;
  const auto twin = records_.find({id->second, record.node});
  const bool lives = twin != records_.end() && twin->second->status != AlertStatus::resolved;
  return lives ? twin->second : nullptr;
}

void AlertLife::set(AlertRecord& record, AlertStatus status) const {
  record.status = status;
  record.changed = now_;
}

AlertRecord AlertLife::unmuted(AlertRecord record) const {
  set(record, AlertStatus::open);
  record.owner.clear();
  record.until.reset();
  return record;
}

void AlertLife::write(AlertRecord record) {
  std::pair key(record.id, record.node);
  written_.insert_or_assign(std::move(key), std::move(record));
}

bool AlertLife::raised(const AlertRecord& record) const {
  return found_.contains({record.id, record.node});
}

bool AlertLife::keep(const AlertRecord& record) {
  if (record.status_at(now_) == record.status) return false;
  write(unmuted(record));
  return true;
}

void AlertLife::wait_anew(AlertRecord record) {
  record.changed = now_;
  write(std::move(record));
}

AlertChanges AlertLife::take() {
  for (auto& [key, record] : written_) changes_.written.push_back(std::move(record));
  written_.clear();
  return std::move(changes_);
}

}  // namespace lockstep
