#include "control/node_page.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "analysis/job_ports.h"
#include "analysis/service_judge.h"
#include "control/node_reports.h"
#include "profiles/approval.h"
#include "profiles/resolve.h"
#include "profiles/service_text.h"

namespace lockstep::control {
namespace {

using Place = std::pair<std::string, Protocol>;  // a network of the node, and a protocol

/// What is known of the node on one network with one protocol.
struct Shown {
  std::map<Port, PagePort> ports;  ///< open, filtered or expected
  PortSet examined;                ///< at each of its addresses
};

class Page {
 public:
  Page(const Inventory& inventory, const Node& node, const Looks& looks, WallTime now)
      : node_(node), now_(now) {
    for (const auto& [name, other] : inventory.nodes) {
      if (name != node.name && other.classes == node.classes) clones_.insert(name);
    }
    for (const NodeAddress& address : node.addresses) places_[{address.network, Protocol::tcp}];
    std::map<Place, std::map<IpAddress, PortSet>> own;
    for (const Look& look : looks.looks) {
      const Place place{look.network, look.protocol};
      const PortSet& asked = looks.port_sets[look.ports].of(look.protocol);
      if (look.node == node.name) {
        PortSet& examined = own[place][look.address];
        if (look.proven()) examined = examined | asked;
      } else if (look.proven() && clones_.contains(look.node)) {
        clone_looks_[place].emplace_back(look.node, &asked);
      }
    }
    for (const auto& [place, addresses] : own) {
      PortSet& examined = places_[place].examined = PortSet::all();
      for (const auto& [address, ports] : addresses) examined = examined & ports;
    }
  }

  void add(const PortFact& fact) {
    const PortObservation& seen = fact.seen;
    if (seen.node != node_.name) return;
    PagePort& port = places_[{seen.network, seen.protocol}].ports[seen.port];
    if (port.seen == seen.state) {
      port.since = std::min(*port.since, fact.since);
    } else if (!port.seen || seen.state == PortState::open) {
      port.seen = seen.state;
      port.since = fact.since;
    }
  }

  /// What answers on a port that is open; the first address counts.
  void add(const ServiceFact& fact) {
    const ServiceObservation& seen = fact.seen;
    if (seen.node != node_.name) return;
    const auto place = places_.find({seen.network, seen.protocol});
    if (place == places_.end()) return;
    const auto port = place->second.ports.find(seen.port);
    const bool open = port != place->second.ports.end() && port->second.seen == PortState::open;
    if (!open || port->second.answers) return;
    port->second.answers = seen.service;
    port->second.says = seen.service.answer == ServiceAnswer::spoke
                            ? service_text(seen.service)
                            : std::string(to_string(seen.service.answer));
    port->second.asked = fact.asked;
  }

  /// Open ports of clones; call it after the node's own facts were added.
  void count_clone(const PortFact& fact) {
    const PortObservation& seen = fact.seen;
    if (seen.state != PortState::open || !clones_.contains(seen.node)) return;
    const auto place = places_.find({seen.network, seen.protocol});
    if (place == places_.end()) return;
    clone_ports_[{place->first, seen.port}].insert(seen.node);
  }

  std::vector<PagePort> take_ports(std::span<const Profile> profiles,
                                   std::vector<FilteredPorts>& filtered) {
    std::vector<PagePort> ports;
    for (auto& [place, shown] : places_) {
      const Expectations expected = resolve(node_.classes, place.first, profiles);
      expect(place, expected, shown);
      FilteredPorts silent{place.first, place.second, {}};
      for (auto& [number, port] : shown.ports) {
        const bool is_filtered = port.seen && *port.seen != PortState::open;
        if (is_filtered && !port.expected) {
          silent.ports.insert(number);
          continue;
        }
        complete(port, place, number);
        port.standing = standing_of(port, expected, shown);
        ports.push_back(std::move(port));
      }
      if (!silent.ports.empty()) filtered.push_back(std::move(silent));
    }
    return ports;
  }

 private:
  static void expect(const Place& place, const Expectations& expected, Shown& shown) {
    for (const ExpectedPort& each : expected.ports) {
      if (each.protocol != place.second) continue;
      PagePort& port = shown.ports[each.port];
      const std::string& service = each.service_rule.empty() ? each.service : each.service_rule;
      if (port.expected && !service.empty()) port.service += " or ";
      port.service += service;
      port.expected = true;
    }
  }

  void complete(PagePort& port, const Place& place, Port number) const {
    port.network = place.first;
    port.protocol = place.second;
    port.port = number;
    const auto open = clone_ports_.find({place, number});
    const auto looks = clone_looks_.find(place);
    if (looks == clone_looks_.end()) return;
    std::string_view counted;
    for (const auto& [clone, asked] : looks->second) {
      if (clone == counted || !asked->contains(number)) continue;
      counted = clone;
      ++port.clones;
      if (open != clone_ports_.end() && open->second.contains(clone)) ++port.clones_open;
    }
  }

  Standing standing_of(const PagePort& port, const Expectations& expected,
                       const Shown& shown) const {
    const bool open = port.seen == PortState::open;
    if (port.expected) {
      if (open) return Standing::in_step;
      return port.seen || shown.examined.contains(port.port) ? Standing::missing
                                                             : Standing::not_known;
    }
    if (node_.classes.empty() || !expected.unprofiled.empty()) return Standing::not_judged;
    if (expected.allows(port.port, port.protocol, now_)) return Standing::in_step;
    const bool conditional = std::ranges::any_of(expected.rules, [&](const PortRule& rule) {
      return rule.protocol == port.protocol && rule.ports.contains(port.port) &&
             rule.holds_at(now_);
    });
    return conditional ? Standing::conditional : Standing::unexpected;
  }

  const Node& node_;
  WallTime now_;
  std::set<std::string, std::less<>> clones_;
  std::map<Place, Shown> places_;
  std::map<std::pair<Place, Port>, std::set<std::string_view>> clone_ports_;
  /// Those that were examined in full, and what they asked; ascending by node.
  std::map<Place, std::vector<std::pair<std::string_view, const PortSet*>>> clone_looks_;
};

bool is_about_listener(FindingKind kind) {
  return kind == FindingKind::unexpected_port || kind == FindingKind::orphan_listener;
}

/// The alert rows of the node alone.
std::vector<AlertRow> alerts_of(const std::vector<AlertRecord>& book, const Node& node,
                                WallTime now) {
  std::vector<AlertRecord> own;
  for (const AlertRecord& record : book) {
    const bool of_class =
        record.node.empty() && std::ranges::any_of(node.classes, [&](const std::string& each) {
          return record.subject.node_class == each;
        });
    if (record.node == node.name || of_class) own.push_back(record);
  }
  return fold_alerts(own, {}, now);
}

void add_last_closed(std::vector<PagePort>& ports, const std::vector<AlertRecord>& book,
                     const std::string& node) {
  std::map<std::tuple<std::string_view, Protocol, Port>, WallTime> times;
  for (const AlertRecord& record : book) {
    const AlertSubject& subject = record.subject;
    if (record.node != node || !record.last_closed || !subject.protocol || !subject.port) continue;
    if (!is_about_listener(subject.kind)) continue;
    times[{subject.network, *subject.protocol, *subject.port}] = *record.last_closed;
  }
  for (PagePort& port : ports) {
    const auto time = times.find({port.network, port.protocol, port.port});
    if (time != times.end()) port.last_closed = time->second;
  }
}

/// A port that jobs may open is its job's, unless an alert says otherwise.
void add_jobs(std::vector<PagePort>& ports, const std::vector<JobListener>& tied,
              const std::vector<AlertRecord>& book, const std::string& node) {
  using PortPlace = std::tuple<std::string_view, Protocol, Port>;
  std::map<PortPlace, const JobListener*> own;
  for (const JobListener& each : tied) {
    if (each.node == node) own[{each.network, each.protocol, each.port}] = &each;
  }
  std::set<PortPlace> wrong;
  for (const AlertRecord& record : book) {
    const AlertSubject& subject = record.subject;
    const bool counts = record.node == node && record.status != AlertStatus::resolved &&
                        is_about_listener(subject.kind) && subject.protocol && subject.port;
    if (counts) wrong.emplace(subject.network, *subject.protocol, *subject.port);
  }
  for (PagePort& port : ports) {
    const PortPlace place{port.network, port.protocol, port.port};
    const auto tie = own.find(place);
    if (tie == own.end() || port.seen != PortState::open) continue;
    port.jobs = jobs_text(tie->second->jobs);
    const bool free =
        port.standing == Standing::unexpected || port.standing == Standing::conditional;
    if (free && !wrong.contains(place)) port.standing = Standing::of_job;
    if (free && wrong.contains(place)) port.standing = Standing::unexpected;
  }
}

void add_service_alerts(std::vector<PagePort>& ports, const std::vector<AlertRecord>& book,
                        const std::string& node) {
  std::set<std::tuple<std::string_view, Protocol, Port>> wrong;
  for (const AlertRecord& record : book) {
    const AlertSubject& subject = record.subject;
    const bool counts = record.node == node && record.status != AlertStatus::resolved &&
                        is_about_service(subject.kind) && subject.protocol && subject.port;
    if (counts) wrong.emplace(subject.network, *subject.protocol, *subject.port);
  }
  for (PagePort& port : ports) {
    const bool alerted = wrong.contains({port.network, port.protocol, port.port});
    if (alerted && port.standing == Standing::in_step) port.standing = Standing::wrong_service;
  }
}

std::vector<PageProfile> profiles_of(const Node& node, const std::vector<PagePort>& ports,
                                     std::span<const Profile> profiles,
                                     const std::vector<Approval>& approvals) {
  std::set<std::string> networks;
  for (const NodeAddress& address : node.addresses) networks.insert(address.network);
  for (const PagePort& port : ports) networks.insert(port.network);
  if (networks.empty()) networks.insert(kDefaultNetwork);
  std::set<std::string> types;
  for (const std::string& each : node.classes) {
    for (const std::string& network : networks) types.insert(host_type(each, network));
  }
  std::vector<PageProfile> rows;
  for (const std::string& type : types) {
    PageProfile row{.host_type = type};
    std::vector<std::string> lines;
    const auto profile = std::ranges::find(profiles, type, &Profile::host_type);
    row.exists = profile != profiles.end();
    if (row.exists) lines = lines_of(*profile);
    const auto approval = std::ranges::find(approvals, type, &Approval::host_type);
    if (approval != approvals.end()) {
      row.approval = Approval{type, {}, approval->at, approval->by};
      row.unapproved = approval->lines != lines;
    } else {
      row.unapproved = row.exists;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

Result<NodePage> describe_node(Store& store, const Inventory& inventory, const Node& node,
                               WallTime now) {
  LOCKSTEP_TRY(const Looks looks, store.looks());
  LOCKSTEP_TRY(const std::vector<PortFact> facts, store.port_states());
  LOCKSTEP_TRY(const std::vector<ServiceFact> services, store.services_of(node.name));
  LOCKSTEP_TRY(const std::vector<Profile> profiles, store.profiles());
  LOCKSTEP_TRY(const std::vector<Approval> approvals, store.approvals());
  LOCKSTEP_TRY(const std::vector<AlertRecord> book, store.alerts());
  LOCKSTEP_TRY(const std::vector<JobListener> tied, store.job_listeners());
  NodePage result{.now = now, .node = node};
  for (const Look& look : looks.looks) {
    if (look.node != node.name) continue;
    result.looks.push_back(look);
    result.asked.push_back(looks.port_sets[look.ports].of(look.protocol).to_string());
  }
  Page page(inventory, node, looks, now);
  for (const PortFact& fact : facts) page.add(fact);
  for (const PortFact& fact : facts) page.count_clone(fact);
  for (const ServiceFact& fact : services) page.add(fact);
  result.ports = page.take_ports(profiles, result.filtered);
  add_last_closed(result.ports, book, node.name);
  add_jobs(result.ports, tied, book, node.name);
  add_service_alerts(result.ports, book, node.name);
  LOCKSTEP_TRY(PortReports reports, store.port_reports({}, node.name));
  result.reported = page_reports(reports, node, profiles, tied, book, now);
  result.reported_looks = std::move(reports.looks);
  result.profiles = profiles_of(node, result.ports, profiles, approvals);
  LOCKSTEP_TRY(result.values,
               list_values(store, inventory, {node.name}, "", MissingValues::alerts));
  result.alerts = alerts_of(book, node, now);
  return result;
}

}  // namespace lockstep::control
