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

struct ServiceUse {
  scan::Fence fence;
  bool keys = true;             ///< exchange keys with SSH servers
  bool twice = false;           ///< what answers must answer a second connection likewise
  std::string log_file{};       ///< gets every byte that is sent; empty: none
  services::UserPaths files{};  ///< the user's own
};

/// A collector whose processes are copies of this program. Errors: the files.
Result<ComposedServices> make_service_collector(ServiceUse use);

}  // namespace lockstep
