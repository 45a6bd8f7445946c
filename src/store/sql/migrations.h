// The schema of the store, as numbered steps that were each applied once.

#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "store/sql/connection.h"

namespace lockstep {

/// Brings the schema up to the newest step, each step in a transaction of its own; safe when
/// several processes do so at once. The table schema_version has a row for each step applied.
/// Errors: `unsupported` where a newer program has written the store; `unavailable`.
Result<void> migrate(Connection& connection);

/// The version of its tables; 0: it has none of ours. Throws what the database reports.
int schema_version(Connection& connection);

/// The version of tables that are up to date.
int newest_schema_version();

/// Errors: `unsupported` where the schema is not that of the newest step, but has none or an older
/// one; as of migrate() where a newer program has written it. Changes nothing.
Result<void> check_newest(Connection& connection);

/// In the words of dialect.h.
using Statements = std::span<const std::string_view>;
std::span<const Statements> schema_steps();

}  // namespace lockstep
