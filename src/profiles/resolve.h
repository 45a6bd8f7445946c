// What a node should look like, given its classes.

#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "model/profile.h"

namespace lockstep {

struct Expectations {
  /// The union over the classes, ascending. A port stands more than once where profiles name
  /// different services: each of them will do.
  std::vector<ExpectedPort> ports;
  /// The rules of all of them, those that have run out included.
  std::vector<PortRule> rules;
  /// The host types that have no profile, ascending. Where there is one, a node of these classes
  /// cannot be judged: what it shows may be what that class should show.
  std::vector<std::string> unprofiled;

  /// The port is expected, or a rule that holds lets it be open without condition.
  bool allows(Port port, Protocol protocol, WallTime now) const;
  /// The port is expected, or one of those of which a rule that holds wants one.
  bool requires_port(Port port, Protocol protocol, WallTime now) const;
};

/// The expectations of a node of `classes` on `network`. `profiles` ascend by host type, as
/// Store::profiles() gives them. No class: no expectation, and nothing unprofiled. Pure.
Expectations resolve(const std::set<std::string>& classes, const std::string& network,
                     std::span<const Profile> profiles);

}  // namespace lockstep
