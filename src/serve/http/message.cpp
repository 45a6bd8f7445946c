#include "serve/http/message.h"

#include <algorithm>

namespace lockstep::serve {
namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// In a query "+" is a space, as forms send it.
Result<std::string> decode(std::string_view text, bool in_query) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && in_query) {
      c = ' ';
    } else if (c == '%') {
      const int high = i + 2 < text.size() ? digit_of(text[i + 1]) : -1;
      const int low = high >= 0 ? digit_of(text[i + 2]) : -1;
      if (low < 0) {
        return fail(ErrorKind::invalid, "a percent sign of the path needs two digits behind it");
      }
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (is_control(c)) return fail(ErrorKind::invalid, "the path has a control character");
    decoded += c;
  }
  return decoded;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Calls `take` for each part between the separators, the empty ones among them.
template <typename Take>
Result<void> split(std::string_view text, char separator, const Take& take) {
  while (true) {
    const std::size_t end = text.find(separator);
    LOCKSTEP_CHECK(take(text.substr(0, end)));
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
}

}  // namespace

Result<HttpTarget> parse_target(std::string_view text) {
  if (!text.starts_with('/')) return fail(ErrorKind::invalid, "a path begins with a slash");
  const std::size_t fragment = text.find('#');
  text = text.substr(0, fragment);
  const std::size_t mark = text.find('?');
  HttpTarget target;
  LOCKSTEP_CHECK(split(text.substr(0, mark), '/', [&](std::string_view part) -> Result<void> {
    if (part.empty()) return {};
    auto segment = decode(part, false);
    if (!segment) return std::unexpected(segment.error());
    if (*segment == "." || *segment == "..") {
      return fail(ErrorKind::invalid, "the path has a segment \".\" or \"..\"");
    }
    target.path.push_back(std::move(*segment));
    return {};
  }));
  if (mark == std::string_view::npos) return target;
  LOCKSTEP_CHECK(split(text.substr(mark + 1), '&', [&](std::string_view part) -> Result<void> {
    if (part.empty()) return {};
    const std::size_t equals = part.find('=');
    LOCKSTEP_TRY(std::string name, decode(part.substr(0, equals), true));
    std::string value;
    if (equals != std::string_view::npos) {
      LOCKSTEP_TRY(value, decode(part.substr(equals + 1), true));
    }
    target.query.emplace_back(std::move(name), std::move(value));
    return {};
  }));
  return target;
}

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [each, value] : headers) {
    if (each == name) return value;
  }
  return {};
}

std::optional<std::string_view> HttpRequest::parameter(std::string_view name) const {
  for (const auto& [each, value] : target.query) {
    if (each == name) return value;
  }
  return std::nullopt;
}

std::optional<std::string_view> HttpRequest::cookie(std::string_view name) const {
  std::string_view rest = header("cookie");
  while (!rest.empty()) {
    const std::size_t end = rest.find(';');
    const std::string_view part = trimmed(rest.substr(0, end));
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos && part.substr(0, equals) == name) {
      return part.substr(equals + 1);
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return std::nullopt;
}

}  // namespace lockstep::serve
