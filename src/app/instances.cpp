#include "app/instances.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "app/compose.h"
#include "app/pcp.h"
#include "base/text.h"
#include "model/port_spec.h"

namespace lockstep {
namespace {

using Check = Result<void> (*)(std::string_view name, const std::string& value);

Result<void> check_ports(const std::string& value, Protocol protocol) {
  if (value == "none") return {};
  LOCKSTEP_CHECK(parse_port_spec(value, protocol));
  return {};
}

/// By name; a collector that is not here has no parameter.
const std::map<std::string_view, std::map<std::string_view, Check>>& parameters() {
  static const std::map<std::string_view, std::map<std::string_view, Check>> kParameters = {
      {"ports",
       {{"ports",
         [](std::string_view, const std::string& v) { return check_ports(v, Protocol::tcp); }},
        {"udp_ports",
         [](std::string_view, const std::string& v) { return check_ports(v, Protocol::udp); }}}},
      {"services", {}},
      {"pcp",
       {{"metrics",
         [](std::string_view n, const std::string& v) {
           PcpUse use;
           return set_pcp_parameter(use, n, v);
         }},
        {"port",
         [](std::string_view n, const std::string& v) {
           PcpUse use;
           return set_pcp_parameter(use, n, v);
         }},
        {"timeout", [](std::string_view n, const std::string& v) {
           PcpUse use;
           return set_pcp_parameter(use, n, v);
         }}}}};
  return kParameters;
}

}  // namespace

Result<void> check_instance(const Instance& instance) {
  const auto found = parameters().find(instance.collector);
  if (found == parameters().end()) {
    return fail(ErrorKind::invalid,
                fmt::format("collector: this program has no {}", quoted(instance.collector)));
  }
  for (const auto& [name, value] : instance.parameters) {
    const auto check = found->second.find(name);
    if (check == found->second.end()) {
      std::vector<std::string_view> names = {"nodes",    "interval", "overdue",  "busy",
                                             "mode",     "window",   "rate",     "node_rate",
                                             "priority", "enabled",  "collector"};
      for (const auto& [known, each] : found->second) names.push_back(known);
      const std::string_view likely = nearest(name, names);
      return fail(ErrorKind::invalid,
                  fmt::format("{}: collector {} has no such setting{}", name, instance.collector,
                              likely.empty() ? "" : fmt::format("; did you mean {}?", likely)));
    }
    if (const auto good = check->second(name, value); !good) {
      return std::unexpected(good.error().within(name));
    }
  }
  return {};
}

Result<PortSets> ports_of_instance(const Instance& instance, const Config& config) {
  const auto said = [&](const char* name) -> const std::string* {
    const auto found = instance.parameters.find(name);
    return found == instance.parameters.end() ? nullptr : &found->second;
  };
  const std::string* const tcp = said("ports");
  const std::string* const udp = said("udp_ports");
  // Whoever names ports of one protocol alone means these alone.
  const bool named = tcp != nullptr || udp != nullptr;
  return make_ports(tcp != nullptr ? *tcp
                    : named        ? ""
                                   : config.scan.ports,
                    udp != nullptr ? *udp
                    : named        ? ""
                                   : config.scan.udp_ports,
                    config.scan.exclude_ports);
}

}  // namespace lockstep
