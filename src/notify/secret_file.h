// Secrets stand in files of their own, never in the configuration, the store or a log.

#pragma once

#include <string>

#include "base/result.h"

namespace lockstep::notify {

/// The first line of the file at `path`, of at most 4 KiB, without white space around it. It is
/// read whenever it is needed, so that one that was renewed holds at once. Errors: `not_found`,
/// `denied`, also where all may read it; `invalid` where it is empty or too long.
Result<std::string> read_secret(const std::string& path);

}  // namespace lockstep::notify
