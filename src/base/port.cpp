#include "base/port.h"

#include <fmt/format.h>

namespace lockstep {

PortSet PortSet::all() {
  PortSet result;
  result.bits_.set();
  result.bits_.reset(0);
  return result;
}

void PortSet::insert_range(Port first, Port last) {
  for (std::uint32_t port = first; port <= last; ++port) bits_.set(port);
}

std::vector<Port> PortSet::to_vector() const {
  std::vector<Port> result;
  result.reserve(size());
  for (std::size_t port = bits_._Find_first(); port < bits_.size(); port = bits_._Find_next(port)) {
    result.push_back(static_cast<Port>(port));
  }
  return result;
}

std::string PortSet::to_string() const {
  std::string result;
  for (std::uint32_t port = 0; port < 65536; ++port) {
    if (!bits_.test(port)) continue;
    const std::uint32_t first = port;
    while (port < 65535 && bits_.test(port + 1)) ++port;
    if (!result.empty()) result += ',';
    result += first == port ? fmt::format("{}", first) : fmt::format("{}-{}", first, port);
  }
  return result;
}

std::string PortSets::to_string() const {
  std::string result = of(Protocol::tcp).to_string();
  if (of(Protocol::udp).empty()) return result;
  if (!result.empty()) result += ';';
  return result + "udp:" + of(Protocol::udp).to_string();
}

}  // namespace lockstep
