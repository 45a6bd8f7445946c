// A user's own probes and fingerprints: from the files that he names to the processes that read
// answers, which cannot open any.

#pragma once

#include <memory>

#include "base/result.h"
#include "base/unique_fd.h"
#include "services/matcher.h"
#include "services/users/user_files.h"
#include "services/users/user_set.h"

namespace lockstep {

/// Reads and checks the files, and compiles them, if that has not been done before: /var/cache/
/// lockstep for root, else $XDG_CACHE_HOME/lockstep or ~/.cache/lockstep has what was compiled.
/// Says on standard error what of recog's fingerprints is left out.
Result<services::UserSet> load_user_services(const services::UserPaths& paths);

/// A descriptor to read the set from, as the input of a process (proc/confined_child.h).
Result<std::shared_ptr<const UniqueFd>> hand_over(const services::UserSet& set);

/// In such a process: the matcher of the set that it was given, else of our own.
Result<services::Matcher> given_matcher();

}  // namespace lockstep
