// One book of alerts while it is changed: what becomes of a record that is found, that is over, or
// of which nothing was heard. Whether something is found or over, others say: alerts.h of ports,
// conditions.h of all else. The table at the top of alerts.h is kept here.

#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "analysis/alerts.h"

namespace lockstep {

/// Why an alert is over.
struct AlertOver {
  std::string why;
  bool closed = false;  ///< since what it is about was seen closed
};

class AlertLife {
 public:
  /// All are borrowed as long as the object lives.
  AlertLife(std::span<const AlertRecord> book, const AlertPolicy& policy,
            const LastClosed& last_closed, WallTime now);

  void raise(const Finding& finding);
  /// raise() was called for it.
  bool raised(const AlertRecord& record) const;
  /// A pending one that never was an alert is forgotten.
  void resolve(AlertRecord record, const AlertOver& over);
  /// Neither found nor over: a mute that has run out ends. False where nothing changes.
  bool keep(const AlertRecord& record);
  /// The wait of a pending one begins anew.
  void wait_anew(AlertRecord record);

  /// At the end, once.
  AlertChanges take();

 private:
  using Key = std::pair<std::int64_t, std::string_view>;

  std::int64_t id_of(const AlertSubject& subject);
  std::chrono::seconds wait_of(const AlertSubject& subject) const;
  bool waited(const AlertRecord& known) const;
  AlertRecord fresh(std::int64_t id, const Finding& finding) const;
  AlertRecord seen_again(const AlertRecord& known, const Finding& finding) const;
  std::optional<WallTime> closed_before(const Finding& finding) const;
  void begin(AlertRecord& record, AlertStatus raised) const;
  const AlertRecord* twin_of(const AlertRecord& record) const;
  void set(AlertRecord& record, AlertStatus status) const;
  AlertRecord unmuted(AlertRecord record) const;
  void write(AlertRecord record);

  const AlertPolicy& policy_;
  const LastClosed& last_closed_;
  WallTime now_;
  std::int64_t last_id_ = 0;
  std::map<AlertSubject, std::int64_t> ids_;
  std::map<Key, const AlertRecord*> records_;
  std::set<std::pair<std::int64_t, std::string>> found_;
  std::map<std::pair<std::int64_t, std::string>, AlertRecord> written_;
  AlertChanges changes_;
};

}  // namespace lockstep
