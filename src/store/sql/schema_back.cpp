#include "store/sql/schema_back.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>
#include <ranges>
#include <span>

#include "store/sql/connect.h"
#include "store/sql/errors.h"
#include "store/sql/migrations.h"
#include "store/sql/sql_store.h"
#include "store/sql/transaction.h"

namespace lockstep {
namespace {

/// What the way back from a version needs beside the inverse of its statements.
struct WayBack {
  std::string_view lost;                   ///< for a person
  std::span<const std::string_view> rows;  ///< that the older program could not read; repeatable
};

constexpr std::string_view kThird[] = {
    "DELETE FROM port_rules WHERE presence LIKE 'service:%'",
    "DELETE FROM alerts WHERE kind IN ('service-mismatch', 'service-silent', 'version-drift', "
    "'hostkey-changed', 'hostkey-shared', 'certificate-changed', 'node-rebuilt')",
};

constexpr std::string_view kFourth[] = {
    "DELETE FROM alerts WHERE kind IN ('orphan-listener', 'value-deviates', 'scan-overdue', "
    "'collector-failed', 'sweep-late', 'scheduler-unavailable', 'clock-stepped')",
    "UPDATE looks SET gap = 'interrupted' WHERE gap = 'left'",
};

/// Not taken away: the latest event keeps its id. Who listens looks at profiles anew, no more.
constexpr std::string_view kMaintenance[] = {
    "UPDATE events SET kind = 'profile-approved' WHERE kind IN ('profile-waiting', "
    "'profile-not-learned', 'maintenance-changed')",
};

/// By version, from kOldestSchemaVersion + 1 on. A step of migrations.cpp has a line here.
constexpr WayBack kBack[] = {
    {"what services said, the keys that were known, rules of presence \"service\", and alerts "
     "about "
     "services",
     kThird},
    {"plug-in instances as they were changed, their runs and values, rules of values, listeners of "
     "jobs, what people did, and alerts about all of it",
     kFourth},
    {"what plug-ins reported of ports", {}},
    {"what happened (events), users and their tokens, and the chain of what people did", {}},
    {"what was told of alerts, and what waited to be told", {}},
    {"up to which record spools were replayed: start no daemon whose spool holds something", {}},
    {"windows of maintenance that were opened at run time", kMaintenance},
    {"when ports became what they are, numbers as they were measured, and when alerts stood", {}},
    {"what services said first (banners)", {}},
};

const WayBack& way_back_from(int version) {
  return kBack[version - kOldestSchemaVersion - 1];
}

/// The word that follows `before`; empty where the statement begins otherwise.
std::string_view word_after(std::string_view statement, std::string_view before) {
  if (!statement.starts_with(before)) return {};
  statement.remove_prefix(before.size());
  return statement.substr(0, statement.find(' '));
}

/// Empty where nothing is to be undone: a column that has more room than it needs is well.
std::string inverse_of(std::string_view statement, bool again) {
  const std::string_view table = word_after(statement, "CREATE TABLE ");
  if (!table.empty()) return fmt::format("DROP TABLE IF EXISTS {}", table);
  const std::string_view altered = word_after(statement, "ALTER TABLE ");
  const std::size_t added = statement.find(" ADD COLUMN ");
  if (altered.empty() || added == std::string_view::npos) return {};
  const std::string_view column = word_after(statement.substr(added), " ADD COLUMN ");
  return fmt::format("ALTER TABLE {} DROP COLUMN {}{}", altered, again ? "IF EXISTS " : "", column);
}

void undo(Connection& connection, int version) {
  for (const std::string_view rows : way_back_from(version).rows) connection.sql() << rows;
  const bool undoes = connection.dialect().undoes_schema;
  const Statements steps = schema_steps()[static_cast<std::size_t>(version - 1)];
  for (const std::string_view statement : std::views::reverse(steps)) {
    const std::string inverse = inverse_of(statement, !undoes);
    if (!inverse.empty()) connection.change_schema(inverse, false);
  }
}

/// Where the database does not undo what is done to the schema, the version goes first, and it is
/// noted that its step is under way: whoever finds the note, in either direction, goes on.
int noted_step(Connection& connection) {
  if (connection.dialect().undoes_schema) return 0;
  connection.prepare_schema();
  int step = 0;
  soci::indicator present = soci::i_null;
  connection.sql() << "SELECT MAX(step) FROM schema_step", soci::into(step, present);
  return present == soci::i_ok ? step : 0;
}

void step_back(Connection& connection, int version) {
  Transaction transaction(connection, Access::write);
  const bool undoes = connection.dialect().undoes_schema;
  if (!undoes) {
    connection.prepare_schema();
    connection.sql() << "DELETE FROM schema_step";
    connection.sql() << "INSERT INTO schema_step (step) VALUES (:step)", soci::use(version);
  }
  connection.sql() << "DELETE FROM schema_version WHERE version = :version", soci::use(version);
  undo(connection, version);
  if (!undoes) connection.sql() << "DELETE FROM schema_step";
  transaction.commit();
}

Result<void> check_version(int current, int noted, int version) {
  if (version < kOldestSchemaVersion || version >= newest_schema_version()) {
    return fail(ErrorKind::invalid, fmt::format("version {}: it can be {} to {}", version,
                                                kOldestSchemaVersion, newest_schema_version() - 1));
  }
  if (current > newest_schema_version()) {
    return fail(ErrorKind::unsupported, "a newer Lockstep wrote it: use that one");
  }
  if (current > version || (current == version && noted == current + 1)) return {};
  return fail(ErrorKind::invalid, current == 0
                                      ? std::string("it is no store of Lockstep's")
                                      : fmt::format("its schema has version {} already", current));
}

}  // namespace

std::vector<std::string> lost_on_the_way_to(int version) {
  static_assert(std::size(kBack) > 0);
  std::vector<std::string> lost;
  for (int each = newest_schema_version(); each > std::max(version, kOldestSchemaVersion); --each) {
    lost.emplace_back(way_back_from(each).lost);
  }
  return lost;
}

Result<void> bring_schema_back(std::string_view url, int version) {
  const std::string name = name_of_store(url);
  auto connection = connect(url, kStoreBusyTimeout);
  if (!connection) return std::unexpected(connection.error().within(name));
  return guarded(fmt::format("{}, bringing the tables back", name), [&]() -> Result<void> {
    int current = schema_version(**connection);
    const int noted = current == 0 ? 0 : noted_step(**connection);
    if (const auto checked = check_version(current, noted, version); !checked) {
      return std::unexpected(checked.error().within(name));
    }
    if (noted == current + 1 && noted > kOldestSchemaVersion) step_back(**connection, noted);
    for (; current > version; --current) step_back(**connection, current);
    return {};
  });
}

}  // namespace lockstep
