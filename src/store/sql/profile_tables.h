// open_ports, port_rules, service_rules: what hands may edit.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/profile.h"
#include "store/sql/connection.h"

namespace lockstep {

// All inside a transaction. They throw what the database reports; see guarded().

/// The profiles, ascending by host type; of `type` alone, where it is given. Errors: `corrupt`,
/// naming the table and the row that has no sense; rows of other host types are not looked at.
Result<std::vector<Profile>> read_profiles(Connection& connection,
                                           const std::optional<std::string>& type);

/// Replaces the rows of profile.host_type in open_ports by profile.ports. Errors: `invalid`.
Result<void> write_open_ports(Connection& connection, const Profile& profile);

/// Fills `service_rule` of ports whose service is a name in service_rules. Errors: `corrupt` for a
/// row of those names that has no sense.
Result<void> name_service_rules(Connection& connection, std::vector<ExpectedPort>& ports);

}  // namespace lockstep
