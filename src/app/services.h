// Composition of what identifies services: our probes, and the processes that talk to services.

#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "collectors/services/service_collector.h"
#include "profiles/service_text.h"
#include "services/matcher.h"
#include "services/users/user_files.h"

namespace lockstep {

/// The hidden first word of a command line that makes the program such a process
/// (proc/confined_child.h says what it is given).
inline constexpr const char* kDialogueWorker = "dialogue-worker";

/// Gives up all rights and serves tasks until nobody gives any. Returns an exit status.
int run_dialogue_worker();

struct ComposedServices {
  std::unique_ptr<ServiceCollector> collector;
  TellableServices tellable;  ///< by our signatures and the user's
};

/// A collector whose processes are copies of this program; `keys`: it exchanges keys with SSH
/// servers. `log_file`, where it is not empty, gets every byte that is sent. `files` are the user's
/// own. Errors: the files.
Result<ComposedServices> make_service_collector(scan::Fence fence, bool keys,
                                                const std::string& log_file,
                                                const services::UserPaths& files);

}  // namespace lockstep
