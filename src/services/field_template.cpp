#include "services/field_template.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace lockstep::services {
namespace {

constexpr std::size_t kMostNumberBytes = 8;

bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

std::string printable(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (is_printable(c)) result += c;
  }
  return result;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  for (std::size_t place = text.find(from); place != text.npos; place = text.find(from)) {
    result += text.substr(0, place);
    result += to;
    text.remove_prefix(place + from.size());
  }
  return result += text;
}

/// Takes a number from the front of `text`: 1 to 99, or nothing.
std::size_t take_number(std::string_view& text) {
  std::size_t number = 0;
  const std::string_view digits = text.substr(0, 2);
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc()) return 0;
  text.remove_prefix(static_cast<std::size_t>(rest - digits.data()));
  return number;
}

/// Takes ,"TEXT" from the front.
Result<std::string> take_text(std::string_view& rest) {
  if (!rest.starts_with(",\"")) return fail(ErrorKind::invalid, "a text in quotes is missing");
  const std::size_t end = rest.find('"', 2);
  if (end == rest.npos) return fail(ErrorKind::invalid, "a text has no closing quote");
  std::string text(rest.substr(2, end - 2));
  rest.remove_prefix(end + 1);
  return text;
}

}  // namespace

Result<FieldTemplate> FieldTemplate::parse(std::string_view text) {
  FieldTemplate result;
  std::string literal;
  const auto add = [&](Group group) {
    if (!literal.empty()) result.pieces_.emplace_back(std::exchange(literal, {}));
    result.pieces_.emplace_back(std::move(group));
  };
  while (!text.empty()) {
    if (text.size() > 1 && text[0] == '$' && text[1] >= '1' && text[1] <= '9') {
      add({.number = static_cast<std::size_t>(text[1] - '0')});
      text.remove_prefix(2);
      continue;
    }
    const std::size_t open = text[0] == '$' ? text.find('(') : text.npos;
    const std::string_view name = open == text.npos ? "" : text.substr(1, open - 1);
    if (name == "P" || name == "SUBST" || name == "I") {
      // A text in quotes may hold a bracket.
      std::size_t close = open + 1;
      for (bool in_quotes = false; close < text.size() && (in_quotes || text[close] != ')');
           ++close) {
        if (text[close] == '"') in_quotes = !in_quotes;
      }
      if (close >= text.size()) {
        return fail(ErrorKind::invalid, fmt::format("${}( has no closing bracket", name));
      }
      LOCKSTEP_TRY(Group group, parse_call(name, text.substr(open + 1, close - open - 1)));
      add(std::move(group));
      text.remove_prefix(close + 1);
      continue;
    }
    literal += text[0];
    text.remove_prefix(1);
  }
  if (!literal.empty()) result.pieces_.emplace_back(std::move(literal));
  return result;
}

Result<FieldTemplate::Group> FieldTemplate::parse_call(std::string_view name,
                                                       std::string_view arguments) {
  const std::string_view whole = arguments;
  Group group{.how = Group::How::printable, .number = take_number(arguments)};
  const auto wrong = [&](std::string_view what) {
    return fail(ErrorKind::invalid, fmt::format("${}({}): {}", name, whole, what));
  };
  if (group.number == 0) return wrong("the number of a group is missing");
  if (name == "SUBST") {
    group.how = Group::How::substitute;
    auto from = take_text(arguments);
    if (!from) return wrong(from.error().message());
    auto to = take_text(arguments);
    if (!to) return wrong(to.error().message());
    if (from->empty()) return wrong("nothing cannot be replaced");
    group.from = std::move(*from);
    group.to = std::move(*to);
  } else if (name == "I") {
    const auto order = take_text(arguments);
    if (!order) return wrong(order.error().message());
    if (*order != ">" && *order != "<") return wrong("the order of bytes is \">\" or \"<\"");
    group.how = *order == ">" ? Group::How::big_endian : Group::How::little_endian;
  }
  if (!arguments.empty()) return wrong("too much stands between the brackets");
  return group;
}

std::string FieldTemplate::fill_group(const Group& group, std::string_view captured) {
  switch (group.how) {
    case Group::How::plain:
    case Group::How::printable: return printable(captured);
    case Group::How::substitute: return printable(replaced(captured, group.from, group.to));
    case Group::How::big_endian:
    case Group::How::little_endian: break;
  }
  if (captured.size() > kMostNumberBytes) return {};
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < captured.size(); ++i) {
    const std::size_t at = group.how == Group::How::big_endian ? i : captured.size() - 1 - i;
    number = number << 8 | static_cast<unsigned char>(captured[at]);
  }
  return std::to_string(number);
}

std::string FieldTemplate::fill(Captures captures) const {
  std::string result;
  for (const Piece& piece : pieces_) {
    if (const auto* literal = std::get_if<std::string>(&piece)) {
      result += *literal;
      continue;
    }
    const Group& group = std::get<Group>(piece);
    if (group.number >= captures.size() || captures[group.number].data() == nullptr) return {};
    result += fill_group(group, captures[group.number]);
  }
  if (result.size() > kMostFieldBytes) result.resize(kMostFieldBytes);
  return std::string(trimmed(result));
}

}  // namespace lockstep::services
