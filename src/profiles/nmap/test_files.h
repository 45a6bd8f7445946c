// For tests: files as Nmap 7.93 writes them, of hosts that do not exist.

#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "model/observation.h"
#include "profiles/nmap/nmap_output.h"

namespace lockstep {

/// What Nmap holds of a port.
struct ScannedPort {
  Port port = 0;
  Protocol protocol = Protocol::tcp;
  std::string state = "open";
  std::string name = {};    ///< recognised or guessed; may be empty
  bool recognised = false;  ///< by a probe of a version scan
  bool tls = false;
};

/// A scan of one host that is up.
struct Scan {
  bool versions = false;
  std::vector<ScannedPort> ports;
  std::string address = "198.18.1.1";
  std::string name = "node1";

  std::string command_line() const {
    return versions ? "nmap -sS -sV -p- node1" : "nmap -sS -p- node1";
  }
};

/// A service as the formats for people print it.
inline std::string printed_service(const ScannedPort& port, bool versions) {
  const bool guess = versions && port.state == "open" && !port.recognised;
  const bool known = !port.name.empty() && port.name != "unknown";
  return fmt::format("{}{}{}", port.tls ? "ssl/" : "", known ? port.name : "unknown",
                     guess && known ? "?" : "");
}

inline std::string as_xml(const Scan& scan) {
  std::string ports;
  for (const ScannedPort& port : scan.ports) {
    ports += fmt::format(
        "<port protocol=\"{}\" portid=\"{}\"><state state=\"{}\" reason=\"syn-ack\" "
        "reason_ttl=\"64\"/>",
        to_string(port.protocol), port.port, port.state);
    if (!port.name.empty()) {
      ports += fmt::format(
          "<service name=\"{}\" {}{} conf=\"{}\"/>", port.name, port.tls ? "tunnel=\"ssl\" " : "",
          port.recognised ? "product=\"Zork &quot;d&quot;\" method=\"probed\"" : "method=\"table\"",
          port.recognised ? 10 : 3);
    }
    ports += "</port>\n";
  }
  return fmt::format(R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<?xml-stylesheet href="file:///usr/share/nmap/nmap.xsl" type="text/xsl"?>
<!-- Nmap 7.93 scan initiated Wed Nov 25 07:17:07 2026 as: {0} -->
<nmaprun scanner="nmap" args="{0}" start="1795591027" version="7.93" xmloutputversion="1.05">
<scaninfo type="syn" protocol="tcp" numservices="65535" services="1-65535"/>
<hosthint><status state="up" reason="arp-response" reason_ttl="0"/>
<address addr="{1}" addrtype="ipv4"/>
</hosthint>
<host starttime="1795591027"><status state="up" reason="arp-response" reason_ttl="0"/>
<address addr="26:BC:04:7F:FE:C7" addrtype="mac"/>
<address addr="{1}" addrtype="ipv4"/>
<hostnames>
<hostname name="{2}" type="PTR"/>
</hostnames>
<ports><extraports state="closed" count="65000"/>
{3}</ports>
</host>
<runstats><finished time="1795591027" elapsed="0.76" exit="success"/><hosts up="1" down="0" total="1"/>
</runstats>
</nmaprun>
)",
                     scan.command_line(), scan.address, scan.name, ports);
}

inline std::string as_greppable(const Scan& scan) {
  std::string ports;
  for (const ScannedPort& port : scan.ports) {
    std::string service = port.name.empty() ? "" : printed_service(port, scan.versions);
    std::ranges::replace(service, '/', '|');
    ports += fmt::format("{}{}/{}/{}//{}//{}/", ports.empty() ? "" : ", ", port.port, port.state,
                         to_string(port.protocol), service,
                         port.recognised ? "Zork 1.2 (a|b, 22, c)" : "");
  }
  return fmt::format(
      "# Nmap 7.93 scan initiated Wed Nov 25 07:17:07 2026 as: {0}\n"
      "Host: {1} ({2})\tStatus: Up\n"
      "Host: {1} ({2})\tPorts: {3}\tIgnored State: closed (65000)\n"
      "# Nmap done at Wed Nov 25 07:17:07 2026 -- 1 IP address (1 host up) scanned in 0.76 "
      "seconds\n",
      scan.command_line(), scan.address, scan.name, ports);
}

/// The report of the normal format, without the lines around it.
inline std::string normal_report(const Scan& scan) {
  std::string ports;
  for (const ScannedPort& port : scan.ports) {
    ports += fmt::format("{:<9} {:<13} {:<20} {}\n|_http-title: 22/tcp open evil\n",
                         fmt::format("{}/{}", port.port, to_string(port.protocol)), port.state,
                         printed_service(port, scan.versions),
                         port.recognised ? "Zork 1.2 (a/b, c)" : "");
  }
  return fmt::format(
      "Nmap scan report for {} ({})\n"
      "Host is up (0.0000040s latency).\n"
      "Not shown: 65000 closed tcp ports (reset)\n"
      "PORT      STATE         SERVICE              {}\n"
      "{}"
      "1 service unrecognized despite returning data.\n"
      "MAC Address: 26:BC:04:7F:FE:C7 (Unknown)\n\n",
      scan.name, scan.address, scan.versions ? "VERSION" : "", ports);
}

inline std::string as_normal(const Scan& scan) {
  return fmt::format(
      "# Nmap 7.93 scan initiated Wed Nov 25 07:17:07 2026 as: {}\n{}"
      "# Nmap done at Wed Nov 25 07:17:07 2026 -- 1 IP address (1 host up) scanned in 0.76 "
      "seconds\n",
      scan.command_line(), normal_report(scan));
}

inline std::string as_terminal(const Scan& scan) {
  return fmt::format(
      "Starting Nmap 7.93 ( https://nmap.org ) at 2026-11-25 07:17 UTC\n"
      "Discovered open port 22/tcp on 198.18.1.1\n{}"
      "Nmap done: 1 IP address (1 host up) scanned in 0.76 seconds\n"
      "           Raw packets sent: 65536 (2.884MB) | Rcvd: 65536 (2.621MB)\n",
      normal_report(scan));
}

struct Format {
  const char* description;
  std::string (*render)(const Scan&);
};

inline constexpr Format kFormats[] = {
    {"XML", as_xml},
    {"greppable", as_greppable},
    {"normal", as_normal},
    {"terminal", as_terminal},
};

}  // namespace lockstep
