#include "analysis/reported_ports.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "analysis/confirm.h"

namespace lockstep {
namespace {

constexpr std::string_view kClosed = " closed";

auto place_of(const ReportedPort& port) {
  return std::tie(port.node, port.network, port.address, port.protocol, port.port);
}

bool stands_before(const ReportedPort& a, const ReportedPort& b) {
  return place_of(a) < place_of(b);
}

}  // namespace

ReportedPorts::ReportedPorts(const ReportInput& input) : input_(input) {
  // Most plug-ins say nothing of ports.
  const bool speaks = !input.ports.empty() || !input.before.looks.empty() ||
                      std::ranges::any_of(input.looks, &ReportedLook::declares);
  if (!speaks) return;
  for (const ReportedLook& look : input.looks) take(look);
  for (const auto& [name, node] : seen_) wanted_of_[name] = node.examined;
  for (const PortObservation& port : input.ports) {
    if (!seen_.contains(port.node)) continue;
    observations_.push_back(port);
    observations_.back().network = network_by(port.network, input.instance);
  }
  const auto cover = [&](const std::string& name, const Place& place, Protocol protocol,
                         std::size_t ports) {
    Coverage coverage;
    coverage.node = name;
    coverage.address = place.address;
    coverage.network = network_by(place.network, input_.instance);
    coverage.protocol = protocol;
    coverage.wanted = coverage.asked = coverage.answered = static_cast<std::uint32_t>(ports);
    coverage_.push_back(std::move(coverage));
  };
  for (auto& [name, node] : seen_) {
    for (const Protocol protocol : kProtocols) {
      const std::size_t ports = node.examined->of(protocol).size();
      for (const auto& [place, look] : node.looks) {
        const bool here = !node.declares || look->declares();
        if (!here) node.partial.insert(network_by(place.network, input_.instance));
        // What is open there is judged all the same, at no address that would prove a closing.
        cover(name, here ? place : Place{place.network, IpAddress()}, protocol, here ? ports : 0);
      }
    }
  }
  // Addresses that the node had before are as gone as what it showed there.
  std::set<std::tuple<std::string_view, Place, Protocol>> past;
  for (const ReportedPort& port : input.before.ports) {
    const auto node = seen_.find(port.node);
    const Place place{port.network, port.address};
    const bool lost =
        node != seen_.end() && !node->second.declares && !node->second.looks.contains(place);
    if (lost && past.emplace(port.node, place, port.protocol).second) {
      cover(port.node, place, port.protocol, PortSet::all().size());
    }
  }
  judge();
}

void ReportedPorts::take(const ReportedLook& look) {
  Seen& node = seen_[look.node];
  if (node.examined == nullptr) node.examined = set_of("all", "all");
  node.looks[{look.network, look.address}] = &look;
  if (!look.declares()) return;
  node.declares = true;
  node.examined = set_of(look.tcp, look.udp);
}

const PortSets* ReportedPorts::set_of(const std::string& tcp, const std::string& udp) {
  const auto [place, fresh] = sets_.try_emplace({tcp, udp}, PortSets{});
  if (fresh) {
    place->second.of(Protocol::tcp) = parse_examined_ports(tcp).value_or(PortSet{});
    place->second.of(Protocol::udp) = parse_examined_ports(udp).value_or(PortSet{});
  }
  return &place->second;
}

JudgeInput ReportedPorts::input() const {
  return {.nodes = input_.nodes,
          .profiles = input_.profiles,
          .approvals = {},
          .wanted = none_,
          .observations = observations_,
          .coverage = coverage_,
          .severities = input_.severities,
          .now = input_.now,
          .jobs = input_.jobs,
          .wanted_of = &wanted_of_};
}

bool ReportedPorts::is_wanted(const Finding& finding) const {
  if (finding.kind == FindingKind::unexpected_port) return true;
  if (finding.kind == FindingKind::orphan_listener) return true;
  if (finding.kind != FindingKind::missing_port) return false;
  const auto node = seen_.find(finding.node);
  return node != seen_.end() && node->second.declares &&
         !node->second.partial.contains(finding.network);
}

void ReportedPorts::judge() {
  judged_ = lockstep::judge(input());
  std::erase_if(judged_, [&](const Finding& finding) { return !is_wanted(finding); });
  findings_ = judged_;
  put_in_words(findings_);
}

/// Lists of ports stay at the end, where they are read back.
void ReportedPorts::put_in_words(std::vector<Finding>& findings) const {
  for (Finding& finding : findings) {
    const bool one_missing = finding.kind == FindingKind::missing_port && finding.port;
    const char* const how = finding.kind == FindingKind::missing_port ? "examined" : "reported";
    if (one_missing) {
      finding.detail = fmt::format("examined by {}, which does not report it", input_.instance);
    } else {
      finding.detail = fmt::format("{} by {}{}{}", how, input_.instance,
                                   finding.detail.empty() ? "" : ": ", finding.detail);
    }
    if (finding.clones.ends_with(kClosed)) {
      finding.clones.resize(finding.clones.size() - kClosed.size());
      finding.clones += " without it";
    }
  }
}

bool ReportedPorts::rests_on_jobs(std::span<const AlertRecord> book) const {
  return lockstep::rests_on_jobs(input(), judged_, book);
}

JobTies ReportedPorts::ties() const {
  return tie_listeners(input());
}

AlertChanges ReportedPorts::update(std::span<const AlertRecord> book,
                                   const AlertPolicy& policy) const {
  const JudgeInput judged = input();
  AlertChanges changes =
      update_alerts(book,
                    {.input = judged,
                     .findings = findings_,
                     .last_closed = [&](const Finding& finding) { return last_closed(finding); },
                     .instance = input_.instance},
                    policy, input_.now);
  for (AlertRecord& record : changes.written) {
    const bool ours = network_view(record.subject.network).instance == input_.instance &&
                      record.status == AlertStatus::resolved && record.changed == input_.now;
    if (!ours) continue;
    if (record.resolution == "answered closed" || record.resolution == "it is so no longer") {
      record.resolution = fmt::format("no longer reported by {}", input_.instance);
    } else if (record.resolution == "answered open") {
      record.resolution = fmt::format("reported by {}", input_.instance);
    }
  }
  return changes;
}

/// When the instance said last that it examined the port, and did not report it.
std::optional<WallTime> ReportedPorts::last_closed(const Finding& finding) const {
  if (!finding.port || !finding.protocol) return {};
  const std::string_view network = network_view(finding.network).network;
  const auto known = std::ranges::lower_bound(
      input_.before.ports,
      std::tuple(std::string_view(finding.node), network, finding.address, *finding.protocol,
                 *finding.port),
      {}, [](const ReportedPort& port) {
        return std::tuple(std::string_view(port.node), std::string_view(port.network), port.address,
                          port.protocol, port.port);
      });
  const bool was_open = known != input_.before.ports.end() && known->node == finding.node &&
                        known->network == network && known->address == finding.address &&
                        known->protocol == *finding.protocol && known->port == *finding.port;
  if (was_open) return {};
  std::optional<WallTime> latest;
  const auto of_node =
      std::ranges::equal_range(input_.before.looks, finding.node, {}, &ReportedLook::node);
  for (const ReportedLook& look : of_node) {
    if (look.network != network || look.address != finding.address) continue;
    const std::string& text = *finding.protocol == Protocol::tcp ? look.tcp : look.udp;
    if (text.empty()) continue;
    const auto ports = parse_examined_ports(text);
    if (ports && ports->contains(*finding.port)) latest = look.looked;
  }
  return latest;
}

bool ReportedPorts::was_examined(const ReportedPort& port) const {
  const auto node = seen_.find(port.node);
  if (node == seen_.end()) return false;
  if (!node->second.declares) return true;
  const auto look = node->second.looks.find(Place{port.network, port.address});
  return look != node->second.looks.end() && look->second->declares() &&
         node->second.examined->of(port.protocol).contains(port.port);
}

std::vector<ReportedLook> ReportedPorts::looks() const {
  std::set<std::string_view> spoken_of;
  for (const PortObservation& port : input_.ports) spoken_of.insert(port.node);
  for (const ReportedLook& look : input_.before.looks) spoken_of.insert(look.node);
  std::vector<ReportedLook> looks;
  for (const auto& [name, node] : seen_) {
    if (!node.declares && !spoken_of.contains(name)) continue;
    for (const auto& [place, look] : node.looks) {
      looks.push_back(*look);
      looks.back().instance = input_.instance;
      looks.back().looked = input_.now;
    }
  }
  return looks;
}

std::vector<ReportedPort> ReportedPorts::fresh() const {
  std::vector<ReportedPort> fresh;
  for (const PortObservation& port : input_.ports) {
    if (!seen_.contains(port.node)) continue;
    ReportedPort added{.node = port.node,
                       .instance = std::string(input_.instance),
                       .network = port.network,
                       .address = port.address,
                       .protocol = port.protocol,
                       .port = port.port,
                       .since = input_.now};
    if (!std::ranges::binary_search(input_.before.ports, added, stands_before)) {
      fresh.push_back(std::move(added));
    }
  }
  std::ranges::sort(fresh);
  const auto doubled = std::ranges::unique(fresh);
  fresh.erase(doubled.begin(), doubled.end());
  return fresh;
}

std::vector<ReportedPort> ReportedPorts::gone() const {
  std::set<std::tuple<std::string_view, Place, Protocol, Port>> reported;
  for (const PortObservation& port : input_.ports) {
    reported.emplace(port.node, Place{port.network, port.address}, port.protocol, port.port);
  }
  std::vector<ReportedPort> gone;
  for (const ReportedPort& port : input_.before.ports) {
    const bool there =
        reported.contains({port.node, Place{port.network, port.address}, port.protocol, port.port});
    if (!there && was_examined(port)) gone.push_back(port);
  }
  return gone;
}

}  // namespace lockstep
