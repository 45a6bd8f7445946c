#include "model/port_list.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace lockstep {
namespace {

Result<Port> parse_port(std::string_view text) {
  std::uint32_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool digits =
      !text.empty() && rest == text.data() + text.size() && error != std::errc::invalid_argument;
  if (!digits) return fail(ErrorKind::invalid, fmt::format("{} is not a port", quoted(text)));
  if (error != std::errc() || number < 1 || number > 65535) {
    return fail(ErrorKind::invalid,
                fmt::format("{} is not a port: ports are 1 to 65535", quoted(text)));
  }
  return static_cast<Port>(number);
}

/// The text up to the next run of spaces; `text` loses both.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text = trimmed(text.substr(word.size()));
  return word;
}

Result<ListedPorts> parse_line(std::string_view line) {
  ListedPorts listed;
  listed.in_default = !line.starts_with('-');
  if (!listed.in_default) line.remove_prefix(1);
  std::string_view ports = take_word(line);
  if (!ports.ends_with("/tcp") && !ports.ends_with("/udp")) {
    return fail(ErrorKind::invalid, "the ports end neither in /tcp nor in /udp");
  }
  if (ports.ends_with("/udp")) listed.protocol = Protocol::udp;
  ports.remove_suffix(4);
  LOCKSTEP_TRY(const PortRange range, parse_port_range(ports));
  listed.first = range.first;
  listed.last = range.last;
  listed.name = take_word(line);
  listed.description = line;
  if (listed.name.empty()) return fail(ErrorKind::invalid, "the name is missing");
  return listed;
}

}  // namespace

Result<PortRange> parse_port_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    LOCKSTEP_TRY(const Port port, parse_port(text));
    return PortRange{port, port};
  }
  const std::string_view first = trimmed(text.substr(0, dash));
  const std::string_view last = trimmed(text.substr(dash + 1));
  if (first.empty() && last.empty()) {
    return fail(
        ErrorKind::invalid,
        fmt::format("{} is a range without a port; \"all\" means every port", quoted(text)));
  }
  PortRange range{1, 65535};
  if (!first.empty()) {
    LOCKSTEP_TRY(range.first, parse_port(first));
  }
  if (!last.empty()) {
    LOCKSTEP_TRY(range.last, parse_port(last));
  }
  if (range.last < range.first) {
    return fail(ErrorKind::invalid, fmt::format("{} ends before it begins; did you mean {}-{}?",
                                                quoted(text), range.last, range.first));
  }
  return range;
}

Result<std::vector<ListedPorts>> parse_port_list(std::string_view text) {
  std::vector<ListedPorts> result;
  std::size_t number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trimmed(raw);
    if (line.empty() || line.starts_with('#')) continue;
    const Result<ListedPorts> listed = parse_line(line);
    if (!listed) {
      return std::unexpected(listed.error().within(fmt::format("line {} of the list", number)));
    }
    result.push_back(*listed);
  }
  return result;
}

}  // namespace lockstep
