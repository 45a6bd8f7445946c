// The greppable format, a line or two a host:
//
//   Host: 198.18.1.1 (node1)<TAB>Status: Up
//   Host: 198.18.1.1 (node1)<TAB>Ports: 22/open/tcp//ssh///, ...<TAB>Ignored State: closed (65533)
//
// A port is PORT/STATE/PROTOCOL/OWNER/SERVICE/RPC/VERSION/. Versions contain commas, but Nmap
// writes '|' for every '/' in a field; so the slashes are counted, and the commas are not trusted.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"
#include "profiles/nmap/nmap_text.h"

namespace lockstep {
namespace {

enum Field : std::size_t { kPort, kState, kProtocol, kOwner, kService, kRpc, kVersion, kFields };

struct Host {
  std::string_view address, name;
};

/// Of "198.18.1.1 (node1)".
Result<Host> parse_host(std::string_view text) {
  const std::size_t open = text.find(" (");
  if (open == std::string_view::npos || !text.ends_with(')')) {
    return fail(
        ErrorKind::corrupt,
        fmt::format("{} is not an address and a name in parentheses; scan again", quoted(text)));
  }
  return Host{text.substr(0, open), text.substr(open + 2, text.size() - open - 3)};
}

/// Takes the fields of the first port off `list`, and the comma behind it.
Result<std::array<std::string_view, kFields>> take_port(std::string_view& list) {
  std::array<std::string_view, kFields> fields;
  const std::string_view whole = list;
  for (std::string_view& field : fields) {
    const std::size_t end = list.find('/');
    if (end == std::string_view::npos) {
      return fail(ErrorKind::corrupt,
                  fmt::format("the port {} has less than {} fields; scan again", quoted(whole),
                              static_cast<std::size_t>(kFields)));
    }
    field = list.substr(0, end);
    list.remove_prefix(end + 1);
  }
  if (!list.empty() && !list.starts_with(", ")) {
    return fail(ErrorKind::corrupt, fmt::format("the port {} does not end where it should; scan "
                                                "again",
                                                quoted(whole)));
  }
  list.remove_prefix(std::min<std::size_t>(list.size(), 2));
  return fields;
}

Result<void> read_ports(std::string_view list, bool version_scan, HostBuilder& hosts) {
  list = trimmed(list);
  while (!list.empty()) {
    LOCKSTEP_TRY(const auto fields, take_port(list));
    std::string service(version_scan ? fields[kService] : std::string_view());
    std::ranges::replace(service, '|', '/');
    LOCKSTEP_CHECK(hosts.add_port({fields[kPort], fields[kProtocol], fields[kState], service}));
  }
  return {};
}

/// The text before the first tab of `line`, which loses it.
std::string_view take_field(std::string_view& line) {
  const std::string_view field = line.substr(0, line.find('\t'));
  line.remove_prefix(std::min(field.size() + 1, line.size()));
  return field;
}

Result<void> read_host(std::string_view line, bool version_scan, HostBuilder& hosts) {
  constexpr std::string_view kPorts = "Ports: ";
  LOCKSTEP_TRY(const Host host, parse_host(take_field(line)));
  while (!line.empty()) {
    const std::string_view field = take_field(line);
    const bool has_ports = field.starts_with(kPorts);
    if (field == "Status: Down" || field == "Status: Unknown") hosts.add_down(host.address);
    if (!has_ports && field != "Status: Up") continue;
    LOCKSTEP_CHECK(hosts.add_up(host.address, host.name));
    if (!has_ports) continue;
    LOCKSTEP_CHECK(read_ports(field.substr(kPorts.size()), version_scan, hosts));
  }
  return {};
}

}  // namespace

Result<void> read_greppable(TextLines lines, bool version_scan, HostBuilder& hosts) {
  constexpr std::string_view kHost = "Host: ";
  while (const auto line = lines.next()) {
    if (!line->text.starts_with(kHost)) continue;
    const auto read = read_host(line->text.substr(kHost.size()), version_scan, hosts);
    if (!read) return std::unexpected(read.error().within(place_of(*line)));
  }
  return {};
}

}  // namespace lockstep
