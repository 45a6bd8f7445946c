#include "model/reported_port.h"

#include <fmt/format.h>

#include "base/text.h"
#include "model/port_list.h"

namespace lockstep {
namespace {

constexpr std::string_view kBy = " by ";

}  // namespace

std::string network_by(std::string_view network, std::string_view instance) {
  return fmt::format("{}{}{}", network, kBy, instance);
}

NetworkView network_view(std::string_view text) {
  const std::size_t by = text.find(kBy);
  if (by == std::string_view::npos) return {text, {}};
  return {text.substr(0, by), text.substr(by + kBy.size())};
}

Result<PortSet> parse_examined_ports(std::string_view text) {
  if (trimmed(text) == "all") return PortSet::all();
  PortSet ports;
  while (true) {
    const std::size_t comma = text.find(',');
    LOCKSTEP_TRY(const PortRange range, parse_port_range(trimmed(text.substr(0, comma))));
    if (range.first == 0) return fail(ErrorKind::invalid, "there is no port 0");
    ports.insert_range(range.first, range.last);
    if (comma == std::string_view::npos) return ports;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace lockstep
