#include "control/key_use_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "analysis/alerts.h"
#include "analysis/key_judge.h"
#include "model/nodeset.h"

namespace lockstep::control {
namespace {

/// A key at its place, whoever accepted it and when.
using KeyId = std::tuple<std::string, std::string, Protocol, Port, std::string, std::string>;
using PortId = std::tuple<std::string, std::string, Protocol, Port>;

KeyId id_of(const KnownKey& key) {
  return {key.node, key.network, key.protocol, key.port, key.type, key.sha256};
}

PortId port_of(const KnownKey& key) {
  return {key.node, key.network, key.protocol, key.port};
}

bool is_meant(const std::set<std::string>& nodes, const std::string& node) {
  return nodes.empty() || nodes.contains(node);
}

/// What the latest looks at the nodes showed.
std::map<KeyId, KnownKey> seen_keys(const std::vector<ServiceFact>& facts,
                                    const std::set<std::string>& nodes) {
  std::map<KeyId, KnownKey> seen;
  for (const ServiceFact& fact : facts) {
    if (!is_meant(nodes, fact.seen.node)) continue;
    for (const KnownKey& key : keys_of(fact.seen, fact.asked)) {
      const auto [place, fresh] = seen.try_emplace(id_of(key), key);
      place->second.since = std::max(place->second.since, fact.asked);
    }
  }
  return seen;
}

std::vector<KeyRow> rows_of(const std::vector<KnownKey>& known,
                            const std::map<KeyId, KnownKey>& seen,
                            const std::set<std::string>& nodes) {
  std::map<KeyId, KeyRow> rows;
  for (const KnownKey& key : known) {
    if (is_meant(nodes, key.node)) rows[id_of(key)] = {.key = key, .known = true};
  }
  for (const auto& [id, key] : seen) {
    KeyRow& row = rows[id];
    if (!row.known) row.key = key;
    row.seen = true;
  }
  std::vector<KeyRow> result;
  result.reserve(rows.size());
  for (auto& [id, row] : rows) result.push_back(std::move(row));
  return result;
}

/// What is to be known once what was seen is accepted. A new key is one of the latest look at its
/// port: at an address that the node had before, somebody else may have shown one.
std::vector<KnownKey> with_seen(const std::vector<KnownKey>& known,
                                const std::map<KeyId, KnownKey>& seen,
                                const std::set<std::string>& nodes, const Act& act) {
  std::map<KeyId, KnownKey> before;
  for (const KnownKey& key : known) before.emplace(id_of(key), key);
  std::map<PortId, WallTime> anew;  // and when they were looked at last
  for (const auto& [id, key] : seen) {
    WallTime& latest = anew[port_of(key)];
    latest = std::max(latest, key.since);
  }
  std::vector<KnownKey> result;
  for (const auto& [id, key] : seen) {
    const auto old = before.find(id);
    if (old == before.end() && key.since < anew.at(port_of(key))) continue;
    KnownKey& added = result.emplace_back(old == before.end() ? key : old->second);
    if (old != before.end()) continue;
    added.since = act.now;
    added.by = act.person;
  }
  for (const KnownKey& key : known) {
    if (nodes.contains(key.node) && !anew.contains(port_of(key))) result.push_back(key);
  }
  std::ranges::sort(result);
  return result;
}

bool is_about_change(FindingKind kind) {
  return kind == FindingKind::hostkey_changed || kind == FindingKind::certificate_changed ||
         kind == FindingKind::node_rebuilt;
}

Result<std::vector<std::int64_t>> end_alerts(Store& store, const std::set<std::string>& nodes,
                                             AcceptWhat what, const Act& act) {
  std::set<std::int64_t> ids;
  const auto decide = [&](const std::vector<AlertRecord>& book) -> Result<AlertChanges> {
    ids.clear();
    std::vector<AlertRecord> meant;  // of many nodes and few ids
    for (const AlertRecord& record : book) {
      const bool over = is_about_change(record.subject.kind) && nodes.contains(record.node) &&
                        record.status != AlertStatus::resolved &&
                        record.status != AlertStatus::pending;
      if (!over) continue;
      meant.push_back(record);
      ids.insert(record.id);
    }
    if (meant.empty()) return AlertChanges{};
    return act_on_alerts(meant,
                         {.kind = AlertAction::Kind::resolve,
                          .ids = {ids.begin(), ids.end()},
                          .nodes = std::nullopt,
                          .person = act.person,
                          .note = fmt::format("its keys were accepted by {}", act.person)},
                         act.now);
  };
  AuditEntry entry;
  entry.at = act.now;
  entry.person = act.person;
  entry.action = "key accept";
  entry.subject = fold_nodeset(std::vector<std::string>(nodes.begin(), nodes.end()));
  entry.detail = what == AcceptWhat::next ? "whatever they show next" : "what they show";
  LOCKSTEP_CHECK(store.change_alerts(decide, &entry));
  return std::vector<std::int64_t>(ids.begin(), ids.end());
}

/// Whether a person has read each key that is new to us.
Result<void> check_read(const std::vector<KnownKey>& known, const std::vector<KnownKey>& after,
                        const std::set<std::string>& read) {
  std::set<KeyId> ids;
  for (const KnownKey& key : known) ids.insert(id_of(key));
  for (const KnownKey& key : after) {
    if (ids.contains(id_of(key)) || read.contains(key.sha256)) continue;
    return fail(ErrorKind::invalid,
                fmt::format("{} shows the key {} by now, which is none of those that were read",
                            key.node, key.sha256));
  }
  return {};
}

}  // namespace

Result<std::vector<KeyRow>> list_keys(Store& store, const std::set<std::string>& nodes) {
  LOCKSTEP_TRY(const std::vector<KnownKey> known, store.known_keys());
  LOCKSTEP_TRY(const std::vector<ServiceFact> facts, store.services());
  return rows_of(known, seen_keys(facts, nodes), nodes);
}

Result<AcceptReport> accept_keys(Store& store, const std::set<std::string>& nodes, AcceptWhat what,
                                 const Act& act, const std::set<std::string>& read) {
  LOCKSTEP_TRY(const std::vector<KnownKey> known, store.known_keys());
  LOCKSTEP_TRY(const std::vector<ServiceFact> facts, store.services());
  const std::map<KeyId, KnownKey> seen = seen_keys(facts, nodes);
  std::set<std::string> with_keys;
  for (const KnownKey& key : known) with_keys.insert(key.node);
  for (const auto& [id, key] : seen) with_keys.insert(key.node);
  for (const std::string& node : nodes) {
    if (with_keys.contains(node)) continue;
    return fail(ErrorKind::not_found,
                fmt::format("{} has shown no key yet; look first: lockstep sweep --services {}",
                            node, node));
  }
  const std::vector<KnownKey> after =
      what == AcceptWhat::next ? std::vector<KnownKey>{} : with_seen(known, seen, nodes, act);
  if (!read.empty()) LOCKSTEP_CHECK(check_read(known, after, read));
  LOCKSTEP_CHECK(store.replace_known_keys({nodes.begin(), nodes.end()}, after));
  AcceptReport report;
  std::set<KeyId> before_ids;
  std::set<KeyId> after_ids;
  for (const KnownKey& key : known) {
    if (nodes.contains(key.node)) before_ids.insert(id_of(key));
  }
  for (const KnownKey& key : after) after_ids.insert(id_of(key));
  report.accepted = static_cast<std::size_t>(
      std::ranges::count_if(after_ids, [&](const KeyId& id) { return !before_ids.contains(id); }));
  report.forgotten = static_cast<std::size_t>(
      std::ranges::count_if(before_ids, [&](const KeyId& id) { return !after_ids.contains(id); }));
  report.rows = rows_of(after, seen, nodes);
  LOCKSTEP_TRY(report.resolved, end_alerts(store, nodes, what, act));
  return report;
}

}  // namespace lockstep::control
