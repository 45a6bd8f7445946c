// The life of alerts: from what a sweep found and proved to what changes. Pure: time comes in.
//
//   finding, no record           -> open; `missing-port` first pending, see AlertPolicy
//   finding, pending for long    -> open (reopened, where it had been an alert before); the wait
//                                   begins anew when the node was away meanwhile
//   finding, resolved            -> reopened; `missing-port` first pending again
//   finding, muted and run out   -> open; so also where it has become graver since
//   no finding, and proof        -> resolved; a pending one that never was an alert is forgotten
//   no finding, and no proof     -> stays as it is
//
// Proof is that the sweep examined the node in full, asked the port (each of them, where an alert
// is about many), and judged the node by a profile. Not proven to be closed is an open port that
// falls silent, that closed only when it was asked again, that was seen at an address which the
// sweep does not know, or that may be missing from a list that was cut short. A TCP stack must have
// been compared with those of its clones again, at the same address.
//
// A port is missing whether it refuses or falls silent: the five minutes of `missing-port` go on
// when one becomes the other.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/judge.h"
#include "base/result.h"
#include "model/alert.h"

namespace lockstep {

/// The longest that an acknowledgement or a silence may last: mutes get forgotten.
inline constexpr std::chrono::hours kMostAcknowledged = std::chrono::days(7);
inline constexpr std::chrono::hours kMostSilenced = std::chrono::days(30);

struct AlertPolicy {
  /// A missing port is an alert once it is missing in two sweeps that lie so far apart: a node that
  /// boots, or a daemon that restarts, is none. 0: at once.
  std::chrono::seconds missing_after = std::chrono::minutes(5);
  /// An ephemeral UDP port that is open|filtered is mostly the socket of a client, which asks and
  /// goes away: it is an alert once it has been so in three looks over so long. 0: at once.
  std::chrono::seconds udp_client_after = std::chrono::hours(24);
};

/// The subject of the alert that a finding makes.
AlertSubject alert_subject(const Finding& finding);

/// When a port of a node was last proven closed before this sweep; none: never, as far as is known.
using LastClosed = std::function<std::optional<WallTime>(const Finding&)>;

/// One sweep's share. `findings` are judge()'s of `input`; `interrupted`: the sweep did not come to
/// its end, so that what it left out is nobody's alert.
struct SweepJudgement {
  const JudgeInput& input;
  std::span<const Finding> findings;
  bool interrupted = false;
  LastClosed last_closed{};  ///< may be empty
  /// The plug-in instance whose view of the nodes this is; empty: our own look. Alerts of another
  /// view stay as they are.
  std::string_view instance{};
};

AlertChanges update_alerts(std::span<const AlertRecord> book, const SweepJudgement& sweep,
                           const AlertPolicy& policy, WallTime now);

/// What a person does to alerts.
struct AlertAction {
  enum class Kind { acknowledge, silence, resolve };
  Kind kind = Kind::acknowledge;
  std::vector<std::int64_t> ids;
  std::optional<std::set<std::string>> nodes;  ///< of these only; none: all that have it now
  std::string person;
  std::string note;                                  ///< to resolve: the reason, not empty
  std::chrono::seconds duration{kMostAcknowledged};  ///< of a mute
};

/// Errors: `not_found` for an id that no alert has, or where none of its nodes is meant; `invalid`
/// for a mute that lasts too long, and for a resolution without a reason.
Result<AlertChanges> act_on_alerts(std::span<const AlertRecord> book, const AlertAction& action,
                                   WallTime now);

/// Records that share a subject and a state of dealing with it, as one row.
struct AlertRow {
  AlertRecord first;  ///< of the first node; its times are those of all, see below
  AlertStatus status = AlertStatus::open;  ///< at the time asked for
  std::vector<std::string> nodes;          ///< ascending; empty where the subject is a class
  WallTime first_seen{};                   ///< the earliest
  WallTime last_seen{};                    ///< the latest
  std::optional<WallTime> last_closed;     ///< the latest
};

/// Rows of one id, status, owner and end each; the gravest first, then by id. Pending ones show
/// only where `include_pending` says so, resolved ones only where `include_resolved` does.
struct AlertFilter {
  bool include_resolved = false;
  bool include_pending = false;
  std::optional<std::set<std::string>> nodes = std::nullopt;
};
std::vector<AlertRow> fold_alerts(std::span<const AlertRecord> records, const AlertFilter& filter,
                                  WallTime now);
/// The order of fold_alerts().
bool row_comes_first(const AlertRow& a, const AlertRow& b);

}  // namespace lockstep
