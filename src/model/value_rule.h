// What a hand has written of the values of a class.

#pragma once

#include <string>

namespace lockstep {

/// A row of the table value_rules. What `rule` may say stands in profiles/value_rule.h.
struct ValueRule {
  std::string host_type;  ///< a class, or "*": any
  std::string instance;   ///< of a plug-in, or "*": any
  std::string name;       ///< of a value; one that ends in "*" stands for all that begin so
  std::string rule;

  friend auto operator<=>(const ValueRule&, const ValueRule&) = default;
};

}  // namespace lockstep
