// The stores that speak SQL.

#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "store/store.h"

namespace lockstep {

/// How long a call waits for another program's write, unless told otherwise.
inline constexpr std::chrono::milliseconds kStoreBusyTimeout{5000};

/// Opens the store at `url`, with its tables made or brought up to date.
///   sqlite:///var/lib/lockstep/store.db    an absolute path, after two slashes
/// Errors: `invalid` (the URL), `unsupported` (another kind of database, or a store of a newer
/// program), `not_found` (the folder), `denied`, `corrupt` (not a database), `unavailable`.
Result<std::unique_ptr<Store>> open_store(
    std::string_view url, std::chrono::milliseconds busy_timeout = kStoreBusyTimeout);

}  // namespace lockstep
