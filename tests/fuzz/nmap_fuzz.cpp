// Nmap's output: whatever the bytes, parse_nmap returns. A host that it takes is one that a profile
// can be made of, and an error is fit for a terminal.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/ip_address.h"
#include "profiles/nmap/nmap_output.h"

namespace {

using lockstep::ExpectedPort;

bool is_printable(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

bool is_sound(const ExpectedPort& port, bool version_scan) {
  const std::string& service = port.service;
  return port.port != 0 && service.size() <= lockstep::kMaxServiceBytes && is_printable(service) &&
         service.find(' ') == std::string::npos && !service.ends_with('?') &&
         (version_scan || service.empty());
}

bool is_sound(const lockstep::NmapHost& host) {
  const auto place = [](const ExpectedPort& port) { return std::pair(port.port, port.protocol); };
  const bool ascending = std::ranges::adjacent_find(host.ports, std::ranges::greater_equal(),
                                                    place) == host.ports.end();
  return lockstep::IpAddress::parse(host.address) && host.name.size() <= 255 &&
         is_printable(host.name) && !host.ports.empty() && ascending &&
         std::ranges::all_of(host.ports, [&](const ExpectedPort& port) {
           return is_sound(port, host.version_scan);
         });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // More bytes only bring more of the same.
  constexpr std::size_t kLargest = 16384;
  if (size > kLargest) return 0;
  const auto host = lockstep::parse_nmap({reinterpret_cast<const char*>(data), size});
  const bool good = host
                        ? is_sound(*host)
                        : is_printable(host.error().message()) && !host.error().message().empty() &&
                              host.error().message().size() < 2000;
  if (!good) std::abort();
  return 0;
}
