// Values that an instance measured, held against the rules for them and against those of the
// clones: which deviate. Pure.
//
// The clones of a node are the nodes of the same classes. Only nodes that were covered are judged;
// what others said lately counts as clones'. A value that nearly all clones have, or that a rule
// names in full, and that a covered node has not, deviates too.

#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/severity.h"
#include "model/alert.h"
#include "model/finding.h"
#include "model/node.h"
#include "model/value.h"
#include "profiles/value_rule.h"

namespace lockstep {

/// Borrowed for the call.
struct ValueJudgeInput {
  std::string_view instance;
  /// Of the instance; ascending by node and name, those of covered nodes among them.
  std::span<const ValueFact> facts;
  const std::map<std::string, Node>& nodes;
  const std::set<std::string>& covered;
  const ValueRules& rules;
  /// What a value without a rule is held against: the class, or nothing.
  bool compares_by_default = true;
  const SeverityPolicy& severities;
};

struct ValueJudgement {
  /// Of kind value_deviates: `reason` is "INSTANCE/NAME", `expected` the rule, `clones` what is
  /// usual, `detail` what all nodes of the row have; ascending by node and name.
  std::vector<Finding> findings;
  /// By node and name: why there is no finding, where that is certain.
  std::map<std::pair<std::string, std::string>, std::string> settled;
  /// By node and name: too few clones tell.
  std::set<std::pair<std::string, std::string>> undecided;
  std::set<std::string> nodes;  ///< that were judged
  std::string instance;

  /// Why an alert about a value of a covered node of this instance is over; nothing: it is not
  /// proven. For update_conditions().
  std::optional<std::string> why_over(const AlertRecord& record) const;
};

ValueJudgement judge_values(const ValueJudgeInput& input);

}  // namespace lockstep
