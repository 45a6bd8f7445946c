#include "store/spool/known.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/text.h"

namespace lockstep {
namespace {

using Key = std::pair<std::int64_t, std::string>;

std::size_t index_of(std::vector<PortSets>& sets, const PortSets& ports) {
  const auto found = std::ranges::find(sets, ports);
  if (found != sets.end()) return static_cast<std::size_t>(found - sets.begin());
  sets.push_back(ports);
  return sets.size() - 1;
}

void note_looks(Looks& looks, const PortSets& ports, WallTime now,
                std::span<const Coverage> coverage) {
  using Place = std::tuple<std::string_view, std::string_view, IpAddress, Protocol>;
  const std::size_t set = index_of(looks.port_sets, ports);
  std::map<Place, std::size_t> places;
  for (std::size_t i = 0; i < looks.looks.size(); ++i) {
    const Look& look = looks.looks[i];
    if (look.ports != set) continue;
    places.emplace(Place(look.node, look.network, look.address, look.protocol), i);
  }
  std::vector<Look> fresh;
  for (const Coverage& each : coverage) {
    const auto found = places.find({each.node, each.network, each.address, each.protocol});
    Look look;
    if (found != places.end()) {
      look = looks.looks[found->second];
    } else {
      look.node = each.node;
      look.network = each.network;
      look.address = each.address;
      look.protocol = each.protocol;
      look.ports = set;
    }
    look.looked = now;
    look.gap = each.gap;
    look.asked = each.asked;
    look.wanted = each.wanted;
    if (each.examined()) look.examined = now;
    if (found != places.end()) {
      looks.looks[found->second] = std::move(look);
    } else {
      fresh.push_back(std::move(look));
    }
  }
  // Mostly there is none, and there are very many looks.
  if (fresh.empty()) return;
  looks.looks.insert(looks.looks.end(), fresh.begin(), fresh.end());
  std::ranges::sort(looks.looks, [](const Look& a, const Look& b) {
    return std::tie(a.node, a.network, a.address, a.protocol, a.ports) <
           std::tie(b.node, b.network, b.address, b.protocol, b.ports);
  });
}

auto place_of(const JobListener& each) {
  return std::tie(each.node, each.network, each.protocol, each.port);
}

void note_listeners(std::vector<JobListener>& listeners, std::span<const JobListener> tied,
                    std::span<const JobListener> gone) {
  const auto replaced = [&](const JobListener& each) {
    const auto same = [&](const JobListener& other) { return place_of(each) == place_of(other); };
    return std::ranges::any_of(tied, same) || std::ranges::any_of(gone, same);
  };
  if (tied.empty() && gone.empty()) return;
  std::erase_if(listeners, replaced);
  listeners.insert(listeners.end(), tied.begin(), tied.end());
  std::ranges::sort(listeners);
}

bool has(const std::vector<KnownKey>& keys, const KnownKey& key) {
  return std::ranges::any_of(keys, [&](const KnownKey& each) {
    return std::tie(each.node, each.network, each.protocol, each.port, each.type, each.sha256) ==
           std::tie(key.node, key.network, key.protocol, key.port, key.type, key.sha256);
  });
}

std::map<Key, const AlertRecord*> by_key(const std::vector<AlertRecord>& book) {
  std::map<Key, const AlertRecord*> records;
  for (const AlertRecord& record : book) records.emplace(Key(record.id, record.node), &record);
  return records;
}

}  // namespace

void note_sweep(Known& known, const PortSets& ports, WallTime now, const SweepFacts& facts) {
  if (known.looks) note_looks(*known.looks, ports, now, facts.coverage);
  if (known.job_listeners) note_listeners(*known.job_listeners, facts.tied, facts.job_gone);
  if (!known.known_keys || facts.keys.empty()) return;
  for (const KnownKey& key : facts.keys) {
    if (!has(*known.known_keys, key)) known.known_keys->push_back(key);
  }
  std::ranges::sort(*known.known_keys);
}

void note_round(Known& known, const ValueHarvest& harvest) {
  if (known.job_listeners) note_listeners(*known.job_listeners, harvest.tied, harvest.job_gone);
  const auto found = known.port_reports.find(std::string(harvest.instance));
  if (found == known.port_reports.end()) return;
  PortReports& reports = found->second;
  const auto place = [](const auto& each) {
    return std::tie(each.node, each.network, each.address);
  };
  std::erase_if(reports.looks, [&](const ReportedLook& look) {
    return std::ranges::any_of(harvest.looks,
                               [&](const auto& each) { return place(each) == place(look); });
  });
  reports.looks.insert(reports.looks.end(), harvest.looks.begin(), harvest.looks.end());
  const auto same_port = [&](const ReportedPort& a, const ReportedPort& b) {
    return place(a) == place(b) && a.protocol == b.protocol && a.port == b.port;
  };
  std::erase_if(reports.ports, [&](const ReportedPort& port) {
    const auto same = [&](const ReportedPort& other) { return same_port(port, other); };
    return std::ranges::any_of(harvest.ports, same) ||
           std::ranges::any_of(harvest.ports_gone, same);
  });
  reports.ports.insert(reports.ports.end(), harvest.ports.begin(), harvest.ports.end());
  std::ranges::sort(reports.looks);
  std::ranges::sort(reports.ports);
}

std::vector<AlertRecord> applied(const std::vector<AlertRecord>& book,
                                 const AlertChanges& changes) {
  std::map<Key, AlertRecord> records;
  for (const AlertRecord& record : book) records[{record.id, record.node}] = record;
  for (const AlertRecord& record : changes.written) records[{record.id, record.node}] = record;
  for (const auto& key : changes.forgotten) records.erase(key);
  std::vector<AlertRecord> result;
  for (auto& [key, record] : records) result.push_back(std::move(record));
  return result;
}

std::string line_of(const AlertRecord& record) {
  const AlertSubject& subject = record.subject;
  std::string line(to_string(subject.kind));
  line += " " + (record.node.empty() ? subject.node_class : quoted(record.node));
  if (subject.port && subject.protocol) {
    line += fmt::format(" {}/{}", *subject.port, to_string(*subject.protocol));
  }
  if (!subject.reason.empty()) line += " " + quoted(subject.reason);
  return line;
}

std::vector<AlertRecord> news_of(const std::vector<AlertRecord>& book,
                                 const AlertChanges& changes) {
  const auto before = by_key(book);
  std::vector<AlertRecord> news;
  for (const AlertRecord& record : changes.written) {
    if (record.status != AlertStatus::open && record.status != AlertStatus::reopened) continue;
    const auto found = before.find({record.id, record.node});
    if (found != before.end() && found->second->status == record.status) continue;
    news.push_back(record);
  }
  return news;
}

bool says_something(const std::vector<AlertRecord>& book, const AlertChanges& changes) {
  if (!changes.forgotten.empty()) return true;
  const auto before = by_key(book);
  return std::ranges::any_of(changes.written, [&](const AlertRecord& record) {
    const auto found = before.find({record.id, record.node});
    return found == before.end() || found->second->status != record.status ||
           found->second->severity != record.severity;
  });
}

}  // namespace lockstep
