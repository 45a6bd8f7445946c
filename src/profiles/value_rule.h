// What `rule` of the table value_rules asks of a value:
//
//   = 512           exactly this number, or this text
//   in ext4|xfs     one of them
//   1..10           a number within, both ends included; "1.." and "..10" have one end
//   ~ 6.1.*         all of the text: '*' stands for any text, '?' for any character
//   like the class  as the clones of the node have it (analysis/value_judge.h)
//   any             it is not compared
//
// A pattern is a glob and no regular expression: every text of it can be told at a glance, and none
// takes long.

#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/value.h"
#include "model/value_rule.h"

namespace lockstep {

struct ValueExpectation {
  enum class Kind { exact, one_of, range, pattern, like_class, any };
  Kind kind = Kind::any;
  std::vector<std::string> texts{};  ///< of exact, one_of and pattern
  std::optional<double> low{};       ///< of range
  std::optional<double> high{};
  std::string rule{};  ///< as it was written, for a person

  /// Of no kind that needs the clones of the node: like_class fits all here, and so does any.
  bool fits(const Value& value) const;
};

/// Errors: `invalid`, which say what may be written.
Result<ValueExpectation> parse_value_rule(std::string_view text);

/// "512", or the text.
std::string to_text(const Value& value);

/// Which rules hold where. The most telling one counts: one with the whole name before one with a
/// longer beginning of it before one with a shorter; then one of the class before one of "*"; then
/// one of the instance before one of "*". Where several of the same rank remain, as for a node of
/// two classes, each of them will do.
class ValueRules {
 public:
  /// Errors: `corrupt`, naming the row.
  static Result<ValueRules> parse(std::span<const ValueRule> rules);

  /// Empty: no rule is of it. Valid as long as the object.
  std::vector<const ValueExpectation*> of(const std::set<std::string>& classes,
                                          std::string_view instance, std::string_view name) const;
  /// The names that rules for these classes write in full, but for those that are not compared.
  std::set<std::string> required(const std::set<std::string>& classes,
                                 std::string_view instance) const;
  /// A rule of the instance compares something.
  bool compares(std::string_view instance) const;

 private:
  struct Entry {
    ValueRule rule;
    ValueExpectation expectation;
  };
  std::vector<Entry> entries_;
};

}  // namespace lockstep
