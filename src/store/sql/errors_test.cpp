#include "store/sql/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <new>
#include <string>

namespace lockstep {
namespace {

using testing::HasSubstr;

void expect_meaning(const std::exception& thrown, ErrorKind kind, const char* says) {
  const Error error = database_error(thrown);
  EXPECT_EQ(to_string(error.kind()), to_string(kind)) << error.message();
  EXPECT_THAT(error.message(), HasSubstr(says));
  EXPECT_THAT(error.message(), HasSubstr("\"what \\x1b happened\"")) << "quoted";
}

TEST(DatabaseErrors, OfPostgresqlAreToldByTheirState) {
  const struct {
    const char* state;
    ErrorKind kind;
    const char* says;
  } kRows[] = {
      {"53100", ErrorKind::unavailable, "the disk is full"},
      {"53200", ErrorKind::unavailable, "short of memory"},
      {"53300", ErrorKind::unavailable, "no connection left"},
      {"55P03", ErrorKind::unavailable, "another program keeps it locked"},
      {"40P01", ErrorKind::unavailable, "another program keeps it locked"},
      {"40001", ErrorKind::unavailable, "another program keeps it locked"},
      {"57014", ErrorKind::unavailable, "called the statement off"},
      {"57P01", ErrorKind::unavailable, "the server ended the connection"},
      {"57P03", ErrorKind::unavailable, "try again once it runs"},
      {"08006", ErrorKind::unavailable, "is it running?"},
      {"08001", ErrorKind::unavailable, "is it running?"},
      {"08007", ErrorKind::unavailable, "look first"},
      {"58030", ErrorKind::unavailable, "trouble with its disk"},
      {"25006", ErrorKind::denied, "connect to the primary"},
      {"28P01", ErrorKind::denied, "~/.pgpass"},
      {"28000", ErrorKind::denied, "pg_hba.conf"},
      {"42501", ErrorKind::denied, "a right is missing"},
      {"3D000", ErrorKind::not_found, "createdb"},
      {"42P01", ErrorKind::corrupt, "a table is missing"},
      {"XX001", ErrorKind::corrupt, "damaged data"},
      {"XX002", ErrorKind::corrupt, "damaged index"},
      {"XX000", ErrorKind::unavailable, "the database refused"},
      {"     ", ErrorKind::unavailable, "is it running?"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.state);
    expect_meaning(soci::postgresql_soci_error("what \x1b happened\n", row.state), row.kind,
                   row.says);
  }
}

TEST(DatabaseErrors, OfSqliteAreToldByTheirCode) {
  const struct {
    int code;
    ErrorKind kind;
    const char* says;
  } kRows[] = {
      {SQLITE_BUSY, ErrorKind::unavailable, "another program keeps it locked"},
      {SQLITE_BUSY_SNAPSHOT, ErrorKind::unavailable, "another program keeps it locked"},
      {SQLITE_FULL, ErrorKind::unavailable, "the disk is full"},
      {SQLITE_IOERR_FSYNC, ErrorKind::unavailable, "check the disk"},
      {SQLITE_READONLY, ErrorKind::denied, "the right to write"},
      {SQLITE_CANTOPEN, ErrorKind::denied, "check the rights"},
      {SQLITE_CORRUPT, ErrorKind::corrupt, "a damaged one"},
      {SQLITE_NOTADB, ErrorKind::corrupt, "no SQLite database"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.code);
    expect_meaning(soci::sqlite3_soci_error("what \x1b happened", row.code), row.kind, row.says);
  }
}

TEST(DatabaseErrors, OfOtherKindsAreToldAsTheyAre) {
  expect_meaning(soci::soci_error("what \x1b happened"), ErrorKind::unavailable, "refused");
  expect_meaning(std::runtime_error("what \x1b happened"), ErrorKind::unavailable, "refused");
}

TEST(DatabaseErrors, SayWhatWasBeingDone) {
  const auto failed =
      guarded("reading alerts", []() -> Result<void> { throw soci::soci_error("no luck"); });
  ASSERT_FALSE(failed.has_value());
  EXPECT_THAT(failed.error().message(), testing::StartsWith("reading alerts: "));
  EXPECT_EQ(guarded("x", []() -> Result<int> { return 7; }).value(), 7);
}

}  // namespace
}  // namespace lockstep
