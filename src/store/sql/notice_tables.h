// notice_cursor, notices, outbox: what is told of alerts, and what waits to be told.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/notice.h"
#include "store/sql/connection.h"
#include "store/store.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// As Store::change_notices().
Result<void> decide_notices(Connection& connection, const DecideNotices& decide);

/// Ascending by channel and cause.
Result<std::vector<Notice>> read_notices(Connection& connection);

/// How many messages wait, by channel.
Result<std::map<std::string, std::size_t>> count_waiting(Connection& connection);

/// Of one channel, and in one state, where they are given; at most `limit`: of those that wait the
/// oldest, else the newest first.
Result<std::vector<OutboxMessage>> read_outbox(Connection& connection, const OutboxFilter& filter);

/// Replaces those that are still there by their ids.
Result<void> write_deliveries(Connection& connection, std::span<const OutboxMessage> messages);

}  // namespace lockstep
