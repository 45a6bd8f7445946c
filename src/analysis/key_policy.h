// What keys of the nodes of a class may do: SSH host keys, and TLS certificates with their keys.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace lockstep {

enum class KeyPolicy : std::uint8_t {
  own,     ///< each node has its own, and they last
  shared,  ///< the nodes of the class have the same, and they last
  boot,    ///< a node makes new ones when it boots or is installed again
};

std::string_view to_string(KeyPolicy policy);  ///< "own"
std::optional<KeyPolicy> parse_key_policy(std::string_view text);

/// The policies of a site, by class; KeyPolicy::own where nothing else is said.
class KeyPolicies {
 public:
  void set(const std::string& node_class, KeyPolicy policy) { by_class_[node_class] = policy; }

  /// Of a node of several classes that do not agree, the strictest counts: own, shared, boot.
  KeyPolicy of(const std::set<std::string>& classes) const;
  /// Whether nodes of these classes may have the same key: both are of one that shares it.
  bool may_share(const std::set<std::string>& a, const std::set<std::string>& b) const;

 private:
  std::map<std::string, KeyPolicy> by_class_;
};

}  // namespace lockstep
