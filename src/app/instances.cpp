#include "app/instances.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "app/compose.h"
#include "app/value_collectors.h"
#include "base/text.h"
#include "model/duration.h"
#include "model/port_spec.h"

namespace lockstep {
namespace {

Result<void> check_ports(const Instance& instance) {
  for (const auto& [name, value] : instance.parameters) {
    if (value == "none" || name == "turn") continue;
    const auto ports = parse_port_spec(value, name == "udp_ports" ? Protocol::udp : Protocol::tcp);
    if (!ports) return std::unexpected(ports.error().within(name));
  }
  return {};
}

/// Of an instance of ports.
Result<void> check_rotation(const Instance& instance) {
  if (instance.mode != InstanceMode::rotate) {
    if (!instance.parameters.contains("turn")) return {};
    return fail(ErrorKind::invalid, "turn: only with mode=rotate");
  }
  if (instance.parameters.contains("udp_ports")) {
    return fail(ErrorKind::invalid,
                "udp_ports: mode=rotate asks by TCP alone, since nodes limit their ICMP errors; "
                "give UDP an instance of its own");
  }
  LOCKSTEP_CHECK(turn_of_instance(instance));
  return {};
}

bool fits(std::string_view name, std::string_view setting) {
  if (!setting.ends_with('*')) return name == setting;
  return name.size() >= setting.size() && name.starts_with(setting.substr(0, setting.size() - 1));
}

/// Those that the collector has beside the settings of all instances.
std::vector<std::string_view> own_settings(std::string_view collector) {
  if (collector == "ports") return {"ports", "udp_ports", "turn"};
  return value_settings(collector);
}

Result<void> check_names(const Instance& instance) {
  const std::vector<std::string_view> own = own_settings(instance.collector);
  for (const auto& [name, value] : instance.parameters) {
    const auto is_name = [&, &key = name](std::string_view setting) { return fits(key, setting); };
    if (std::ranges::any_of(own, is_name)) continue;
    std::vector<std::string_view> names = {"nodes",    "interval", "overdue",  "busy",
                                           "mode",     "window",   "rate",     "node_rate",
                                           "priority", "enabled",  "collector"};
    names.insert(names.end(), own.begin(), own.end());
    const std::string_view likely = nearest(name, names);
    return fail(ErrorKind::invalid,
                fmt::format("{}: collector {} has no such setting{}", name, instance.collector,
                            likely.empty() ? "" : fmt::format("; did you mean {}?", likely)));
  }
  return {};
}

}  // namespace

Result<void> check_instance(const Instance& instance) {
  LOCKSTEP_CHECK(check_names(instance));
  if (instance.collector == "services") return {};
  if (instance.collector != "ports") return check_value_instance(instance);
  LOCKSTEP_CHECK(check_ports(instance));
  return check_rotation(instance);
}

Result<std::chrono::seconds> turn_of_instance(const Instance& instance) {
  constexpr std::chrono::seconds kUsual(60);
  constexpr std::chrono::hours kMost(24);
  const auto found = instance.parameters.find("turn");
  if (found == instance.parameters.end()) return std::min(kUsual, instance.interval);
  auto turn = parse_duration(found->second, kMost);
  if (!turn) return std::unexpected(turn.error().within("turn"));
  if (*turn > instance.interval) {
    return fail(ErrorKind::invalid, "turn: longer than the interval, in which all are asked");
  }
  return *turn;
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
