#include "store/sql/audit_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/text.h"
#include "store/sql/numbers.h"
#include "store/sql/rows.h"
#include "store/sql/text.h"
#include "store/store.h"

namespace lockstep {
namespace {

constexpr std::size_t kMostPerson = 255;
constexpr std::size_t kMostAction = 60;
/// Of profiles of all classes; nobody looks at as many.
constexpr std::size_t kMostProfileActs = 20'000;
constexpr Column kColumns[] = {
    {"id"},     {"happened_at", 20}, {"person", kMostPerson}, {"action", kMostAction}, {"subject"},
    {"detail"}, {"chain", 64}};
constexpr BulkTable kAudit = {"audit", kColumns, 1};

/// As it will be read: the chain is over what is stored.
AuditEntry as_stored(const AuditEntry& entry) {
  AuditEntry stored = entry;
  stored.at = std::chrono::floor<std::chrono::seconds>(entry.at);
  stored.person = cut_to(storable(entry.person), kMostPerson);
  stored.action = cut_to(storable(entry.action), kMostAction);
  stored.subject = storable(entry.subject);
  stored.detail = storable(entry.detail);
  return stored;
}

Result<std::vector<AuditEntry>> select_audit(Connection& connection, const std::string& which) {
  std::vector<AuditEntry> entries;
  const std::string query = fmt::format("SELECT {} FROM audit {}", names_of(kColumns), which);
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    const auto text = [&](std::size_t i) { return std::string(row[i].value_or("")); };
    const auto id = parse_number(text(0));
    const auto at = parse_time(text(1));
    if (!id || !at) {
      return corrupt_row("audit", fmt::format("id {}", quoted(text(0))),
                         "its number or its time has no sense");
    }
    entries.push_back({*id, *at, text(2), text(3), text(4), text(5), text(6)});
    return {};
  }));
  return entries;
}

}  // namespace

Result<std::vector<AuditEntry>> read_audit(Connection& connection, std::size_t limit,
                                           std::int64_t below) {
  return select_audit(
      connection, fmt::format("WHERE id < {} ORDER BY id DESC LIMIT {}", below, to_number(limit)));
}

/// Chosen here and not by the database: names of classes may hold what no statement may.
Result<std::vector<AuditEntry>> read_profile_audit(Connection& connection,
                                                   const std::string& node_class,
                                                   std::size_t limit) {
  const std::string wanted = storable(node_class);
  LOCKSTEP_TRY(std::vector<AuditEntry> entries,
               select_audit(connection, fmt::format("WHERE action LIKE 'profile %' ORDER BY id "
                                                    "DESC LIMIT {}",
                                                    kMostProfileActs)));
  std::erase_if(entries, [&](const AuditEntry& entry) {
    return entry.subject != wanted && entry.subject.substr(0, entry.subject.find('@')) != wanted;
  });
  if (entries.size() > limit) entries.resize(limit);
  return entries;
}

Result<void> add_audit(Connection& connection, const AuditEntry& entry) {
  LOCKSTEP_TRY(const std::vector<AuditEntry> latest, read_audit(connection, 1, kAnyId));
  AuditEntry added = as_stored(entry);
  added.id = latest.empty() ? 1 : latest.front().id + 1;
  added.chain = audit_link(latest.empty() ? "" : latest.front().chain, added);
  return connection.bulk().upsert(kAudit, 1, [&](std::size_t, BulkRow& row) {
    row.number(added.id);
    row.time(added.at);
    row.text(added.person);
    row.text(added.action);
    row.text(added.subject);
    row.text(added.detail);
    row.text(added.chain);
  });
}

Result<AuditChain> check_audit(Connection& connection) {
  LOCKSTEP_TRY(std::vector<AuditEntry> entries, read_audit(connection, kAnyId, kAnyId));
  std::ranges::reverse(entries);
  return check_chain(entries);
}

}  // namespace lockstep
