#include <algorithm>

#include "scan/plan.h"

namespace lockstep::scan {
namespace {

/// ::ffff:0:0/96. The kernel speaks IPv4 to such an address, past the prefixes and ranges of IPv4.
bool is_mapped_v4(const IpAddress& address) {
  constexpr IpAddress::V6Bytes kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return address.is_v6() &&
         std::equal(kMapped.begin(), kMapped.begin() + 12, address.bytes().begin());
}

}  // namespace

bool Fence::permits(const IpAddress& address) const {
  if (is_mapped_v4(address)) return false;
  const bool allowed = std::any_of(allow_.begin(), allow_.end(),
                                   [&](const Prefix& prefix) { return prefix.contains(address); });
  return allowed && std::none_of(exclude_.begin(), exclude_.end(), [&](const IpRange& range) {
           return range.first <= address && address <= range.last;
         });
}

bool Plan::has_shares() const {
  return std::any_of(targets.begin(), targets.end(), [](const PlanTarget& target) {
    return target.count != PlanTarget::kAllPorts;
  });
}

}  // namespace lockstep::scan
