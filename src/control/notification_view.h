// What is told to whom, for people who look on.

#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/finding.h"
#include "model/notice.h"

namespace lockstep::control {

/// A channel of the configuration, without its place and its secrets.
struct ChannelInfo {
  std::string name;
  std::string kind{};  ///< "webhook"
  bool enabled = true;
  Severity least = Severity::low;                ///< what is less grave is not told
  std::vector<FindingKind> kinds{};              ///< empty: all
  std::vector<std::string> classes{};            ///< empty: all
  std::string nodes{};                           ///< folded; empty: all
  std::optional<std::chrono::seconds> repeat{};  ///< of what is still so; none: never
};

/// A message, and what it is about.
struct OutboxRow {
  OutboxMessage message;
  std::string title;  ///< one line, escaped
};

/// What became of a message that was sent by hand.
struct TestDelivery {
  bool delivered = false;
  std::string problem{};  ///< empty: none
};

}  // namespace lockstep::control
