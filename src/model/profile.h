// What a class should look like.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/port.h"
#include "model/observation.h"

namespace lockstep {

/// A row of the paper's Table 1, `open_ports(port, protocol, service, host_type)`.
struct ExpectedPort {
  Port port = 0;
  Protocol protocol = Protocol::tcp;
  std::string service;  ///< what should answer; empty: not checked; at most 50 bytes
  /// What `service` stands for where it is a name of the table service_rules; else empty.
  std::string service_rule;

  friend auto operator<=>(const ExpectedPort&, const ExpectedPort&) = default;
};

/// When ports of a rule may be open.
enum class Presence : std::uint8_t {
  required,  ///< one of them must be
  optional,  ///< any of them may be
  job,       ///< only while a job holds the node
  submit,    ///< only while a job launcher runs on the node
  rpc,       ///< only by the ONC-RPC program named
  service,   ///< what else may answer on ports that are expected, beside their `service`
};

std::string_view to_string(Presence presence);  ///< "required"

/// A row of port_rules: what Table 1 cannot say.
struct PortRule {
  Protocol protocol = Protocol::tcp;
  PortSet ports;  ///< not empty
  Presence presence = Presence::optional;
  std::uint32_t rpc_program = 0;  ///< with Presence::rpc alone
  std::optional<WallTime> until;  ///< the rule holds before this time; none: for ever
  std::string service{};          ///< with Presence::service alone; as ExpectedPort::service

  bool holds_at(WallTime now) const { return !until || now < *until; }

  friend bool operator==(const PortRule&, const PortRule&) = default;
};

/// The expectations of one host type: a class, or a class on a network (see host_type()).
/// Ports are unique and ascending; rules are in the order of their texts.
struct Profile {
  std::string host_type;
  std::vector<ExpectedPort> ports;
  std::vector<PortRule> rules;

  friend bool operator==(const Profile&, const Profile&) = default;
};

/// Expectations that were learned or imported, and wait for somebody to approve them.
struct Baseline {
  Profile profile;                    ///< without rules
  std::string origin;                 ///< for a person: "consensus of 40 of 40 nodes"
  WallTime made{};                    ///< whole seconds
  std::string maker{};                ///< who had it made
  std::vector<std::string> outliers;  ///< for a person: what was left out of it, and why

  friend bool operator==(const Baseline&, const Baseline&) = default;
};

/// What somebody approved of a host type: the lines of its profile then (profiles/approval.h).
struct Approval {
  std::string host_type;
  std::vector<std::string> lines;  ///< ascending, each once
  WallTime at{};                   ///< whole seconds
  std::string by;

  friend bool operator==(const Approval&, const Approval&) = default;
};

/// The longest `service` and `host_type` that Table 1 holds, in bytes.
inline constexpr std::size_t kMaxServiceBytes = 50;
inline constexpr std::size_t kMaxHostTypeBytes = 60;

}  // namespace lockstep
