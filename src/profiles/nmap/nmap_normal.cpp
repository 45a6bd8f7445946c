// The normal format, made for people:
//
//   Nmap scan report for node1 (198.18.1.1)
//   Host is up (0.0000040s latency).
//   Not shown: 65532 closed tcp ports (reset)
//   PORT     STATE SERVICE  VERSION
//   22/tcp   open  ssh      OpenSSH 9.2p1
//   | ssh-hostkey:
//   |_  256 a5981dd2a6572a1b8fec8a74b8163404 (ED25519)
//   443/tcp  open  ssl/http
//
// Columns are padded with spaces, and none of the first three holds any. What scripts said stands
// behind '|'. Nmap says much else before and after the table, but nothing that looks like a port;
// so a line that does belongs to the table even where somebody has pulled it apart. To pass over it
// would be to lose a port.

#include <algorithm>
#include <array>

#include "base/text.h"
#include "profiles/nmap/nmap_text.h"

namespace lockstep {
namespace {

using Columns = std::array<std::string_view, 3>;

/// The first words of a line; those that it lacks are empty.
Columns first_columns(std::string_view line) {
  Columns columns;
  for (std::string_view& column : columns) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    column = line.substr(0, line.find(' '));
    line.remove_prefix(column.size());
  }
  return columns;
}

/// "1 service unrecognized ..." starts with a digit too, but not with "1/".
bool is_port(std::string_view line) {
  const std::size_t end = line.find_first_not_of("0123456789");
  return end != 0 && end != std::string_view::npos && line[end] == '/';
}

/// The line behind "Nmap scan report for ": "node1 (198.18.1.1)", or an address alone; behind it
/// "[host down]" of a verbose scan.
Result<void> read_host(std::string_view text, HostBuilder& hosts) {
  constexpr std::string_view kDown = " [host down";
  const std::size_t down = text.find(kDown);
  if (down != std::string_view::npos) text = text.substr(0, down);
  std::string_view address = text, name;
  const std::size_t open = text.rfind(" (");
  if (open != std::string_view::npos && text.ends_with(')')) {
    name = text.substr(0, open);
    address = text.substr(open + 2, text.size() - open - 3);
  }
  if (down == std::string_view::npos) return hosts.add_up(address, name);
  hosts.add_down(address);
  return {};
}

Result<void> read_port(std::string_view line, bool version_scan, HostBuilder& hosts) {
  const auto [port, state, service] = first_columns(line);
  const std::size_t slash = port.find('/');
  return hosts.add_port({port.substr(0, slash), port.substr(slash + 1), state,
                         version_scan ? service : std::string_view()});
}

}  // namespace

bool is_port_table(std::string_view line) {
  return line.starts_with("PORT ") && first_columns(line) == Columns{"PORT", "STATE", "SERVICE"};
}

Result<void> read_normal(TextLines lines, bool version_scan, HostBuilder& hosts) {
  constexpr std::string_view kHost = "Nmap scan report for ";
  bool in_table = false;
  while (const auto line = lines.next()) {
    Result<void> read;
    if (line->text.starts_with(kHost)) {
      read = read_host(line->text.substr(kHost.size()), hosts);
    } else if (is_port_table(line->text)) {
      in_table = true;
    } else if (in_table && is_port(line->text)) {
      read = read_port(line->text, version_scan, hosts);
    }
    if (!read) return std::unexpected(read.error().within(place_of(*line)));
  }
  return {};
}

}  // namespace lockstep
