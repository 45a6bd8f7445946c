// Takes from this process whatever a parser of hostile bytes does not need.

#pragma once

#include "base/result.h"

namespace lockstep {

/// Part of lock_down() that binds the calling thread and those that it starts from now on, and no
/// other thread: user, capabilities, file system, core file. For a program whose threads start once
/// its files are read: this, then the threads, then lock_down().
Result<void> give_up_rights();

/// For ever, and for all threads: another user (nobody, where we are root), no capability, no file
/// system (Landlock, where the kernel has it), no core file, and no system call but those on
/// descriptors that are open already, memory, time and signals to itself. What is refused fails
/// with EPERM: open, socket, connect, exec, fork, ptrace, and all else. No memory may become
/// executable.
///
/// Call it when all threads are there (started after give_up_rights(): capabilities and files are a
/// thread's own), all files read, all libraries loaded. Errors: `unsupported`
/// where the kernel has no seccomp; then the process must not go on.
Result<void> lock_down();

/// The same for what sends packets over sockets that are open already: of system calls, also those
/// that send many at once, start threads of its own, pin them to a CPU, ask whether an interface is
/// up, and run a BPF program that is loaded. Its user stays. Call it before there are other
/// threads: they keep their capabilities.
Result<void> lock_down_sender();

}  // namespace lockstep
