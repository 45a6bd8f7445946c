// A plug-in instance: a named, configured, scheduled use of one collector. Any number of them may
// use the same one.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/port.h"
#include "base/result.h"
#include "model/observation.h"
#include "model/sweep_info.h"

namespace lockstep {

inline constexpr std::size_t kMaxInstanceNameBytes = 60;
inline constexpr std::size_t kMostInstances = 100;

/// What is done with nodes that may hold a job. Every mode asks ports half-open alone, and no
/// service of such a node.
enum class BusyNodes : std::uint8_t {
  leave,    ///< never asked
  overdue,  ///< asked where they were not examined for Instance::overdue: the paper's default
  scan,     ///< asked like all others
};

/// How an instance comes round.
enum class InstanceMode : std::uint8_t {
  sweep,   ///< every interval, each node is asked all that is due
  rotate,  ///< every minute, each port is asked on some node of each class (sweep/rotation.h)
};

/// A part of each day, in minutes after midnight of the machine's own time. `begin` after `end`
/// goes over midnight.
struct DayWindow {
  std::chrono::minutes begin{0};
  std::chrono::minutes end{0};

  bool contains(std::chrono::minutes of_day) const;
  friend bool operator==(const DayWindow&, const DayWindow&) = default;
};

struct Instance {
  std::string name;       ///< letters, digits, '-', '_', '.'; at most kMaxInstanceNameBytes
  std::string collector;  ///< "ports", "services", "exec", "pcp"
  std::string nodes;      ///< a nodeset, "@CLASS" among it; empty: all
  std::chrono::seconds interval{86'400};  ///< 10 s to 90 days
  std::chrono::seconds overdue{0};  ///< see BusyNodes; 0: by the interval, see overdue_after()
  BusyNodes busy = BusyNodes::overdue;
  InstanceMode mode = InstanceMode::sweep;
  std::optional<DayWindow> window;            ///< none: at any time
  std::optional<PacketsPerSecond> rate;       ///< of the whole; none: the configuration's
  std::optional<PacketsPerSecond> node_rate;  ///< of each node; none: of its class
  int priority = 5;                           ///< 1 to 9; greater goes first
  bool enabled = true;
  /// What its collector can be told: "ports", "command". Checked by who knows the collector.
  std::map<std::string, std::string> parameters;

  /// When busy nodes are asked all the same: a day where the interval is an hour or less, a week
  /// otherwise, and seven intervals at least where that is longer.
  std::chrono::seconds overdue_after() const;

  friend bool operator==(const Instance&, const Instance&) = default;
};

/// All that can be said of an instance but for its name, as texts by key: "interval" = "1h". The
/// one form that the configuration, the command line and the store have in common.
using InstanceSettings = std::map<std::string, std::string>;

/// Errors: `invalid`, beginning with the key that is wrong.
Result<Instance> parse_instance(const std::string& name, const InstanceSettings& settings);
/// The inverse; what is as usual is left out.
InstanceSettings settings_of(const Instance& instance);

/// A line a key: "interval = 1h". And back; empty lines are passed over. Errors: `invalid`.
std::string to_text(const InstanceSettings& settings);
Result<InstanceSettings> parse_settings(std::string_view text);

/// One pass of an instance over its nodes, done in steps.
struct InstanceRun {
  std::int64_t id = 0;  ///< from 1
  std::string instance{};
  SweepState state = SweepState::running;
  WallTime started{};
  WallTime ended{};  ///< of a running one: its last sign of life
  std::string owner{};
  std::uint64_t nodes = 0;   ///< that were due
  std::uint64_t proven = 0;  ///< of which all that was due was examined
  std::uint64_t steps = 0;   ///< as far as they are foreseen
  std::uint64_t steps_done = 0;
  std::uint64_t probes = 0;
  std::string problem{};

  friend bool operator==(const InstanceRun&, const InstanceRun&) = default;
};

/// What somebody did, for those who ask later.
struct AuditEntry {
  std::int64_t id = 0;  ///< from 1
  WallTime at{};
  std::string person{};
  std::string action{};   ///< "instance set"
  std::string subject{};  ///< "fast-ports"
  std::string detail{};   ///< "interval: 1h -> 30m"
  /// Ties it to all entries before it (store/audit_chain.h); the store makes it. Empty: noted
  /// before there was such a thing.
  std::string chain{};

  friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

}  // namespace lockstep
