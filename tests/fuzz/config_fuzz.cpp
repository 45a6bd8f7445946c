// The configuration: whatever the bytes, parse_config returns, and an error is fit for a terminal.

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "app/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // More bytes only bring more of the same, and nodesets that are large on purpose.
  constexpr std::size_t kLargest = 4096;
  if (size > kLargest) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = lockstep::parse_config(text, "fuzz.toml");
  if (config) return 0;
  const std::string& message = config.error().message();
  const bool placed = message.starts_with("fuzz.toml:");
  const bool printable = std::ranges::all_of(message, [](char c) {
    return c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
  const bool bounded = std::ranges::count(message, '\n') <= 20;
  if (!placed || !printable || !bounded) std::abort();
  return 0;
}
