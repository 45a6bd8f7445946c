// Whom plug-ins run as.

#pragma once

#include <string>

#include "base/result.h"

namespace lockstep::plugin_host {

/// For ever, and for all that this process starts: the user `name`, no group but his own, no
/// capability and no new privileges. Empty: nobody, where we are root, else who we are. Before
/// there are other threads. Errors: `not_found`; `denied` where we may not become that user.
Result<void> become_plugin_user(const std::string& name);

}  // namespace lockstep::plugin_host
