// users, access_tokens.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/user.h"
#include "store/sql/connection.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// Ascending by name. Errors: `corrupt`.
Result<std::vector<User>> read_users(Connection& connection);
/// Errors: `invalid` for a text that is too long.
Result<void> write_user(Connection& connection, const User& user);
/// With his tokens.
void remove_user(Connection& connection, std::string_view name);

/// Ascending by id; where a hash is given, the one that has it. Errors: `corrupt`.
Result<std::vector<AccessToken>> read_tokens(Connection& connection,
                                             const std::optional<std::string>& hash = {});
/// Replaces the one of the same hash; one without an id gets the next. Returns its id. Errors:
/// `invalid`.
Result<std::int64_t> write_token(Connection& connection, AccessToken token);
/// Changes no other row, and makes none.
void note_token_use(Connection& connection, std::int64_t id, WallTime now);
/// Whether there was one.
bool remove_token(Connection& connection, std::int64_t id);
/// Those that expired before `now`.
void remove_expired_tokens(Connection& connection, WallTime now);

}  // namespace lockstep
