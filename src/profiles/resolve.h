// What a node should look like, given its classes.

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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
  /// The ONC-RPC programs by which rules that hold let it be open.
  std::vector<std::uint32_t> programs_at(Port port, Protocol protocol, WallTime now) const;
  /// What may answer there, by profiles and rules that hold: texts as in service_text.h. Empty: it
  /// is not checked.
  std::vector<std::string> services_at(Port port, Protocol protocol, WallTime now) const;
};

/// The expectations of a node of `classes` on `network`. `profiles` ascend by host type, as
/// Store::profiles() gives them. No class: no expectation, and nothing unprofiled. Pure.
Expectations resolve(const std::set<std::string>& classes, const std::string& network,
                     std::span<const Profile> profiles);

/// resolve() once for all nodes of the same classes: classes and networks are few, nodes are many.
/// Not for several threads at once.
class Resolver {
 public:
  /// `profiles` as resolve() wants them; they must outlive the object.
  explicit Resolver(std::span<const Profile> profiles) : profiles_(profiles) {}

  /// Valid as long as the object.
  const Expectations& of(const std::set<std::string>& classes, std::string_view network);

 private:
  std::span<const Profile> profiles_;
  std::map<std::pair<std::set<std::string>, std::string>, Expectations> resolved_;
};

}  // namespace lockstep
