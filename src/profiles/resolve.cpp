#include "profiles/resolve.h"

#include <algorithm>

#include "model/node.h"

namespace lockstep {
namespace {

bool names(const PortRule& rule, Port port, Protocol protocol, WallTime now) {
  return rule.protocol == protocol && rule.ports.contains(port) && rule.holds_at(now);
}

}  // namespace

bool Expectations::requires_port(Port port, Protocol protocol, WallTime now) const {
  const bool expected = std::ranges::any_of(ports, [&](const ExpectedPort& each) {
    return each.port == port && each.protocol == protocol;
  });
  return expected || std::ranges::any_of(rules, [&](const PortRule& rule) {
           return rule.presence == Presence::required && names(rule, port, protocol, now);
         });
}

bool Expectations::allows(Port port, Protocol protocol, WallTime now) const {
  return requires_port(port, protocol, now) ||
         std::ranges::any_of(rules, [&](const PortRule& rule) {
           return rule.presence == Presence::optional && names(rule, port, protocol, now);
         });
}

std::vector<std::uint32_t> Expectations::programs_at(Port port, Protocol protocol,
                                                     WallTime now) const {
  std::vector<std::uint32_t> programs;
  for (const PortRule& rule : rules) {
    if (rule.presence == Presence::rpc && names(rule, port, protocol, now)) {
      programs.push_back(rule.rpc_program);
    }
  }
  return programs;
}

std::vector<std::string> Expectations::services_at(Port port, Protocol protocol,
                                                   WallTime now) const {
  std::vector<std::string> services;
  for (const ExpectedPort& each : ports) {
    if (each.port != port || each.protocol != protocol) continue;
    const std::string& text = each.service_rule.empty() ? each.service : each.service_rule;
    if (!text.empty()) services.push_back(text);
  }
  if (services.empty()) return services;
  for (const PortRule& rule : rules) {
    if (rule.presence == Presence::service && names(rule, port, protocol, now)) {
      services.push_back(rule.service);
    }
  }
  return services;
}

Expectations resolve(const std::set<std::string>& classes, const std::string& network,
                     std::span<const Profile> profiles) {
  std::set<ExpectedPort> ports;
  std::vector<PortRule> rules;
  std::set<std::string> unprofiled;
  for (const std::string& node_class : classes) {
    const std::string type = host_type(node_class, network);
    const auto found = std::ranges::lower_bound(profiles, type, {}, &Profile::host_type);
    if (found == profiles.end() || found->host_type != type) {
      unprofiled.insert(type);
    } else {
      ports.insert(found->ports.begin(), found->ports.end());
      rules.insert(rules.end(), found->rules.begin(), found->rules.end());
    }
  }
  return {{ports.begin(), ports.end()}, std::move(rules), {unprofiled.begin(), unprofiled.end()}};
}

const Expectations& Resolver::of(const std::set<std::string>& classes, std::string_view network) {
  const auto [place, fresh] =
      resolved_.try_emplace({classes, std::string(network)}, Expectations{});
  if (fresh) place->second = resolve(classes, place->first.second, profiles_);
  return place->second;
}

}  // namespace lockstep
