#include "analysis/key_policy.h"

#include <algorithm>
#include <array>

namespace lockstep {

std::string_view to_string(KeyPolicy policy) {
  switch (policy) {
    case KeyPolicy::own: return "own";
    case KeyPolicy::shared: return "shared";
    case KeyPolicy::boot: return "boot";
  }
  return "unknown";
}

std::optional<KeyPolicy> parse_key_policy(std::string_view text) {
  for (const KeyPolicy policy : std::array{KeyPolicy::own, KeyPolicy::shared, KeyPolicy::boot}) {
    if (text == to_string(policy)) return policy;
  }
  return std::nullopt;
}

KeyPolicy KeyPolicies::of(const std::set<std::string>& classes) const {
  std::optional<KeyPolicy> strictest;
  for (const std::string& node_class : classes) {
    const auto found = by_class_.find(node_class);
    if (found == by_class_.end()) continue;
    strictest = std::min(strictest.value_or(found->second), found->second);
  }
  return strictest.value_or(KeyPolicy::own);
}

bool KeyPolicies::may_share(const std::set<std::string>& a, const std::set<std::string>& b) const {
  return std::ranges::any_of(by_class_, [&](const auto& entry) {
    return entry.second == KeyPolicy::shared && a.contains(entry.first) && b.contains(entry.first);
  });
}

}  // namespace lockstep
