#include "control/profile_edits.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"
#include "inventory/add_node.h"

namespace lockstep::control {
namespace {

constexpr std::size_t kMostNoteBytes = 1000;

using Place = std::pair<Port, Protocol>;

std::unexpected<Error> wrong(std::size_t row, const std::string& complaint) {
  return fail(ErrorKind::invalid, fmt::format("row {}: {}", row, complaint));
}

Result<ExpectedPort> read_row(const PortRow& row, std::size_t number) {
  if (row.port < 1 || row.port > 65535) {
    return wrong(number, fmt::format("{} is no port from 1 to 65535", row.port));
  }
  if (row.protocol != "tcp" && row.protocol != "udp") {
    return wrong(number,
                 fmt::format("the protocol {} is neither tcp nor udp", quoted(row.protocol)));
  }
  ExpectedPort expected;
  expected.port = static_cast<Port>(row.port);
  expected.protocol = row.protocol == "tcp" ? Protocol::tcp : Protocol::udp;
  expected.service = trimmed(row.service);
  if (expected.service.size() <= kMaxServiceBytes) return expected;
  return wrong(number,
               fmt::format("the service {} has {} bytes; {} at most", quoted(expected.service),
                           expected.service.size(), kMaxServiceBytes));
}

Result<void> check_host_type(const std::string& host_type) {
  const std::size_t at = host_type.find('@');
  LOCKSTEP_CHECK(check_label("class", host_type.substr(0, at)));
  if (at == std::string::npos) return {};
  return check_label("network", host_type.substr(at + 1));
}

std::map<Place, ExpectedPort> by_place(const std::vector<ExpectedPort>& ports) {
  std::map<Place, ExpectedPort> places;
  for (const ExpectedPort& each : ports) places.emplace(Place(each.port, each.protocol), each);
  return places;
}

}  // namespace

Result<Baseline> propose_profile(Store& store, const std::string& host_type,
                                 const std::vector<PortRow>& rows, const std::string& note,
                                 const Act& act) {
  LOCKSTEP_CHECK(check_host_type(host_type));
  if (note.size() > kMostNoteBytes) {
    return fail(ErrorKind::invalid,
                fmt::format("the note is longer than {} bytes", kMostNoteBytes));
  }
  std::map<Place, ExpectedPort> ports;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    LOCKSTEP_TRY(ExpectedPort expected, read_row(rows[i], i + 1));
    const Place place(expected.port, expected.protocol);
    if (!ports.emplace(place, std::move(expected)).second) {
      return wrong(i + 1, fmt::format("port {}/{} stands twice", rows[i].port, rows[i].protocol));
    }
  }
  Baseline baseline;
  baseline.profile.host_type = host_type;
  for (auto& [place, expected] : ports) baseline.profile.ports.push_back(std::move(expected));
  baseline.origin = fmt::format("edited by {}", act.person);
  baseline.made = act.now;
  baseline.maker = act.person;
  const AuditEntry entry = {
      .at = act.now,
      .person = act.person,
      .action = "profile edit",
      .subject = host_type,
      .detail = fmt::format("{} ports{}{}", rows.size(), note.empty() ? "" : ": ", note)};
  LOCKSTEP_CHECK(store.save_baseline(baseline, &entry));
  return baseline;
}

Result<void> drop_proposal(Store& store, const std::string& host_type, const Act& act) {
  return store.drop_baseline(host_type, {.at = act.now,
                                         .person = act.person,
                                         .action = "profile drop",
                                         .subject = host_type,
                                         .detail = "what waited for approval"});
}

std::vector<ClassSize> class_sizes(const Inventory& inventory) {
  std::map<std::string, std::size_t> counts;
  for (const auto& [name, node] : inventory.nodes) {
    for (const std::string& each : node.classes) ++counts[each];
  }
  std::vector<ClassSize> sizes;
  for (const auto& [name, count] : counts) sizes.push_back({name, count});
  return sizes;
}

std::vector<PortChange> changes_of(const ProfileState& state) {
  std::vector<PortChange> changes;
  if (!state.waiting) return changes;
  const auto before = by_place(state.in_use ? state.in_use->ports : std::vector<ExpectedPort>());
  const auto after = by_place(state.waiting->profile.ports);
  for (const auto& [place, port] : before) {
    const auto found = after.find(place);
    if (found == after.end()) {
      changes.push_back({PortChange::Kind::removed, state.host_type, port, {}});
    } else if (found->second.service != port.service) {
      changes.push_back({PortChange::Kind::changed, state.host_type, port, found->second});
    }
  }
  for (const auto& [place, port] : after) {
    if (before.contains(place)) continue;
    changes.push_back({PortChange::Kind::added, state.host_type, {}, port});
  }
  const auto place_of = [](const PortChange& change) {
    const ExpectedPort& port =
        change.kind == PortChange::Kind::removed ? change.before : change.after;
    return Place(port.port, port.protocol);
  };
  std::ranges::sort(changes, {}, place_of);
  return changes;
}

}  // namespace lockstep::control
