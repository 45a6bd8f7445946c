// URLs of PostgreSQL databases, as libpq takes them.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace lockstep {

/// "postgresql://..." or "postgres://..."
bool is_postgresql_url(std::string_view url);

/// `url` as a message may show it: what could be a secret is left out.
std::string without_secrets(std::string_view url);

/// `url` with defaults for what it leaves open: a connection is given up after 5 seconds, or what
/// PGCONNECT_TIMEOUT says, and a peer that vanished is noticed within a minute. Errors: `invalid`
/// where it is no URL of libpq's kind, or has a password: a URL stands in configurations, process
/// lists and messages. Messages show no secret.
Result<std::string> complete_url(std::string_view url);

}  // namespace lockstep
