#include "profiles/value_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <tuple>

#include "base/text.h"
#include "profiles/glob.h"

namespace lockstep {
namespace {

using Kind = ValueExpectation::Kind;

constexpr std::string_view kAll = "*";

std::optional<double> parse_double(std::string_view text) {
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && rest == text.data() + text.size();
  if (!whole || !std::isfinite(number)) return {};
  return number;
}

bool is_same(const std::string& wanted, const Value& value) {
  if (const double* const number = std::get_if<double>(&value)) {
    return parse_double(wanted) == *number;
  }
  return std::get<std::string>(value) == wanted;
}

std::optional<ValueExpectation> parse_range(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return {};
  const std::string_view low = trimmed(text.substr(0, dots));
  const std::string_view high = trimmed(text.substr(dots + 2));
  ValueExpectation result{.kind = Kind::range};
  result.low = parse_double(low);
  result.high = parse_double(high);
  const bool good = (low.empty() || result.low) && (high.empty() || result.high) &&
                    (result.low || result.high) &&
                    !(result.low && result.high && *result.low > *result.high);
  if (!good) return {};
  return result;
}

std::optional<ValueExpectation> parse_form(std::string_view text) {
  if (text == "any") return ValueExpectation{.kind = Kind::any};
  if (text == "like the class") return ValueExpectation{.kind = Kind::like_class};
  if (text.starts_with('=')) {
    return ValueExpectation{.kind = Kind::exact, .texts = {std::string(trimmed(text.substr(1)))}};
  }
  if (text.starts_with('~')) {
    const std::string_view pattern = trimmed(text.substr(1));
    if (pattern.empty()) return {};
    return ValueExpectation{.kind = Kind::pattern, .texts = {std::string(pattern)}};
  }
  if (text.starts_with("in ")) {
    ValueExpectation result{.kind = Kind::one_of};
    for (const std::string_view each : split(text.substr(3), '|')) {
      result.texts.emplace_back(trimmed(each));
    }
    return result;
  }
  return parse_range(text);
}

bool stands_for(const ValueRule& rule, std::string_view name) {
  if (rule.name == name) return true;
  if (!rule.name.ends_with('*')) return false;
  return name.starts_with(std::string_view(rule.name).substr(0, rule.name.size() - 1));
}

bool is_of(const ValueRule& rule, const std::set<std::string>& classes, std::string_view instance) {
  return (rule.instance == kAll || rule.instance == instance) &&
         (rule.host_type == kAll || classes.contains(rule.host_type));
}

/// Greater is more telling.
auto rank_of(const ValueRule& rule) {
  const bool whole = !rule.name.ends_with('*');
  return std::tuple(whole, rule.name.size(), rule.host_type != kAll, rule.instance != kAll);
}

}  // namespace

bool ValueExpectation::fits(const Value& value) const {
  const double* const number = std::get_if<double>(&value);
  switch (kind) {
    case Kind::any:
    case Kind::like_class: return true;
    case Kind::exact:
    case Kind::one_of:
      return std::ranges::any_of(texts, [&](const auto& each) { return is_same(each, value); });
    case Kind::pattern: return fits_glob(texts[0], to_text(value));
    case Kind::range:
      return number != nullptr && (!low || *number >= *low) && (!high || *number <= *high);
  }
  return true;
}

Result<ValueExpectation> parse_value_rule(std::string_view text) {
  const std::string_view written = trimmed(text);
  auto result = parse_form(written);
  if (!result) {
    return fail(ErrorKind::invalid,
                fmt::format("the rule {} is none of: = VALUE, in A|B, LOW..HIGH, ~ PATTERN, like "
                            "the class, any",
                            quoted(written)));
  }
  result->rule = written;
  return std::move(*result);
}

std::string to_text(const Value& value) {
  if (const double* const number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  return std::get<std::string>(value);
}

Result<ValueRules> ValueRules::parse(std::span<const ValueRule> rules) {
  ValueRules result;
  for (const ValueRule& rule : rules) {
    auto expectation = parse_value_rule(rule.rule);
    if (!expectation) {
      return fail(ErrorKind::corrupt,
                  fmt::format("table value_rules, the row host_type {}, instance {}, name {}: {}; "
                              "correct or delete it with an SQL client",
                              quoted(rule.host_type), quoted(rule.instance), quoted(rule.name),
                              expectation.error().message()));
    }
    result.entries_.push_back({rule, std::move(*expectation)});
  }
  return result;
}

std::vector<const ValueExpectation*> ValueRules::of(const std::set<std::string>& classes,
                                                    std::string_view instance,
                                                    std::string_view name) const {
  std::vector<const Entry*> found;
  for (const Entry& entry : entries_) {
    if (!is_of(entry.rule, classes, instance) || !stands_for(entry.rule, name)) continue;
    if (!found.empty() && rank_of(entry.rule) < rank_of(found[0]->rule)) continue;
    if (!found.empty() && rank_of(entry.rule) > rank_of(found[0]->rule)) found.clear();
    found.push_back(&entry);
  }
  std::vector<const ValueExpectation*> result;
  for (const Entry* const entry : found) result.push_back(&entry->expectation);
  return result;
}

std::set<std::string> ValueRules::required(const std::set<std::string>& classes,
                                           std::string_view instance) const {
  std::set<std::string> names;
  for (const Entry& entry : entries_) {
    const bool compares =
        entry.expectation.kind != Kind::any && entry.expectation.kind != Kind::like_class;
    if (compares && !entry.rule.name.ends_with('*') && is_of(entry.rule, classes, instance)) {
      names.insert(entry.rule.name);
    }
  }
  return names;
}

bool ValueRules::compares(std::string_view instance) const {
  return std::ranges::any_of(entries_, [&](const Entry& entry) {
    return entry.expectation.kind != Kind::any &&
           (entry.rule.instance == kAll || entry.rule.instance == instance);
  });
}

}  // namespace lockstep
