#include "store/sql/spool_tables.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include "base/text.h"
#include "store/sql/rows.h"
#include "store/sql/text.h"

namespace lockstep {
namespace {

constexpr Column kColumns[] = {{"spool", 40}, {"number"}};
constexpr BulkTable kMarks = {"spool_marks", kColumns, 1};

}  // namespace

Result<std::int64_t> read_spool_mark(Connection& connection, const std::string& spool) {
  const std::string stored = storable(spool);
  long long number = 0;
  soci::indicator present = soci::i_null;
  connection.sql() << "SELECT MAX(number) FROM spool_marks WHERE spool = :spool",
      soci::into(number, present), soci::use(stored);
  return present == soci::i_ok ? number : 0;
}

Result<void> write_spool_mark(Connection& connection, const SpoolMark& mark) {
  LOCKSTEP_TRY(const std::int64_t before, read_spool_mark(connection, mark.spool));
  if (before > mark.number) {
    return fail(ErrorKind::invalid, fmt::format("number {} of the spool {} was replayed before",
                                                mark.number, quoted(mark.spool)));
  }
  return connection.bulk().upsert(kMarks, 1, [&](std::size_t, BulkRow& row) {
    row.text(mark.spool);
    row.number(mark.number);
  });
}

}  // namespace lockstep
