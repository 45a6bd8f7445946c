// Random enough to break step with a rhythm; nothing that an attacker must not guess.

#pragma once

#include <cstdint>

namespace lockstep::scan {

/// Moves `state` on and returns 31 bits of it. The constants are those of Knuth's MMIX.
inline std::uint32_t random_step(std::uint64_t& state) {
  state = state * 6364136223846793005U + 1442695040888963407U;
  return static_cast<std::uint32_t>(state >> 33);
}

}  // namespace lockstep::scan
