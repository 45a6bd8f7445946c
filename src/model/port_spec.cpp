#include "model/port_spec.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "data/default_ports.h"
#include "model/port_list.h"

namespace lockstep {
namespace {

/// Longer texts are no names; the bound also bounds the search for what was meant.
constexpr std::size_t kLongestName = 64;

/// Parsed once from text that is part of the program; never changes.
const std::vector<ListedPorts>& known_ports() {
  static const std::vector<ListedPorts> list =
      parse_port_list(data::default_ports()).value_or(std::vector<ListedPorts>{});
  return list;
}

/// Digits, dashes and spaces alone: a port or a range, right or wrong.
bool is_numeric(std::string_view item) {
  return item.find_first_not_of("0123456789- \t") == std::string_view::npos;
}

std::optional<Port> port_of_system_service(const std::string& name, Protocol protocol) {
  servent entry{};
  servent* found = nullptr;
  std::array<char, 4096> buffer;
  if (getservbyname_r(name.c_str(), protocol == Protocol::tcp ? "tcp" : "udp", &entry,
                      buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return std::nullopt;
  }
  return ntohs(static_cast<std::uint16_t>(found->s_port));
}

Error unknown_name(std::string_view name, Protocol protocol) {
  std::vector<std::string_view> candidates = {"default", "all"};
  for (const ListedPorts& listed : known_ports()) {
    if (listed.protocol == protocol) candidates.push_back(listed.name);
  }
  const std::string_view meant =
      name.size() <= kLongestName ? nearest(name, candidates) : std::string_view{};
  return {ErrorKind::invalid,
          fmt::format("{} is neither a port nor a name of one{}", quoted(name),
                      meant.empty() ? "" : fmt::format("; did you mean {}?", quoted(meant)))};
}

Result<PortSet> named_ports(std::string_view item, Protocol protocol) {
  const std::string name = lower_case(item);
  if (name == "all") return PortSet::all();
  PortSet result;
  for (const ListedPorts& listed : known_ports()) {
    const bool wanted = name == "default" ? listed.in_default : listed.name == name;
    if (wanted && listed.protocol == protocol) result.insert_range(listed.first, listed.last);
  }
  if (!result.empty()) return result;
  if (name.size() <= kLongestName && name.find('\0') == std::string::npos) {
    if (const std::optional<Port> port = port_of_system_service(name, protocol);
        port && *port != 0) {
      result.insert(*port);
      return result;
    }
  }
  return std::unexpected(unknown_name(item, protocol));
}

Result<PortSet> parse_item(std::string_view item, Protocol protocol) {
  if (item.empty()) {
    return fail(ErrorKind::invalid, "a port is missing: the list is empty or has a comma too many");
  }
  if (!is_numeric(item)) return named_ports(item, protocol);
  LOCKSTEP_TRY(const PortRange range, parse_port_range(item));
  PortSet result;
  result.insert_range(range.first, range.last);
  return result;
}

}  // namespace

Result<PortSet> parse_port_spec(std::string_view text, Protocol protocol) {
  PortSet included;
  PortSet excluded;
  for (const std::string_view piece : split(text, ',')) {
    std::string_view item = trimmed(piece);
    const bool excludes = item.starts_with('!');
    if (excludes) item = trimmed(item.substr(1));
    const Result<PortSet> ports = parse_item(item, protocol);
    if (!ports) return std::unexpected(ports.error().within(fmt::format("ports {}", quoted(text))));
    PortSet& side = excludes ? excluded : included;
    side = side | *ports;
  }
  if (included.empty()) {
    return fail(ErrorKind::invalid,
                fmt::format("ports {} only exclude; did you mean {}?", quoted(text),
                            quoted(fmt::format("all,{}", trimmed(text)))));
  }
  included.remove(excluded);
  if (included.empty()) {
    return fail(ErrorKind::invalid,
                fmt::format("ports {}: nothing is left after the excludes", quoted(text)));
  }
  return included;
}

std::string_view port_name(Port port, Protocol protocol) {
  const auto found = std::ranges::find_if(known_ports(), [&](const ListedPorts& listed) {
    return listed.protocol == protocol && listed.first <= port && port <= listed.last;
  });
  return found == known_ports().end() ? std::string_view{} : found->name;
}

}  // namespace lockstep
