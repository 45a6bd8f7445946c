#include "analysis/value_judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

#include "analysis/value_clones.h"
#include "base/text.h"

namespace lockstep {
namespace {

using Classes = std::set<std::string>;
using Kind = ValueExpectation::Kind;

constexpr const char* kLikeClass = "like its class";

/// The values of a node, by name.
using Held = std::map<std::string_view, const ValueFact*>;

/// Nodes of the same classes.
struct Group {
  std::size_t nodes = 0;  ///< that were measured lately
  std::map<std::string, ValueClones, std::less<>> clones;
};

/// What is wrong with one value of the nodes of a group; told in the same words for all of them, so
/// that they are one row.
struct Deviants {
  std::vector<std::pair<std::string, const ValueFact*>> nodes;  ///< null: it is not there
  std::string expected;
};

std::string shown(const ValueFact& fact) {
  std::string text = to_text(fact.seen.value);
  if (std::holds_alternative<std::string>(fact.seen.value)) return quoted(text);
  const std::string& unit = fact.seen.unit;
  if (unit.empty()) return text;
  const bool plain = std::ranges::all_of(unit, [](char c) { return c > ' ' && c <= '~'; });
  return fmt::format("{} {}", text, plain ? unit : quoted(unit));
}

/// "it is 384", "it is 3..97", "it is one of 3 texts, such as ..."
std::string told(const std::vector<const ValueFact*>& facts) {
  std::set<Value> values;
  for (const ValueFact* const fact : facts) values.insert(fact->seen.value);
  if (values.size() == 1) return "it is " + shown(*facts.front());
  const bool numbers = std::ranges::all_of(
      values, [](const Value& value) { return std::holds_alternative<double>(value); });
  if (numbers) {
    return fmt::format("it is {}..{}", to_text(*values.begin()), to_text(*values.rbegin()));
  }
  return fmt::format("it is one of {} values, such as {}", values.size(), shown(*facts.front()));
}

class Judge {
 public:
  explicit Judge(const ValueJudgeInput& input) : input_(input) {
    for (const ValueFact& fact : input.facts) {
      held_[fact.seen.node][fact.seen.name] = &fact;
    }
    for (const std::string& node : input.covered) held_[node];
    for (const auto& [name, held] : held_) {
      const auto node = input.nodes.find(std::string(name));
      if (node == input.nodes.end()) continue;
      Group& group = groups_[node->second.classes];
      ++group.nodes;
      for (const auto& [value, fact] : held) group.clones[std::string(value)].add(fact->seen.value);
    }
    for (auto& [classes, group] : groups_) {
      for (auto& [name, clones] : group.clones) clones.close();
    }
  }

  ValueJudgement run() {
    result_.instance = input_.instance;
    for (const std::string& name : input_.covered) {
      const auto node = input_.nodes.find(name);
      if (node != input_.nodes.end()) judge(node->second);
    }
    for (const auto& [key, deviants] : deviants_) report(key.first, key.second, deviants);
    std::ranges::sort(result_.findings, {}, [](const Finding& finding) {
      return std::tie(finding.node, finding.reason);
    });
    return std::move(result_);
  }

 private:
  void judge(const Node& node) {
    result_.nodes.insert(node.name);
    const Held& held = held_.at(node.name);
    const Group& group = groups_.at(node.classes);
    std::set<std::string> names = input_.rules.required(node.classes, input_.instance);
    for (const auto& [name, clones] : group.clones) names.insert(name);
    for (const std::string& name : names) {
      const auto fact = held.find(name);
      judge(node, group, name, fact == held.end() ? nullptr : fact->second);
    }
  }

  void judge(const Node& node, const Group& group, const std::string& name, const ValueFact* fact) {
    const auto rules = input_.rules.of(node.classes, input_.instance, name);
    const bool any =
        rules.empty()
            ? !input_.compares_by_default
            : std::ranges::any_of(rules, [](const auto* rule) { return rule->kind == Kind::any; });
    if (any) return settle(node, name, "it is not compared any more");
    const bool by_class = rules.empty() || std::ranges::any_of(rules, [](const auto* rule) {
                            return rule->kind == Kind::like_class;
                          });
    std::vector<std::string> expected;
    for (const auto* rule : rules) {
      if (rule->kind == Kind::like_class) continue;
      if (fact != nullptr && rule->fits(fact->seen.value)) return settle(node, name, kFits);
      expected.push_back(rule->rule);
    }
    if (by_class) {
      const std::optional<bool> fits = fits_class(group, name, fact);
      if (!fits) {
        result_.undecided.emplace(node.name, name);
        return;
      }
      if (*fits) return settle(node, name, kFits);
      expected.emplace_back(kLikeClass);
    }
    if (fact == nullptr && !by_class && !is_wanted(node, name, group)) {
      return settle(node, name, "it need not be there");
    }
    Deviants& deviants = deviants_[{&group, name}][fact == nullptr];
    deviants.nodes.emplace_back(node.name, fact);
    deviants.expected = fmt::format("{}", fmt::join(expected, " or "));
  }

  /// A node without the value fits where as many others lack it as have it.
  static std::optional<bool> fits_class(const Group& group, const std::string& name,
                                        const ValueFact* fact) {
    const auto clones = group.clones.find(name);
    if (clones == group.clones.end()) return true;
    if (fact != nullptr) return clones->second.fits(fact->seen.value);
    const std::size_t others = group.nodes - 1;
    if (others < kLeastOthers) return {};
    return static_cast<double>(clones->second.size()) < kUsualShare * static_cast<double>(others);
  }

  /// A rule with a name that stands for many does not ask for each of them.
  bool is_wanted(const Node& node, const std::string& name, const Group& group) const {
    if (input_.rules.required(node.classes, input_.instance).contains(name)) return true;
    return fits_class(group, name, nullptr) == false;
  }

  void settle(const Node& node, const std::string& name, const char* why) {
    result_.settled.emplace(std::pair(node.name, name), why);
  }

  void report(const Group* group, const std::string& name, const std::map<bool, Deviants>& kinds) {
    for (const auto& [missing, deviants] : kinds) {
      std::vector<const ValueFact*> facts;
      for (const auto& [node, fact] : deviants.nodes) {
        if (fact != nullptr) facts.push_back(fact);
      }
      Finding finding;
      finding.kind = FindingKind::value_deviates;
      finding.reason = fmt::format("{}/{}", input_.instance, name);
      finding.expected = deviants.expected;
      finding.detail = missing ? "it is not there" : told(facts);
      const auto clones = group->clones.find(name);
      if (clones != group->clones.end()) finding.clones = clones->second.described();
      for (const auto& [node, fact] : deviants.nodes) {
        const Classes& classes = input_.nodes.at(node).classes;
        finding.node = node;
        finding.node_class = fmt::format("{}", fmt::join(classes, "+"));
        finding.severity = input_.severities.of(finding.kind, classes);
        result_.findings.push_back(finding);
      }
    }
  }

  static constexpr const char* kFits = "it is as it should be";

  const ValueJudgeInput& input_;
  std::map<std::string_view, Held> held_;
  std::map<Classes, Group> groups_;
  std::map<std::pair<const Group*, std::string>, std::map<bool, Deviants>> deviants_;
  ValueJudgement result_;
};

}  // namespace

std::optional<std::string> ValueJudgement::why_over(const AlertRecord& record) const {
  const std::string& reason = record.subject.reason;
  if (!reason.starts_with(instance + "/")) return {};
  const std::string name = reason.substr(instance.size() + 1);
  const auto found = settled.find({record.node, name});
  if (found != settled.end()) return found->second;
  const bool deviates = std::ranges::any_of(findings, [&](const Finding& finding) {
    return finding.node == record.node && finding.reason == reason;
  });
  if (deviates) return "its node is judged otherwise now, which is an alert of its own";
  const bool told = nodes.contains(record.node) && !undecided.contains({record.node, name});
  if (told) return "no node of its class has it any more";
  return {};
}

ValueJudgement judge_values(const ValueJudgeInput& input) {
  return Judge(input).run();
}

}  // namespace lockstep
