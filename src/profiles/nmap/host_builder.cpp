#include "profiles/nmap/host_builder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/ip_address.h"
#include "base/text.h"

namespace lockstep {
namespace {

constexpr std::string_view kOpen = "open";

/// Nmap's words for the states of a port.
constexpr std::string_view kStates[] = {
    kOpen, "closed", "filtered", "unfiltered", "open|filtered", "closed|filtered", "unknown",
};

/// Names and addresses of hosts are at most this long (RFC 1035, section 2.3.4).
constexpr std::size_t kMaxHostNameBytes = 255;

/// Addresses that are kept to be named and counted; a scan of a network has more.
constexpr std::size_t kHostsNamed = 3;

/// Quoting would change it: it has control characters, quotes or the like.
bool is_plain(std::string_view text) {
  return quoted(text, text.size()).size() == text.size() + 2;
}

Result<Port> parse_port(std::string_view text) {
  unsigned number = 0;
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || stopped != text.data() + text.size() ||
      error == std::errc::invalid_argument) {
    return fail(ErrorKind::corrupt,
                fmt::format("{} is not the number of a port; scan again", quoted(text)));
  }
  if (error == std::errc::result_out_of_range || number > 65535) {
    return fail(
        ErrorKind::invalid,
        fmt::format("the port {} does not exist: 65535 is the last; scan again", quoted(text)));
  }
  return static_cast<Port>(number);
}

/// Nothing for protocols that profiles do not have.
Result<std::optional<Protocol>> parse_protocol(std::string_view text) {
  if (text == "tcp") return Protocol::tcp;
  if (text == "udp") return Protocol::udp;
  if (text == "sctp" || text == "ip") return std::nullopt;
  return fail(ErrorKind::corrupt,
              fmt::format("{} is not a protocol of Nmap's; scan again", quoted(text)));
}

Result<std::string_view> parse_state(std::string_view text) {
  const auto* const state = std::ranges::find(kStates, text);
  if (state != std::end(kStates)) return *state;
  return fail(ErrorKind::corrupt,
              fmt::format("{} is not a state of Nmap's; scan again", quoted(text)));
}

bool is_guess(std::string_view service) {
  if (service.ends_with('?')) return true;
  if (service.starts_with("ssl/")) service.remove_prefix(4);
  return service.empty() || service == "unknown" || service == "tcpwrapped";
}

/// What should answer, by the name that the version scan gave.
Result<std::string> expected_service(std::string_view name) {
  if (is_guess(name)) return std::string();
  if (name.size() > kMaxServiceBytes) {
    return fail(ErrorKind::invalid,
                fmt::format("the service {} has {} bytes, and a profile holds {}: correct its name",
                            quoted(name), with_thousands(name.size()), kMaxServiceBytes));
  }
  if (!is_plain(name) || name.find(' ') != std::string_view::npos) {
    return fail(
        ErrorKind::invalid,
        fmt::format("the service {} is not one printable word: correct its name", quoted(name)));
  }
  return std::string(name);
}

Result<void> check_can_be_expected(Port open) {
  if (open != 0) return {};
  return fail(ErrorKind::invalid,
              "port 0 is open, and no profile can hold it, since no sweep asks it: scan from port "
              "1 on (-p-)");
}

/// "closed", or "open (ssh)".
std::string describe(std::string_view state, std::string_view service) {
  return service.empty() ? std::string(state) : fmt::format("{} ({})", state, service);
}

Result<void> check_host_name(std::string_view name) {
  if (name.size() <= kMaxHostNameBytes && is_plain(name)) return {};
  return fail(ErrorKind::corrupt,
              fmt::format("{} cannot be the name of a host; scan again", quoted(name)));
}

}  // namespace

Result<void> HostBuilder::add_up(std::string_view address, std::string_view name) {
  const auto parsed = IpAddress::parse(address);
  if (!parsed) {
    return fail(ErrorKind::corrupt,
                fmt::format("{} is not the address of a host; scan again", quoted(address)));
  }
  LOCKSTEP_CHECK(check_host_name(name));
  last_up_ = parsed->to_string();
  if (up_.empty()) name_ = name;
  const bool known = std::ranges::find(up_, last_up_) != up_.end();
  if (!known && up_.size() <= kHostsNamed) up_.push_back(last_up_);
  return {};
}

void HostBuilder::add_down(std::string_view address) {
  if (first_down_.empty()) first_down_ = address;
}

Result<void> HostBuilder::add_port(const PortText& port) {
  if (up_.empty()) {
    return fail(ErrorKind::corrupt, "a port, and no host that is up before it; scan again");
  }
  if (last_up_ != up_.front()) return {};  // finish() refuses a second host
  if (++entries_ > kMaxNmapEntries) {
    return fail(ErrorKind::invalid,
                fmt::format("more than {} entries of ports, which is more than a host has over TCP "
                            "and UDP: give the output of one scan of one node",
                            with_thousands(kMaxNmapEntries)));
  }
  LOCKSTEP_TRY(const Port number, parse_port(port.number));
  LOCKSTEP_TRY(const std::optional<Protocol> protocol, parse_protocol(port.protocol));
  LOCKSTEP_TRY(const std::string_view state, parse_state(port.state));
  if (!protocol) return {};
  Entry entry{state, ""};
  if (state == kOpen) {
    LOCKSTEP_CHECK(check_can_be_expected(number));
    LOCKSTEP_TRY(entry.service, expected_service(port.service));
  }
  const auto [known, added] = ports_.try_emplace({number, *protocol}, entry);
  if (added || known->second == entry) return {};
  return fail(ErrorKind::invalid,
              fmt::format("{}/{} is {} here and {} before: give the output of one scan", number,
                          port.protocol, describe(entry.state, entry.service),
                          describe(known->second.state, known->second.service)));
}

Result<void> HostBuilder::check_one_host() const {
  if (up_.size() <= 1) return {};
  const bool more = up_.size() > kHostsNamed;
  std::vector<std::string> named = up_;
  named.resize(std::min(up_.size(), kHostsNamed));
  return fail(ErrorKind::invalid,
              fmt::format("several hosts are up ({}{}), and a class is learned from one: scan one "
                          "node at a time",
                          fmt::join(named, ", "), more ? ", ..." : ""));
}

Error HostBuilder::no_host(std::optional<HostTotals> totals) const {
  const auto refused = [](std::string message) {
    return Error(ErrorKind::invalid, std::move(message));
  };
  if (!first_down_.empty() || (totals && totals->total > 0 && totals->up == 0)) {
    return refused(fmt::format(
        "{} was not seen up: start it, or add -Pn if it does not answer pings (-sL never looks)",
        first_down_.empty() ? "the host" : quoted(first_down_)));
  }
  if (totals && totals->up > 0) {
    return refused("no open port on any host: scan a node that shows one (-p- asks for all)");
  }
  return refused("no host was scanned: name one node that resolves, and scan again");
}

Result<NmapHost> HostBuilder::finish(bool version_scan, std::optional<HostTotals> totals) && {
  LOCKSTEP_CHECK(check_one_host());
  if (up_.empty()) return std::unexpected(no_host(totals));
  NmapHost host{up_.front(), std::move(name_), {}, version_scan};
  for (auto& [key, entry] : ports_) {
    if (entry.state != kOpen) continue;
    ExpectedPort& port = host.ports.emplace_back();
    port.port = key.first;
    port.protocol = key.second;
    port.service = std::move(entry.service);
  }
  if (!host.ports.empty()) return host;
  return fail(ErrorKind::invalid,
              fmt::format("{} shows no open port, and a profile needs one at least: scan all ports "
                          "(-p-) of a node of the class",
                          host.address));
}

}  // namespace lockstep
