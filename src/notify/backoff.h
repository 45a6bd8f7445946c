// When a message that did not get through is tried again.

#pragma once

#include <chrono>
#include <optional>

namespace lockstep::notify {

/// After `tries` tries that failed, 1 or more: 2 s, 4 s, and so on up to 5 minutes, each a fifth
/// more or less by `chance`, 0 to 1, so that what failed together is not tried together. What the
/// other side asked for counts where it is longer, up to an hour. Whole seconds, 1 at least.
std::chrono::seconds backoff(int tries, double chance,
                             std::optional<std::chrono::seconds> asked_for = std::nullopt);

/// The value of an HTTP header Retry-After (RFC 9110 section 10.2.3): seconds, or a date. None
/// where it is neither.
std::optional<std::chrono::seconds> parse_retry_after(const char* text,
                                                      std::chrono::system_clock::time_point now);

}  // namespace lockstep::notify
