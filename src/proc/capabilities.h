// Capabilities of this process, taken away by system calls alone: also between fork and exec.

#pragma once

namespace lockstep {

/// Keeps those whose bits are in `kept` (capability numbers below 32), as far as we have them, and
/// hands none on by inheritance. With PR_SET_NO_NEW_PRIVS an exec then gives nothing back, to root
/// neither (capabilities(7)).
bool drop_capabilities_but(unsigned kept);

}  // namespace lockstep
