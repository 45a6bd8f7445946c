// The host of a scan, put together from what any of the formats says; the checks they share.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "profiles/nmap/nmap_output.h"

namespace lockstep {

/// How many hosts Nmap counts at the end of a scan.
struct HostTotals {
  std::size_t up = 0;
  std::size_t total = 0;
};

/// A port in the words of the file.
struct PortText {
  std::string_view number;
  std::string_view protocol;
  std::string_view state;
  /// As the normal format of a version scan has it: "ssl/http", "http?", "unknown". Empty where
  /// there was no version scan.
  std::string_view service;
};

/// Errors say what is wrong and what to do, not where; callers add the place.
class HostBuilder {
 public:
  /// A host that is up. Ports that follow belong to it. The same address again is the same host.
  Result<void> add_up(std::string_view address, std::string_view name);
  /// A host that is down.
  void add_down(std::string_view address);

  /// A port of the last host that is up; without one, the file is corrupt.
  Result<void> add_port(const PortText& port);

  /// The host, if there is one, it alone, and with an open port.
  Result<NmapHost> finish(bool version_scan, std::optional<HostTotals> totals) &&;

 private:
  struct Entry {
    std::string_view state;  // one of kStates in the .cpp
    std::string service;

    friend bool operator==(const Entry&, const Entry&) = default;
  };

  Result<void> check_one_host() const;
  Error no_host(std::optional<HostTotals> totals) const;

  std::vector<std::string> up_;  // distinct addresses; ports of the first alone are kept
  std::string name_;
  std::string last_up_;
  std::string first_down_;
  std::size_t entries_ = 0;
  std::map<std::pair<Port, Protocol>, Entry> ports_;
};

}  // namespace lockstep
