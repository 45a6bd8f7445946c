#include "store/sql/errors.h"

#include <errmsg.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mysqld_error.h>
#include <soci/mysql/soci-mysql.h>
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
      {"22001", ErrorKind::invalid, "too long"},
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

TEST(DatabaseErrors, OfMariadbAreToldByTheirNumber) {
  const struct {
    int number;
    ErrorKind kind;
    const char* says;
  } kRows[] = {
      {ER_DISK_FULL, ErrorKind::unavailable, "the disk is full"},
      {ER_RECORD_FILE_FULL, ErrorKind::unavailable, "the disk is full"},
      {ER_GET_ERRNO, ErrorKind::unavailable, "trouble with its disk"},
      {ER_OUTOFMEMORY, ErrorKind::unavailable, "short of memory"},
      {ER_CON_COUNT_ERROR, ErrorKind::unavailable, "no connection left"},
      {ER_LOCK_WAIT_TIMEOUT, ErrorKind::unavailable, "another program keeps it locked"},
      {ER_LOCK_DEADLOCK, ErrorKind::unavailable, "another program keeps it locked"},
      {ER_QUERY_INTERRUPTED, ErrorKind::unavailable, "called the statement off"},
      {ER_CONNECTION_KILLED, ErrorKind::unavailable, "the server ended the connection"},
      {ER_SERVER_SHUTDOWN, ErrorKind::unavailable, "try again once it runs"},
      {CR_SERVER_GONE_ERROR, ErrorKind::unavailable, "is it running?"},
      {CR_CONNECTION_ERROR, ErrorKind::unavailable, "is it running?"},
      {CR_UNKNOWN_HOST, ErrorKind::unavailable, "no such host"},
      {CR_SSL_CONNECTION_ERROR, ErrorKind::denied, "ssl-ca"},
      {ER_ERROR_DURING_COMMIT, ErrorKind::unavailable, "look first"},
      {ER_NET_PACKET_TOO_LARGE, ErrorKind::unavailable, "max_allowed_packet"},
      {ER_OPTION_PREVENTS_STATEMENT, ErrorKind::denied, "connect to the primary"},
      {ER_ACCESS_DENIED_ERROR, ErrorKind::denied, "~/.my.cnf"},
      {ER_HOST_NOT_PRIVILEGED, ErrorKind::denied, "for which hosts"},
      {ER_DBACCESS_DENIED_ERROR, ErrorKind::denied, "no right to it"},
      {ER_TABLEACCESS_DENIED_ERROR, ErrorKind::denied, "a right is missing"},
      {ER_BAD_DB_ERROR, ErrorKind::not_found, "CREATE DATABASE"},
      {ER_NO_SUCH_TABLE, ErrorKind::corrupt, "a table is missing"},
      {ER_BAD_FIELD_ERROR, ErrorKind::corrupt, "a column is missing"},
      {ER_INDEX_CORRUPT, ErrorKind::corrupt, "damaged data"},
      {ER_DATA_TOO_LONG, ErrorKind::invalid, "too long"},
      {ER_PARSE_ERROR, ErrorKind::unavailable, "the database refused"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.number);
    expect_meaning(soci::mysql_soci_error("what \x1b happened", row.number), row.kind, row.says);
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
