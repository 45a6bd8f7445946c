// Which process this is, in a form that another one can check later.

#pragma once

#include <string>
#include <string_view>

namespace lockstep {

/// "BOOT:NAMESPACE:PID:START": the boot of the machine, the PID namespace, the process id, and its
/// start in clock ticks after the boot, so that a number used again is told apart (proc(5)).
std::string own_identity();

enum class Liveness {
  alive,
  dead,
  unknown,  ///< of another machine, boot or namespace, or not such a text
};

Liveness liveness_of(std::string_view identity);

/// This machine's name; "?" where it cannot be told.
std::string own_host_name();

/// Who runs this program: the user that sudo was called by, else the name of the user id.
std::string own_user_name();

}  // namespace lockstep
