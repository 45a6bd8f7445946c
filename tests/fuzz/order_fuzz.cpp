// What a sender is told to do, and what it says of it: whatever the bytes, both are told apart from
// what is none, and an order that is read holds what the bounds allow and is written as it came.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "sender/order.h"
#include "sender/sender.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lockstep;
  // A copy of the exact size, so that a read beyond the end is seen.
  const auto given = std::as_bytes(std::span(data, size));
  const std::vector<std::byte> bytes(given.begin(), given.end());
  if (const auto order = sender::read_order(bytes)) {
    const scan::Plan& plan = order->plan;
    if (plan.targets.size() > scan::kMaxTargets || plan.ports.size() > 65535) std::abort();
    if (!(plan.rate.value() > 0) || plan.quiet_time.count() < 0) std::abort();
    for (const Prefix& prefix : plan.fence.allowed()) {
      if (prefix.length() > prefix.address().bits()) std::abort();
    }
    // Bits of a prefix after its length are cleared, all else is as it came.
    const auto again = sender::write_order(*order);
    if (!again || again->size() != bytes.size()) std::abort();
    if (sender::write_order(sender::read_order(*again).value()).value() != *again) std::abort();
  }
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  [[maybe_unused]] const auto outcome = sender::read_outcome(text);
  return 0;
}
