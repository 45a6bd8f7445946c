// What a plug-in writes, held against what it was asked: its lines come in pieces, and facts about
// the nodes that it was asked about come out.

#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "collectors/exec/plugin_message.h"
#include "model/observation.h"
#include "model/reported_port.h"
#include "model/value.h"

namespace lockstep::exec {

struct PluginAddress {
  IpAddress address;
  std::string network;
};
struct PluginNode {
  std::string name;
  std::vector<PluginAddress> addresses;
  std::vector<std::string> classes;
};

/// A line that is not as the contract wants it, or nothing where the whole of the output is meant.
struct Violation {
  std::size_t line = 0;  ///< from 1; 0: no line of it
  std::string what;
  std::string excerpt{};  ///< of the line; a stranger's
};

/// "line 7: WHAT: "EXCERPT"", quoted.
std::string to_string(const Violation& violation);

/// Where facts go.
struct PluginFacts {
  std::function<void(const ValueObservation&)> value;
  std::function<void(const PortObservation&)> port;
  /// Of a node that is covered, one for each address; without its time. May be empty.
  std::function<void(const ReportedLook&)> look{};
};

class PluginReader {
 public:
  /// `nodes` are those asked about; borrowed.
  PluginReader(std::string instance, const std::vector<PluginNode>& nodes, PluginFacts facts);

  /// More of the output. False: no more of it is worth reading.
  bool take(std::string_view text);
  /// At the end of the output: a last line without an end is read, unless the command was cut
  /// short.
  void finish(bool cut_short);

  enum class Answer { none, covered, failed };
  struct NodeAnswer {
    Answer answer = Answer::none;
    std::string error{};  ///< what it said of the node; a stranger's
    std::size_t values = 0;
  };
  const NodeAnswer& of(const std::string& node) const { return states_.at(node).answer; }

  /// The first of them, at most kMostKept.
  const std::vector<Violation>& violations() const { return violations_; }
  std::size_t violation_count() const { return violation_count_; }
  /// What it said of the whole run; the first of it.
  const std::string& error() const { return error_; }
  std::size_t lines() const { return line_; }
  std::size_t values() const { return values_; }
  std::size_t ports() const { return ports_; }

  static constexpr std::size_t kMostKept = 20;
  /// After so many, it is ended.
  static constexpr std::size_t kMostBorne = 1000;
  /// Different sets of ports that one run may say it examined: each takes memory.
  static constexpr std::size_t kMostPortSets = 32;

 private:
  struct State {
    const PluginNode* node = nullptr;
    NodeAnswer answer{};
    std::map<std::string, bool, std::less<>> names{};
  };

  void read_line(std::string_view line);
  void blame(std::string what, std::string_view line);
  Result<State*> state_of(const std::string& node);
  Result<std::string> examined(const std::string& text);
  Result<std::vector<ReportedLook>> looks_of(const PluginNode& node, const CoveredMessage& message);
  Result<void> use(const ValueMessage& message);
  Result<void> use(const PortMessage& message);
  Result<void> use(const CoveredMessage& message);
  Result<void> use(const ErrorMessage& message);

  std::string instance_;
  PluginFacts facts_;
  std::map<std::string, State> states_;
  std::map<std::string, std::string> port_sets_;  // as they were written, and in short
  std::string unfinished_;                        // the line that has no end yet
  bool too_long_ = false;                         // so is its rest
  std::size_t line_ = 0;
  std::size_t values_ = 0;
  std::size_t ports_ = 0;
  std::vector<Violation> violations_;
  std::size_t violation_count_ = 0;
  std::string error_;
};

}  // namespace lockstep::exec
