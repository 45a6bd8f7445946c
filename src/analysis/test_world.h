// A small cluster for tests: what a sweep saw of it, and how it is judged.

#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "analysis/judge.h"
#include "analysis/service_policy.h"
#include "profiles/approval.h"

namespace lockstep {

inline const WallTime kNoon = WallTime(std::chrono::seconds(1'782'907'200));  // 2026-07-01T12:00Z

inline IpAddress address_of(int number) {
  return IpAddress::v4(0xc6120000U + static_cast<std::uint32_t>(number));
}

inline Coverage full(const std::string& node, const IpAddress& address) {
  Coverage coverage;
  coverage.node = node;
  coverage.address = address;
  coverage.network = "management";
  coverage.wanted = coverage.asked = coverage.answered = 65535;
  return coverage;
}

/// Nothing was asked, because of `gap`.
inline Coverage none(const Coverage& full, CoverageGap gap) {
  Coverage coverage = full;
  coverage.wanted = 100;
  coverage.asked = coverage.answered = 0;
  coverage.gap = gap;
  return coverage;
}

/// A sweep over n1, n2, ... of class compute, which all show what the profile says, until a test
/// changes something. What the profiles say is approved, unless a test says what was.
struct World {
  explicit World(int count, const std::set<Port>& expected = {22, 111, 6818}) {
    profiles = {{"compute", {}, {}}};
    for (const Port port : expected) profiles[0].ports.push_back({port, Protocol::tcp, "", ""});
    for (int number = 1; number <= count; ++number) {
      const std::string name = fmt::format("n{}", number);
      nodes.push_back({name, {"compute"}, "", {{address_of(number), "management"}}});
      coverage.push_back(full(name, address_of(number)));
      for (const Port port : expected) show(number, port, PortState::open);
    }
  }

  void show(int number, Port port, PortState state, Evidence evidence = Evidence::no_reply) {
    hide(number, port);
    observations.push_back({fmt::format("n{}", number), address_of(number), "management",
                            Protocol::tcp, port, state, evidence});
  }

  void hide(int number, Port port) {
    std::erase_if(observations, [&](const PortObservation& seen) {
      return seen.address == address_of(number) && seen.port == port;
    });
  }

  /// n`number` gets another address that shows `ports`, and was asked `gap`.
  void add_address(int number, const IpAddress& address, const std::set<Port>& ports,
                   CoverageGap gap = CoverageGap::none, const std::string& network = "management") {
    const auto index = static_cast<std::size_t>(number - 1);
    nodes[index].addresses.push_back({address, network});
    Coverage added = full(nodes[index].name, address);
    added.network = network;
    added.gap = gap;
    if (gap != CoverageGap::none && gap != CoverageGap::unanswered) added.answered = 0;
    coverage.push_back(added);
    for (const Port port : ports) {
      observations.push_back({nodes[index].name, address, network, Protocol::tcp, port,
                              PortState::open, Evidence::syn_ack});
    }
  }

  /// Makes the counts of n`number`'s first address those of its observations.
  void count(int number) {
    Coverage& counted = coverage[static_cast<std::size_t>(number - 1)];
    counted.open = counted.closed = counted.unanswered = 0;
    std::uint32_t refused = 0;
    for (const PortObservation& seen : observations) {
      if (seen.address != counted.address) continue;
      if (seen.state == PortState::open) ++counted.open;
      if (seen.state != PortState::filtered) continue;
      ++(seen.evidence == Evidence::no_reply ? counted.unanswered : refused);
    }
    counted.answered = counted.wanted - counted.unanswered;
    counted.closed = counted.answered - counted.open - refused;
    counted.gap = counted.unanswered > 0 ? CoverageGap::unanswered : CoverageGap::none;
  }

  /// Says what the profile wants of a port.
  void want(Port port, const std::string& service) {
    for (ExpectedPort& each : profiles[0].ports) {
      if (each.port == port) each.service = service;
    }
  }

  /// What n`number` answered, in place of what it answered before.
  void answer(int number, Port port, const Service& service) {
    std::erase_if(services, [&](const ServiceObservation& seen) {
      return seen.address == address_of(number) && seen.port == port;
    });
    services.push_back({fmt::format("n{}", number), address_of(number), "management", Protocol::tcp,
                        port, service, ""});
  }

  std::vector<Approval> approvals() const {
    if (approved) return *approved;
    std::vector<Approval> all;
    for (const Profile& profile : profiles) {
      all.push_back({profile.host_type, lines_of(profile), kNoon, "root"});
    }
    return all;
  }

  /// Calls `use` with the JudgeInput, which lives as long as the call.
  template <typename Use>
  auto judged_by(Use use) const {
    const std::vector<Approval> all = approvals();
    const JudgeInput input{.nodes = nodes,
                           .profiles = profiles,
                           .approvals = all,
                           .wanted = wanted,
                           .observations = observations,
                           .coverage = coverage,
                           .transient = transient,
                           .severities = severities,
                           .now = now,
                           .services = services,
                           .service_facts = service_facts,
                           .known_keys = known_keys,
                           .inventory = inventory,
                           .service_policy = &service_policy,
                           .excused = &excused,
                           .jobs = jobs ? &*jobs : nullptr};
    return use(input);
  }

  std::vector<Finding> judge() const {
    return judged_by([](const JudgeInput& input) { return lockstep::judge(input); });
  }

  /// The findings as text: "severity kind class node port/protocol state [detail]".
  std::vector<std::string> told() const {
    std::vector<std::string> result;
    for (const Finding& f : judge()) {
      std::string subject = "-";
      if (f.state) {
        subject = fmt::format("{}/{} {}", f.port ? fmt::format("{}", *f.port) : "*",
                              to_string(*f.protocol), to_string(*f.state));
      } else if (f.port) {
        subject = fmt::format("{}/{}", *f.port, to_string(*f.protocol));
      }
      result.push_back(fmt::format("{} {} {} {} {} [{}]", to_string(f.severity), to_string(f.kind),
                                   f.node_class, f.node, subject, f.detail));
    }
    return result;
  }

  std::vector<Node> nodes;
  const Inventory* inventory = nullptr;
  std::vector<Profile> profiles;
  std::optional<std::vector<Approval>> approved;
  PortSets wanted = PortSet::all();
  std::vector<PortObservation> observations;
  std::vector<Coverage> coverage;
  std::vector<PortObservation> transient;
  SeverityPolicy severities;
  WallTime now = kNoon;
  std::vector<ServiceObservation> services;
  std::vector<ServiceFact> service_facts;
  std::vector<KnownKey> known_keys;
  ServicePolicy service_policy;
  std::map<std::string, std::string> excused;
  std::optional<JobFacts> jobs;
};

}  // namespace lockstep
