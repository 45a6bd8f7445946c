// audit: what people did.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/audit_chain.h"
#include "store/sql/connection.h"

namespace lockstep {

/// The latest, at most `limit`, the newest first.
Result<std::vector<AuditEntry>> read_audit(Connection& connection, std::size_t limit,
                                           std::int64_t below);
/// As Store::profile_audit().
Result<std::vector<AuditEntry>> read_profile_audit(Connection& connection,
                                                   const std::string& node_class,
                                                   std::size_t limit);
/// Gives it the next id, and ties it to those before. Texts that are too long are cut. Inside a
/// transaction that writes. Throws what the database reports; see guarded().
Result<void> add_audit(Connection& connection, const AuditEntry& entry);
Result<AuditChain> check_audit(Connection& connection);

}  // namespace lockstep
