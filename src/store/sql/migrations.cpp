#include "store/sql/migrations.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <span>
#include <string>
#include <string_view>

#include "store/sql/errors.h"
#include "store/sql/transaction.h"

namespace lockstep {
namespace {

using Statements = std::span<const std::string_view>;

// A site may have made Table 1 itself, from the paper; it has neither key nor further column, so
// that a plain INSERT of four values works.
constexpr std::string_view kFirst[] = {
    "CREATE TABLE IF NOT EXISTS open_ports ("
    "  port int, protocol char(5), service char(50), host_type char(60))",
    "CREATE TABLE nodes ("
    "  name varchar(255) NOT NULL PRIMARY KEY,"
    "  cluster varchar(255) NOT NULL,"
    "  group_name varchar(255) NOT NULL)",
    "CREATE TABLE node_addresses ("
    "  node varchar(255) NOT NULL REFERENCES nodes (name),"
    "  address varchar(45) NOT NULL,"
    "  network varchar(255) NOT NULL)",
    "CREATE TABLE node_classes ("
    "  node varchar(255) NOT NULL REFERENCES nodes (name),"
    "  class varchar(255) NOT NULL,"
    "  PRIMARY KEY (node, class))",
};

/// The step at index i leads from version i to i + 1. Steps that were released never change.
constexpr Statements kSteps[] = {kFirst};
constexpr int kNewest = static_cast<int>(std::size(kSteps));

int current_version(soci::session& sql) {
  int version = 0;
  soci::indicator present = soci::i_null;
  sql << "SELECT MAX(version) FROM schema_version", soci::into(version, present);
  return present == soci::i_ok ? version : 0;
}

Result<void> check_known(int version) {
  if (version >= 0 && version <= kNewest) return {};
  return fail(ErrorKind::unsupported,
              fmt::format("its schema has version {}, this program knows up to {}: use the newer "
                          "Lockstep that wrote it, or another store",
                          version, kNewest));
}

void apply(soci::session& sql, int version) {
  for (const std::string_view statement : kSteps[version]) sql << std::string(statement);
  const int next = version + 1;
  sql << "INSERT INTO schema_version (version) VALUES (:version)", soci::use(next);
}

}  // namespace

Result<void> migrate(soci::session& sql) {
  return guarded("preparing the tables", [&]() -> Result<void> {
    sql << "CREATE TABLE IF NOT EXISTS schema_version (version int NOT NULL)";
    int version = current_version(sql);
    LOCKSTEP_CHECK(check_known(version));
    while (version < kNewest) {
      Transaction transaction(sql);
      version = current_version(sql);  // another process may have been faster
      LOCKSTEP_CHECK(check_known(version));
      if (version == kNewest) break;
      apply(sql, version++);
      transaction.commit();
    }
    return {};
  });
}

}  // namespace lockstep
