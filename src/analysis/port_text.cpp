#include "analysis/port_text.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace lockstep {
namespace {

/// How much of a list of ports a person reads.
constexpr std::size_t kLongestPortText = 100;
constexpr std::string_view kCutShort = "...";
constexpr std::string_view kBeforeList = " ports: ";
constexpr std::string_view kAfterCount = " ports examined";

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  Number number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The number, with its thousands apart, that `text` ends with.
std::optional<std::size_t> number_at_end(std::string_view text) {
  const std::size_t before = text.find_last_not_of("0123456789,");
  std::string digits(text.substr(before == std::string_view::npos ? 0 : before + 1));
  std::erase(digits, ',');
  return number_in<std::size_t>(digits);
}

/// Adds "22" or "8000-8010".
bool add_range(std::string_view text, PortSet& to) {
  const std::size_t dash = text.find('-');
  const auto first = number_in<Port>(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number_in<Port>(text.substr(dash + 1));
  if (!first || !last || *last < *first) return false;
  to.insert_range(*first, *last);
  return true;
}

}  // namespace

std::string ports_text(const std::string& reason, const PortSet& ports) {
  std::string text = ports.to_string();
  if (text.size() > kLongestPortText) {
    text.resize(text.rfind(',', kLongestPortText));
    text += fmt::format(",{}", kCutShort);
  }
  return fmt::format("{}{}{}{}{}", reason, reason.empty() ? "" : ", ", with_thousands(ports.size()),
                     kBeforeList, text);
}

bool NamedPorts::all_in(const PortSet& wanted) const {
  PortSet left = ports;
  left.remove(wanted);
  return left.empty() && wanted.size() >= count;
}

std::optional<NamedPorts> ports_named_in(std::string_view text) {
  const std::size_t list = text.rfind(kBeforeList);
  if (list == std::string_view::npos) return std::nullopt;
  const auto count = number_at_end(text.substr(0, list));
  if (!count) return std::nullopt;
  NamedPorts named{.ports = {}, .count = *count};
  for (const std::string_view item : split(text.substr(list + kBeforeList.size()), ',')) {
    if (item == kCutShort) continue;
    if (!add_range(item, named.ports)) return std::nullopt;
  }
  return named;
}

std::string examined_text(const std::string& reason, bool any, std::size_t wanted) {
  return fmt::format("{}: {} of {}{}", reason, any ? "not all" : "none", with_thousands(wanted),
                     kAfterCount);
}

std::optional<std::size_t> ports_to_examine(std::string_view text) {
  const std::size_t after = text.find(kAfterCount);
  if (after == std::string_view::npos) return std::nullopt;
  return number_at_end(text.substr(0, after));
}

}  // namespace lockstep
