#include "model/port_items.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace lockstep {
namespace {

constexpr unsigned kLastPort = 65535;

}  // namespace

std::optional<unsigned> parse_bounded(std::string_view digits, unsigned most) {
  unsigned number = 0;
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || rest != digits.data() + digits.size() || number > most) return {};
  return number;
}

Result<PortSet> parse_port_items(std::string_view text) {
  PortSet ports;
  for (const std::string_view item : split(text, ',')) {
    const std::size_t dash = item.find('-');
    const auto first = parse_bounded(item.substr(0, dash), kLastPort);
    const auto last = dash == item.npos ? first : parse_bounded(item.substr(dash + 1), kLastPort);
    if (!first || !last || *first == 0 || *last < *first) {
      return fail(ErrorKind::invalid,
                  fmt::format("{} is not a port or a range of ports of 1 to 65535", quoted(item)));
    }
    ports.insert_range(static_cast<Port>(*first), static_cast<Port>(*last));
  }
  return ports;
}

}  // namespace lockstep
