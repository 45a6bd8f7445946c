#include "analysis/confirm.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "analysis/alerts.h"
#include "analysis/views.h"

namespace lockstep {
namespace {

/// So many probes more than needed are cheaper than another go.
constexpr std::size_t kFewProbes = 4096;

bool may_be_asked_again(FindingKind kind) {
  return kind == FindingKind::unexpected_port || kind == FindingKind::orphan_listener ||
         kind == FindingKind::unexpected_filtered || kind == FindingKind::missing_port;
}

/// A floating address may be looked for on several nodes.
using Place = std::tuple<std::string_view, std::string_view, IpAddress, Protocol, Port>;

template <typename Fact>
Place place_of(const Fact& fact) {
  return {fact.node, fact.network, fact.address, fact.protocol, fact.port};
}

/// What came when the suspects were asked again.
class Answers {
 public:
  Answers(std::span<const PortObservation> reasked, std::span<const Coverage> coverage) {
    std::map<Address, std::size_t> silent;
    for (const PortObservation& seen : reasked) {
      states_[place_of(seen)] = &seen;
      const bool answered = seen.state == PortState::open || seen.state == PortState::closed;
      if (!answered) ++silent[address_of(seen)];
    }
    for (const Coverage& each : coverage) {
      const Address address = address_of(each);
      if (each.examined() && is_full_list(each, silent[address])) examined_.insert(address);
    }
  }

  /// Null where it did not answer so.
  const PortObservation* open(const Suspect& suspect) const {
    const PortObservation* const found = seen(suspect);
    return found != nullptr && found->state == PortState::open ? found : nullptr;
  }
  bool closed(const Suspect& suspect) const {
    const PortObservation* const found = seen(suspect);
    if (found != nullptr) return found->state == PortState::closed;
    return examined_.contains(address_of(suspect));
  }

 private:
  using Address = std::tuple<std::string_view, std::string_view, IpAddress, Protocol>;

  template <typename Fact>
  static Address address_of(const Fact& fact) {
    return {fact.node, fact.network, fact.address, fact.protocol};
  }

  const PortObservation* seen(const Suspect& suspect) const {
    const auto found = states_.find(place_of(suspect));
    return found == states_.end() ? nullptr : found->second;
  }

  std::map<Place, const PortObservation*> states_;
  std::set<Address> examined_;
};

}  // namespace

std::vector<Suspect> suspects_of(const JudgeInput& input, std::span<const Finding> findings) {
  const Views views(input);
  std::set<Suspect> suspects;
  for (const Finding& finding : findings) {
    if (!may_be_asked_again(finding.kind) || !finding.port || !finding.protocol) continue;
    Suspect suspect{finding.node,      finding.network, finding.address,
                    *finding.protocol, *finding.port,   finding.kind};
    if (finding.kind != FindingKind::missing_port) {
      suspects.insert(std::move(suspect));
      continue;
    }
    const View* const view = views.find(finding.node, finding.network, *finding.protocol);
    if (view == nullptr) continue;
    for (const Coverage* const coverage : view->coverage) {
      suspect.address = coverage->address;
      suspects.insert(suspect);
    }
  }
  return {suspects.begin(), suspects.end()};
}

std::vector<Reask> plan_reasks(std::span<const Suspect> suspects) {
  std::map<std::pair<Protocol, IpAddress>, std::set<Port>> by_address;
  for (const Suspect& suspect : suspects) {
    by_address[{suspect.protocol, suspect.address}].insert(suspect.port);
  }
  std::map<std::pair<Protocol, std::set<Port>>, std::vector<IpAddress>> alike;
  for (auto& [place, ports] : by_address) alike[{place.first, ports}].push_back(place.second);

  std::vector<Reask> reasks;
  std::size_t needed = 0;  // probes of the latest go that are suspected
  for (const auto& [what, addresses] : alike) {
    const auto& [protocol, ports] = what;
    const std::size_t own = ports.size() * addresses.size();
    PortSet added;
    for (const Port port : ports) added.insert(port);
    if (!reasks.empty() && reasks.back().protocol == protocol) {
      Reask& latest = reasks.back();
      const PortSet both = latest.ports | added;
      const std::size_t probes = both.size() * (latest.addresses.size() + addresses.size());
      if (probes <= std::max(kFewProbes, 2 * (needed + own))) {
        latest.ports = both;
        latest.addresses.insert(latest.addresses.end(), addresses.begin(), addresses.end());
        needed += own;
        continue;
      }
    }
    reasks.push_back({addresses, protocol, added});
    needed = own;
  }
  for (Reask& reask : reasks) std::ranges::sort(reask.addresses);
  return reasks;
}

void apply_reask(std::span<const Suspect> suspects, std::span<const PortObservation> reasked,
                 std::span<const Coverage> coverage, std::vector<PortObservation>& observations,
                 std::vector<PortObservation>& transient) {
  const Answers answers(reasked, coverage);
  std::map<Place, PortObservation*> known;
  for (PortObservation& seen : observations) known[place_of(seen)] = &seen;
  std::set<Place> gone;
  std::map<Place, PortObservation> found;
  for (const Suspect& suspect : suspects) {
    const Place place = place_of(suspect);
    const auto before = known.find(place);
    const bool was_seen = before != known.end();
    if (const PortObservation* const open = answers.open(suspect)) {
      if (was_seen) {
        before->second->state = open->state;
        before->second->evidence = open->evidence;
      }
      if (!was_seen) found.emplace(place, *open);
    } else if (was_seen && answers.closed(suspect) && gone.insert(place).second) {
      if (before->second->state == PortState::open) transient.push_back(*before->second);
    }
  }
  std::erase_if(observations,
                [&](const PortObservation& seen) { return gone.contains(place_of(seen)); });
  for (const auto& [place, seen] : found) observations.push_back(seen);
}

bool rests_on_jobs(const JudgeInput& input, std::span<const Finding> findings,
                   std::span<const AlertRecord> book) {
  if (input.jobs == nullptr) return false;
  std::set<std::pair<AlertSubject, std::string_view>> known;
  for (const AlertRecord& record : book) {
    if (record.status != AlertStatus::resolved) known.emplace(record.subject, record.node);
  }
  return std::ranges::any_of(findings, [&](const Finding& finding) {
    const NodeJobs& jobs = input.jobs->seen.of(finding.node);
    const bool many = finding.kind == FindingKind::unexpected_port && !finding.port &&
                      jobs.free() && !jobs.stranger;
    const bool rests =
        finding.kind == FindingKind::orphan_listener || finding.detail == kNoJobHolds || many;
    return rests && !known.contains({alert_subject(finding), finding.node});
  });
}

}  // namespace lockstep
