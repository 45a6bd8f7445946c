// Which causes there are: alerts, and groups of nodes that fell silent together.

#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "notify/policy.h"
#include "store/store.h"

namespace lockstep::notify {

/// All is borrowed from the book that they were made of.
struct Causes {
  /// What counts, by cause; ascending by node.
  std::map<std::string, std::vector<const AlertRecord*>> records{};
  /// Alerts that count on some node, whether under their own name or that of a group.
  std::set<std::string> alive{};
  /// Nodes that are away, with the network; with an empty one, on any.
  std::set<std::pair<std::string, std::string>> away{};
};

inline constexpr const char* kGroupCause = "group ";

Causes find_causes(const NoticeBook& book, const Policy& policy);

/// Neither pending nor resolved.
bool counts(const AlertRecord& record);

}  // namespace lockstep::notify
