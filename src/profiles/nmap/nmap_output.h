// What Nmap wrote about one node, as a list of open ports.
//
// Three of Nmap's formats are read, told apart by their content: XML (-oX), greppable (-oG) and
// normal (-oN, or what a terminal showed, from "Starting Nmap" to "Nmap done:"). The same scan
// gives the same ports and services in all three.
//
// A service is taken only from a version scan (-sV, -A), and only where a probe recognised it:
//
//   what Nmap holds                          XML                 greppable     normal     taken as
//   recognised, or its protocol alone        method="probed"     http          http       http
//   the same, inside TLS                     + tunnel="ssl"      ssl|http      ssl/http   ssl/http
//   not recognised, or left out of probing   method="table"      http?         http?      (none)
//   hangs up before it says a word           name="tcpwrapped"   tcpwrapped    tcpwrapped (none)
//   no version scan: the port's usual name   method="table"      http          http       (none)
//
// Scripts alone (-sC) recognise some services too, but only the XML tells which; so they do not
// count. In XML and the normal format the name of the host is the one that was asked for, else
// that of the reverse zone; the greppable format has the latter alone.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/profile.h"

namespace lockstep {

struct NmapHost {
  std::string address;              ///< IPv4 or IPv6, as IpAddress writes it
  std::string name;                 ///< at most 255 bytes; empty where Nmap knew none
  std::vector<ExpectedPort> ports;  ///< open ones only, unique, ascending by (port, protocol)
  bool version_scan = false;        ///< false: every service is empty

  friend bool operator==(const NmapHost&, const NmapHost&) = default;
};

/// Larger files are refused: XML with a line a port, for all ports of both protocols, is a quarter
/// of this.
inline constexpr std::size_t kMaxNmapBytes = std::size_t{64} << 20;

/// Entries of ports in any state: what a host has, over TCP and UDP.
inline constexpr std::size_t kMaxNmapEntries = std::size_t{2} * 65536;

/// Reads the output of one scan of one node. Pure.
/// Errors: `corrupt` where the file is damaged or cut short; `invalid` where it is whole and of no
/// use: not Nmap's, no host, several hosts, a host that is down or shows no open port, a failed
/// scan, ports that contradict one another, or more than the limits above. Both name the line,
/// or the byte of XML, where there is one.
Result<NmapHost> parse_nmap(std::string_view bytes);

}  // namespace lockstep
