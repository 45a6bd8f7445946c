#include "model/nodeset_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.h"
#include "model/decimal.h"

namespace lockstep {
namespace {

constexpr std::uint64_t kMaxCount = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kMaxStepDigits = 18;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

bool is_padded(std::string_view number) {
  return number.size() > 1 && number[0] == '0';
}

std::unexpected<Error> fail_at(std::size_t column, std::string_view message) {
  return fail(ErrorKind::invalid, fmt::format("character {}: {}", column, message));
}

/// "7", "1-9", "1-9/2". `whole` is the text as the user wrote it, for messages.
Result<IndexRange> parse_range(std::string_view whole, std::size_t column) {
  const std::size_t slash = whole.find('/');
  const std::string_view bounds = trimmed(whole.substr(0, slash));
  if (bounds.empty()) return fail_at(column, "an empty range");
  const std::size_t dash = bounds.find('-');
  if (dash == 0) return fail_at(column, fmt::format("{}: indexes are not negative", quoted(whole)));
  const std::string_view first = trimmed(bounds.substr(0, dash));
  const bool single = dash == std::string_view::npos;
  const std::string_view last = single ? first : trimmed(bounds.substr(dash + 1));
  if (!is_number(first) || !is_number(last)) {
    return fail_at(column,
                   fmt::format("{} is not a range such as 7, 1-9 or 0-10/2", quoted(whole)));
  }
  if (first.size() > kMaxIndexDigits || last.size() > kMaxIndexDigits) {
    return fail_at(column,
                   fmt::format("{} has more than {} digits", quoted(whole, 20), kMaxIndexDigits));
  }
  if (decimal_less(last, first)) {
    return fail_at(column, fmt::format("the range {}-{} ends before it begins", first, last));
  }
  if ((is_padded(first) || is_padded(last)) && first.size() != last.size()) {
    return fail_at(column,
                   fmt::format("the padded range {}-{} needs ends of one length", first, last));
  }
  IndexRange range{std::string(first), 1, 1};
  if (slash != std::string_view::npos) {
    const std::string_view digits = trimmed(whole.substr(slash + 1));
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), range.step);
    if (!is_number(digits) || digits.size() > kMaxStepDigits || error != std::errc() ||
        range.step == 0) {
      return fail_at(column, fmt::format("{}: the step is to be a number from 1 to 10^{}",
                                         quoted(whole), kMaxStepDigits));
    }
    if (single && range.step != 1) {
      return fail_at(column, fmt::format("{}: a step needs a range such as 0-10/2", quoted(whole)));
    }
  }
  const std::uint64_t steps = decimal_distance(first, last) / range.step;
  range.count = steps == kMaxCount ? steps : steps + 1;
  return range;
}

Result<std::vector<IndexRange>> parse_ranges(std::string_view inner, std::size_t column) {
  std::vector<IndexRange> result;
  for (const std::string_view piece : split(inner, ',')) {
    const auto offset = static_cast<std::size_t>(piece.data() - inner.data());
    LOCKSTEP_TRY(IndexRange range, parse_range(piece, column + offset));
    result.push_back(std::move(range));
  }
  return result;
}

/// White space and operators never get here: they end an operand. `group`: "*" is allowed.
Result<void> check_literal(std::string_view text, std::size_t column, bool group) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ']') return fail_at(column + i, "\"]\" without \"[\"");
    const bool printable = c > ' ' && c <= '~';
    const bool wildcard = c == '*' || c == '?';
    if (printable && !wildcard && c != '@') continue;
    if (group && c == '*') continue;
    if (wildcard) {
      return fail_at(column + i, "wildcards are not supported; @* stands for all nodes");
    }
    return fail_at(column + i,
                   fmt::format("{} is not allowed in a node name", quoted(text.substr(i, 1))));
  }
  return {};
}

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  return a > kMaxCount - b ? kMaxCount : a + b;
}

std::uint64_t saturating_multiply(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > kMaxCount / b ? kMaxCount : a * b;
}

std::vector<std::string> expand_ranges(const std::vector<IndexRange>& ranges) {
  std::vector<std::string> result;
  for (const IndexRange& range : ranges) {
    std::string index = range.first;
    for (std::uint64_t i = 0; i < range.count; ++i) {
      if (i > 0) decimal_add(index, range.step);
      result.push_back(index);
    }
  }
  return result;
}

}  // namespace

Result<NodesetPattern> NodesetPattern::parse(std::string_view text, std::size_t column) {
  NodesetPattern result;
  const bool group = text.starts_with('@');
  if (group) result.parts_.emplace_back("@");
  std::size_t bytes = 0;
  std::size_t indexes = 0;
  bool number_before = false;  // whether the name so far ends in a bracket, or in digits after one
  for (std::size_t i = group ? 1 : 0; i < text.size();) {
    if (text[i] == '[') {
      const std::size_t close = text.find(']', i);
      if (close == std::string_view::npos) return fail_at(column + i, "\"[\" without \"]\"");
      if (number_before) {
        return fail_at(column + i, "two brackets need something other than digits between them");
      }
      LOCKSTEP_TRY(Ranges ranges, parse_ranges(text.substr(i + 1, close - i - 1), column + i + 1));
      std::size_t longest = 0;
      for (const IndexRange& range : ranges) longest = std::max(longest, range.first.size());
      bytes += longest;
      ++indexes;
      number_before = true;
      result.parts_.emplace_back(std::move(ranges));
      i = close + 1;
    } else {
      const std::size_t end = std::min(text.find('[', i), text.size());
      const std::string_view literal = text.substr(i, end - i);
      LOCKSTEP_CHECK(check_literal(literal, column + i, group));
      for (std::size_t j = 0; j < literal.size(); ++j) {
        if (is_digit(literal[j]) && (j == 0 || !is_digit(literal[j - 1]))) ++indexes;
      }
      if (!std::ranges::all_of(literal, is_digit)) number_before = false;
      bytes += literal.size();
      result.parts_.emplace_back(std::string(literal));
      i = end;
    }
  }
  if (bytes > kMaxNodeNameBytes) {
    return fail_at(column, fmt::format("{} makes names of more than {} bytes", quoted(text, 20),
                                       kMaxNodeNameBytes));
  }
  if (indexes > kMaxIndexesInName) {
    return fail_at(column, fmt::format("{} makes names with more than {} numbers", quoted(text, 20),
                                       kMaxIndexesInName));
  }
  return result;
}

std::uint64_t NodesetPattern::count() const {
  std::uint64_t result = 1;
  for (const auto& part : parts_) {
    const auto* ranges = std::get_if<Ranges>(&part);
    if (ranges == nullptr) continue;
    std::uint64_t sum = 0;
    for (const IndexRange& range : *ranges) sum = saturating_add(sum, range.count);
    result = saturating_multiply(result, sum);
  }
  return result;
}

std::vector<std::string> NodesetPattern::expand() const {
  std::vector<std::string> result{""};
  for (const auto& part : parts_) {
    if (const auto* literal = std::get_if<std::string>(&part)) {
      for (std::string& name : result) name += *literal;
      continue;
    }
    const std::vector<std::string> indexes = expand_ranges(std::get<Ranges>(part));
    std::vector<std::string> longer;
    longer.reserve(result.size() * indexes.size());
    for (const std::string& name : result) {
      for (const std::string& index : indexes) longer.push_back(name + index);
    }
    result = std::move(longer);
  }
  return result;
}

}  // namespace lockstep
