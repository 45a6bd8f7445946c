// Evaluation of nodeset expressions: operands, operators, groups.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/text.h"
#include "model/nodeset.h"
#include "model/nodeset_pattern.h"

namespace lockstep {
namespace {

constexpr std::size_t kMaxTextBytes = 16 << 20;
constexpr std::size_t kMaxGroupDepth = 32;
constexpr std::size_t kMaxGroups = 10'000;  // each may cost a command of a group source
// How many names may be handled for one nodeset, in units of its largest size: a bound for texts
// such as "@*!@*!@*!..." whose result stays small.
constexpr std::uint64_t kMaxWorkFactor = 8;

using Names = std::set<std::string, std::less<>>;

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_operator(char c) {
  return c == ',' || c == '!' || c == '&' || c == '^';
}

struct Operand {
  char op;  // ',' for the first one and after white space
  std::string_view text;
  std::size_t column;  // of its first character, from 1
};

/// Cuts a text into operands.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) { skip_space(); }

  bool done() const { return place_ == text_.size(); }

  Result<Operand> next() {
    char op = ',';
    if (!first_ && is_operator(text_[place_])) {
      op = text_[place_++];
      skip_space();
    }
    first_ = false;
    if (done() || is_operator(text_[place_])) {
      return fail(ErrorKind::invalid,
                  fmt::format("character {}: a node name is missing {}", place_ + 1,
                              done() ? fmt::format("after \"{}\"", op)
                                     : fmt::format("before \"{}\"", text_[place_])));
    }
    const std::size_t begin = place_;
    bool in_bracket = false;
    while (!done() && (in_bracket || (!is_operator(text_[place_]) && !is_space(text_[place_])))) {
      if (text_[place_] == '[') in_bracket = true;
      if (text_[place_] == ']') in_bracket = false;
      ++place_;
    }
    const Operand result{op, text_.substr(begin, place_ - begin), begin + 1};
    skip_space();
    return result;
  }

 private:
  void skip_space() {
    while (!done() && is_space(text_[place_])) ++place_;
  }

  std::string_view text_;
  std::size_t place_ = 0;
  bool first_ = true;
};

struct GroupName {
  std::string source;  // empty: the default source
  std::string group;

  std::string to_string() const {
    return source.empty() ? "@" + group : fmt::format("@{}:{}", source, group);
  }
  friend auto operator<=>(const GroupName&, const GroupName&) = default;
};

/// Applies an operator; each costs no more than the size of `operand`, but for logarithms.
void apply(char op, Names& names, std::vector<std::string> operand) {
  if (op == ',') {
    for (std::string& name : operand) names.insert(names.end(), std::move(name));
  } else if (op == '!') {
    for (const std::string& name : operand) names.erase(name);
  } else if (op == '&') {
    Names common;
    for (std::string& name : operand) {
      if (names.contains(name)) common.insert(std::move(name));
    }
    names = std::move(common);
  } else {
    std::ranges::sort(operand);
    operand.erase(std::unique(operand.begin(), operand.end()), operand.end());
    for (std::string& name : operand) {
      if (names.erase(name) == 0) names.insert(std::move(name));
    }
  }
}

class Evaluator {
 public:
  explicit Evaluator(const NodesetOptions& options) : options_(options) {}

  /// `source` is that of groups without one of their own.
  Result<Names> evaluate(std::string_view text, const std::string& source) {
    if (text.size() > kMaxTextBytes) {
      return fail(ErrorKind::invalid,
                  fmt::format("{} bytes are too many for a nodeset; the most is {}",
                              with_thousands(text.size()), with_thousands(kMaxTextBytes)));
    }
    Names names;
    for (Scanner scanner(text); !scanner.done();) {
      LOCKSTEP_TRY(const Operand operand, scanner.next());
      LOCKSTEP_TRY(const NodesetPattern pattern,
                   NodesetPattern::parse(operand.text, operand.column));
      LOCKSTEP_CHECK(admit(pattern.count(), operand));
      std::vector<std::string> expanded = pattern.expand();
      if (operand.text[0] == '@') {
        LOCKSTEP_TRY(expanded, resolve(expanded, source));
      }
      apply(operand.op, names, std::move(expanded));
      LOCKSTEP_CHECK(check_size(names.size()));
    }
    return names;
  }

 private:
  Result<void> admit(std::uint64_t count, const Operand& operand) {
    if (count > options_.max_nodes) {
      return fail(
          ErrorKind::invalid,
          fmt::format("character {}: {} stands for {}{} nodes; the limit is {}", operand.column,
                      quoted(operand.text, 40), count == UINT64_MAX ? "more than " : "",
                      with_thousands(count), with_thousands(options_.max_nodes)));
    }
    return add_work(count);
  }

  Result<void> add_work(std::uint64_t count) {
    work_ += count;
    if (work_ / kMaxWorkFactor <= options_.max_nodes) return {};
    return fail(
        ErrorKind::invalid,
        fmt::format("the operands and groups stand for more than {} times {} nodes together",
                    kMaxWorkFactor, with_thousands(options_.max_nodes)));
  }

  Result<void> check_size(std::size_t size) const {
    if (size <= options_.max_nodes) return {};
    return fail(ErrorKind::invalid, fmt::format("more than {} nodes, which is the limit",
                                                with_thousands(options_.max_nodes)));
  }

  /// The nodes of all groups, each written "@GROUP" or "@SOURCE:GROUP".
  Result<std::vector<std::string>> resolve(const std::vector<std::string>& groups,
                                           const std::string& source) {
    std::vector<std::string> result;
    for (const std::string& text : groups) {
      const std::size_t colon = text.find(':');
      const GroupName group = colon == std::string::npos
                                  ? GroupName{source, text.substr(1)}
                                  : GroupName{text.substr(1, colon - 1), text.substr(colon + 1)};
      LOCKSTEP_TRY(const std::shared_ptr<const Names> members, members_of(group));
      LOCKSTEP_CHECK(add_work(members->size()));
      result.insert(result.end(), members->begin(), members->end());
    }
    return result;
  }

  /// Each group is asked for once, so that groups of groups of groups cost what they hold.
  Result<std::shared_ptr<const Names>> members_of(const GroupName& group) {
    if (group.group.empty() || !options_.resolve_group) {
      return fail(ErrorKind::invalid,
                  fmt::format("{}: {}", quoted(group.to_string()),
                              group.group.empty() ? "the name of the group is missing"
                                                  : "there is no source of groups here"));
    }
    if (const auto known = known_.find(group); known != known_.end()) return known->second;
    if (std::ranges::find(open_, group) != open_.end()) {
      return fail(ErrorKind::invalid,
                  fmt::format("the group {} contains itself", quoted(group.to_string())));
    }
    if (open_.size() == kMaxGroupDepth) {
      return fail(ErrorKind::invalid,
                  fmt::format("the group {} is nested more than {} deep",
                              quoted(open_.front().to_string()), kMaxGroupDepth));
    }
    if (known_.size() == kMaxGroups) {
      return fail(ErrorKind::invalid,
                  fmt::format("more than {} groups in one nodeset", with_thousands(kMaxGroups)));
    }
    open_.push_back(group);
    LOCKSTEP_TRY(const std::string text, options_.resolve_group(group.source, group.group));
    Result<Names> names = evaluate(text, group.source);
    open_.pop_back();
    if (!names) {
      return std::unexpected(
          names.error().within(fmt::format("in the group {}", quoted(group.to_string()))));
    }
    auto shared = std::make_shared<const Names>(std::move(*names));
    known_.emplace(group, shared);
    return shared;
  }

  const NodesetOptions& options_;
  std::uint64_t work_ = 0;
  std::vector<GroupName> open_;  // the groups being evaluated, the outermost first
  std::map<GroupName, std::shared_ptr<const Names>> known_;
};

}  // namespace

Result<Nodeset> parse_nodeset(std::string_view text, const NodesetOptions& options) {
  Result<Names> names = Evaluator(options).evaluate(text, "");
  if (!names) {
    return std::unexpected(names.error().within(fmt::format("nodeset {}", quoted(text, 60))));
  }
  std::vector<std::string> sorted;
  sorted.reserve(names->size());
  while (!names->empty()) sorted.push_back(std::move(names->extract(names->begin()).value()));
  return Nodeset(std::move(sorted));
}

}  // namespace lockstep
