// What a channel wants to hear of, and how often.

#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/alert.h"
#include "model/finding.h"
#include "model/nodeset.h"

namespace lockstep::notify {

using std::chrono::seconds;

struct ChannelPolicy {
  std::string name{};
  Severity least = Severity::low;   ///< what is less grave is not told
  std::set<FindingKind> kinds{};    ///< empty: all
  std::set<std::string> classes{};  ///< one of a node's must be among them; empty: all
  std::optional<Nodeset> nodes{};   ///< none: all, and what is of no node
  seconds gather = seconds(30);     ///< how long more nodes are waited for; high ones at once
  /// Between a message of a cause and the next, where there are more nodes; as many updates.
  std::vector<seconds> pauses = {std::chrono::minutes(5), std::chrono::minutes(30),
                                 std::chrono::hours(4)};
  std::optional<seconds> repeat = std::chrono::hours(24);  ///< of what is still so; none: never
  bool tells_end = true;
  std::size_t most_waiting = 10'000;  ///< messages that wait for delivery; more are made later
};

/// By kind, class and node; not by severity.
bool wants(const ChannelPolicy& channel, const AlertRecord& record);
/// Whether it would have been told by `until`: it is grave, or was so for as long as is gathered.
bool lasts(const ChannelPolicy& channel, const AlertRecord& record, WallTime until);

/// Somebody works on these nodes: what they do is not told.
struct Maintenance {
  Nodeset nodes{};
  WallTime from{};
  WallTime until{};
  std::string note{};  ///< for people
};

/// Nodes of one group (rack, switch) that fall silent together are one cause.
struct GroupRule {
  std::size_t nodes = 5;  ///< as many at least; 0: never
  seconds within = std::chrono::minutes(10);
};

struct Policy {
  std::string cluster{};
  std::vector<ChannelPolicy> channels{};
  std::vector<Maintenance> maintenance{};
  GroupRule groups{};
  std::map<std::string, std::string> group_of{};  ///< by node, where it has one
};

}  // namespace lockstep::notify
