// Addresses as the cookie takes them (cookie.h): 64 bits at a time.

#pragma once

#include <cstdint>

#include "base/ip_address.h"

namespace lockstep::scan {

/// The 8 bytes of `address` from `first` on, 0 or 8, as a number.
inline std::uint64_t half(const IpAddress& address, std::size_t first) {
  std::uint64_t value = 0;
  for (std::size_t i = first; i < first + 8; ++i) value = (value << 8) | address.bytes()[i];
  return value;
}

}  // namespace lockstep::scan
