// Composition of the processes that send for `lockstep serve` (sender/launcher.h).

#pragma once

#include <memory>
#include <string_view>

#include "app/engine_choice.h"
#include "sender/launcher.h"

namespace lockstep {

/// The hidden first words of command lines that make the program such a process.
inline constexpr const char* kSenderLauncher = "sender-launcher";
inline constexpr const char* kSender = "sender";

/// Such a process; return an exit status.
int run_sender_launcher();
int run_sender();

/// Starts the launcher, a copy of this program: the first thing that serve does, while it has no
/// threads and still has its rights. Then drop_all_rights() of proc/rights.h. Where rights are
/// missing, it starts all the same; choose_remote_engine() tells.
Result<std::unique_ptr<sender::Launcher>> start_launcher();

/// As choose_engine() for a sweep, with engines that run in processes of their own; "connect" needs
/// no right, and runs in this one. `launcher` outlives the engine.
Result<EngineChoice> choose_remote_engine(std::string_view wanted, sender::Launcher& launcher,
                                          const XdpPolicy& xdp = {});

}  // namespace lockstep
