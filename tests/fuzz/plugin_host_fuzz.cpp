// What the core and a plug-in host say to one another: whatever the bytes, what is read holds what
// the bounds allow, and is written as it came.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "plugin_host/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lockstep::plugin_host;
  // A copy of the exact size, so that a read beyond the end is seen.
  const auto given = std::as_bytes(std::span(data, size));
  const std::vector<std::byte> bytes(given.begin(), given.end());
  if (const auto message = read_to_host(bytes)) {
    if (const auto* const order = std::get_if<Order>(&*message)) {
      if (order->words.empty() || order->words.size() > kMostWords) std::abort();
      if (order->input_bytes > kMostInputBytes || order->limits.time.count() < 0) std::abort();
    }
    const auto again = write(*message);
    if (!again || !std::ranges::equal(*again, bytes)) std::abort();
  }
  if (const auto message = read_to_core(bytes)) {
    if (!std::ranges::equal(write(*message), bytes)) std::abort();
  }
  return 0;
}
