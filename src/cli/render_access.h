// Users and tokens, for people.

#pragma once

#include <string>
#include <vector>

#include "model/user.h"
#include "store/audit_chain.h"

namespace lockstep::cli {

std::string users_text(const std::vector<User>& users);
std::string tokens_text(const std::vector<AccessToken>& tokens, WallTime now);
std::string chain_text(const AuditChain& chain);

}  // namespace lockstep::cli
