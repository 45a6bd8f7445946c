// From the URL of a store to a connection with its database.

#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/sql/connection.h"

namespace lockstep {

/// How messages call the store at `url`: without secrets.
std::string name_of_store(std::string_view url);

/// Errors: `unsupported` for a database of another kind, `invalid` for a URL without sense; those
/// of open_sqlite(), open_postgresql() and open_mariadb().
Result<std::unique_ptr<Connection>> connect(std::string_view url,
                                            std::chrono::milliseconds busy_timeout);

}  // namespace lockstep
