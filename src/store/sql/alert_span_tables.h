// alert_spans: when alerts stood.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/alert.h"
#include "model/past.h"
#include "store/sql/connection.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// What is written of alerts, each of an id and a node once.
struct WrittenAlerts {
  std::span<const AlertRecord* const> written;
  std::span<const std::pair<std::int64_t, std::string>> forgotten;
};

/// Begins, mutes and ends what stands by that. `before` are all records as they were. Errors:
/// `invalid` for a text that is too long; `corrupt`.
Result<void> change_alert_spans(Connection& connection, const std::vector<AlertRecord>& before,
                                const WrittenAlerts& changes);

/// As Store::alert_spans(). Errors: `corrupt`.
Result<std::vector<AlertSpan>> read_alert_spans(Connection& connection, const Period& period,
                                                std::size_t limit);

}  // namespace lockstep
