// What only a store on a server of MariaDB can meet: rights, restarts, broken connections, changes
// of the schema that nothing undoes.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "store/sql/migrations.h"
#include "store/sql/schema_back.h"
#include "store/sql/schema_tables.h"
#include "store/sql/sql_store.h"
#include "store/sql/test_lossy_proxy.h"
#include "store/sql/test_mariadb.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::alert;
using testing::HasSubstr;
using namespace std::chrono_literals;

class MariadbStore : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = server().missing(); !missing.empty()) GTEST_SKIP() << missing;
    url_ = server().new_database();
  }

  static MariadbServer& server() { return mariadb_server(); }

  std::unique_ptr<Store> open() const { return open_store(url_, 5s).value(); }

  std::string database() const {
    const std::size_t start = url_.find("@/") + 2;
    return url_.substr(start, url_.find('?') - start);
  }

  /// Statements in the test's own database.
  std::string sql(const std::string& statements) const {
    return server().administer("USE " + database() + "; " + statements);
  }

  std::string url_;
};

Result<std::vector<AlertRecord>> write(Store& store, std::int64_t id) {
  return store.change_alerts([id](const std::vector<AlertRecord>&) -> Result<AlertChanges> {
    return AlertChanges{{alert(id, "n1")}, {}};
  });
}

void expect_error(const auto& result, ErrorKind kind, const char* says) {
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(to_string(result.error().kind()), to_string(kind)) << result.error().message();
  EXPECT_THAT(result.error().message(), HasSubstr(says));
}

/// Asks the server until it says "1".
bool becomes_true(const std::string& condition) {
  for (int i = 0; i < 2000; ++i) {
    if (mariadb_server().administer("SELECT " + condition) == "1") return true;
    std::this_thread::sleep_for(5ms);  // nothing else tells when a server has come so far
  }
  return false;
}

/// The server's numbers of the connections with `database` that `condition` is true of, and an end
/// to them.
void end_connections(const std::string& database, const std::string& condition = "1 = 1") {
  const std::string which =
      "FROM information_schema.processlist WHERE db = '" + database + "' AND " + condition;
  for (std::string id = mariadb_server().administer("SELECT MIN(id) " + which); !id.empty();
       id = mariadb_server().administer("SELECT MIN(id) " + which)) {
    mariadb_server().administer("KILL " + id);
    EXPECT_TRUE(becomes_true(
        "NOT EXISTS (SELECT 1 FROM information_schema.processlist WHERE id = " + id + ")"));
  }
}

TEST_F(MariadbStore, SaysThatThereIsNoSuchDatabase) {
  expect_error(open_store(server().url("nowhere")), ErrorKind::not_found, "CREATE DATABASE");
}

TEST_F(MariadbStore, IsFoundByAnyDecentUrl) {
  server().administer("CREATE DATABASE `it's a  \"db\" =x&y`");
  EXPECT_TRUE(open_store(server().url("it's%20a%20%20%22db%22%20%3Dx%26y")).has_value());
  EXPECT_TRUE(open_store(server().url("it's a  \"db\" =x&y")).has_value());
  server().administer("DROP DATABASE `it's a  \"db\" =x&y`");
}

TEST_F(MariadbStore, SaysThatItLetsNobodyIn) {
  server().administer("CREATE USER barred@localhost IDENTIFIED BY 'other'");
  expect_error(open_store(server().url(database(), "barred")), ErrorKind::denied, "~/.my.cnf");
  expect_error(open_store(server().url(database(), "nobody_at_all")), ErrorKind::denied,
               "~/.my.cnf");
  server().administer("DROP USER barred@localhost");
}

TEST_F(MariadbStore, IsLetInByAPassword) {
  server().administer("CREATE USER kim@localhost IDENTIFIED BY 'a;\\'b'; GRANT ALL ON " +
                      database() + ".* TO kim@localhost");
  setenv("MYSQL_PWD", "a;'b", 1);
  EXPECT_TRUE(open_store(server().url(database(), "kim")).has_value());
  unsetenv("MYSQL_PWD");
  server().administer("DROP USER kim@localhost");
}

TEST_F(MariadbStore, SaysThatARightIsMissing) {
  server().administer("CREATE USER reader@localhost");
  expect_error(open_store(server().url(database(), "reader")), ErrorKind::denied, "no right to it");
  ASSERT_TRUE(write(*open(), 1).has_value());
  server().administer("GRANT SELECT ON " + database() + ".* TO reader@localhost");
  const auto reader = open_store(server().url(database(), "reader"));
  ASSERT_TRUE(reader.has_value()) << reader.error().message();
  EXPECT_EQ((*reader)->alerts().value().size(), 1U);
  expect_error(write(**reader, 2), ErrorKind::denied, "a right is missing");
  server().administer("GRANT INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES ON " + database() +
                      ".* TO reader@localhost");
  const auto writer = open_store(server().url(database(), "reader"));
  ASSERT_TRUE(writer.has_value()) << "no right to the schema is needed where it is up to date";
  EXPECT_TRUE(write(**writer, 2).has_value());
  server().administer("DROP USER reader@localhost");
}

TEST_F(MariadbStore, NeedsAServerThatWritesWhatItAcknowledges) {
  server().administer("SET GLOBAL innodb_flush_log_at_trx_commit = 2");
  expect_error(open_store(url_), ErrorKind::unsupported, "innodb_flush_log_at_trx_commit");
  server().administer("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
  EXPECT_TRUE(open_store(url_).has_value());
}

TEST_F(MariadbStore, RefusesAnEncryptedConnectionThatThereIsNot) {
  expect_error(open_store(url_ + "&ssl-verify-server-cert=1"), ErrorKind::denied, "ssl-ca");
}

/// A session of somebody else that has begun a transaction.
class Other {
 public:
  explicit Other(const std::string& command) : client_(popen(command.c_str(), "w")) {}
  ~Other() { pclose(client_); }
  Other(const Other&) = delete;
  Other& operator=(const Other&) = delete;

  void say(const std::string& statements) {
    std::fputs(statements.c_str(), client_);
    std::fflush(client_);
  }

 private:
  FILE* client_;
};

TEST_F(MariadbStore, SaysThatItIsLocked) {
  const auto store = open_store(url_, 50ms).value();
  ASSERT_TRUE(write(*store, 1).has_value());
  const std::string lock = "CONCAT('lockstep.', MD5('" + database() + "'))";
  Other other(server().client(url_));
  other.say("BEGIN; UPDATE alerts SET note = 'by hand'; SELECT GET_LOCK('by hand', 5);\n");
  ASSERT_TRUE(becomes_true("IS_USED_LOCK('by hand') IS NOT NULL"));
  EXPECT_EQ(store->alerts().value().at(0).note, "note") << "readers do not wait for a writer";
  expect_error(write(*store, 1), ErrorKind::unavailable, "another program keeps it locked");
  EXPECT_TRUE(store->alerts().has_value()) << "nothing is left behind";
  other.say("ROLLBACK; SELECT GET_LOCK(" + lock + ", 5);\n");
  ASSERT_TRUE(becomes_true("IS_USED_LOCK(" + lock + ") IS NOT NULL"));
  expect_error(write(*store, 1), ErrorKind::unavailable, "another program keeps it locked");
  EXPECT_TRUE(open_store(url_, 50ms).has_value()) << "programs that start do not wait";
  other.say("SELECT RELEASE_LOCK(" + lock + ");\n");
  ASSERT_TRUE(becomes_true("IS_USED_LOCK(" + lock + ") IS NULL"));
  EXPECT_TRUE(write(*store, 1).has_value());
}

TEST_F(MariadbStore, OutlivesItsConnection) {
  const auto store = open();
  ASSERT_TRUE(write(*store, 1).has_value());
  for (int round = 0; round < 3; ++round) {
    end_connections(database());
    const auto written = write(*store, 2 + round);
    EXPECT_TRUE(written.has_value()) << "a write connects again: " << written.error().message();
    end_connections(database());
    EXPECT_EQ(store->alerts().value().size(), static_cast<std::size_t>(2 + round))
        << "so does a read";
  }
}

TEST_F(MariadbStore, OutlivesTheServer) {
  const auto store = open();
  ASSERT_TRUE(write(*store, 1).has_value());
  for (const auto how : {MariadbServer::Stop::orderly, MariadbServer::Stop::crash}) {
    server().stop(how);
    expect_error(store->alerts(), ErrorKind::unavailable, "is it running?");
    expect_error(write(*store, 2), ErrorKind::unavailable, "is it running?");
    expect_error(open_store(url_), ErrorKind::unavailable, "is it running?");
    server().start();
    EXPECT_EQ(store->alerts().value(), std::vector{alert(1, "n1")})
        << "what was acknowledged survives a crash of the server";
    server().stop(how);
    server().start();
    EXPECT_TRUE(write(*store, 1).has_value()) << "who did not notice need not know";
  }
}

TEST_F(MariadbStore, LosesNothingWhenTheConnectionBreaksInTheMiddle) {
  const auto store = open();
  ASSERT_TRUE(write(*store, 1).has_value());
  const auto broken = store->change_alerts([&](const auto&) -> Result<AlertChanges> {
    end_connections(database());
    return AlertChanges{{alert(2, "n1")}, {}};
  });
  expect_error(broken, ErrorKind::unavailable, "changing alerts: ");
  EXPECT_EQ(store->alerts().value(), std::vector{alert(1, "n1")});
}

TEST_F(MariadbStore, KnowsWhatBecameOfACommitWhoseAnswerWasLost) {
  const LossyProxy proxy(server().folder() / "socket", server().folder() / "proxy");
  std::string url = url_;
  url.replace(url.find("/socket"), std::string("/socket").size(), "/proxy");
  const auto store = open_store(url, 5s).value();
  ASSERT_TRUE(write(*store, 1).has_value());
  proxy.lose_next_answer_to("COMMIT");
  const auto done = write(*store, 2);
  EXPECT_TRUE(done.has_value()) << done.error().message();
  EXPECT_EQ(open()->alerts().value().size(), 2U);
  proxy.lose_next("COMMIT");
  expect_error(write(*store, 3), ErrorKind::unavailable, "is it running?");
  EXPECT_EQ(open()->alerts().value().size(), 2U) << "that one never reached the server";
  EXPECT_TRUE(write(*store, 3).has_value());
  EXPECT_EQ(proxy.lost(), 2);
}

TEST_F(MariadbStore, TakesRowsUpToWhatTheServerTakes) {
  const auto store = open();
  const auto write_long = [&](std::size_t bytes) {
    return store->change_alerts([bytes](const auto&) -> Result<AlertChanges> {
      AlertRecord record = alert(1, "n1");
      record.detail = std::string(bytes, 'x');
      return AlertChanges{{record, alert(2, "n1")}, {}};
    });
  };
  ASSERT_TRUE(write_long(1'900'000).has_value());
  EXPECT_EQ(store->alerts().value().at(0).detail.size(), 1'900'000U);
  expect_error(write_long(2'200'000), ErrorKind::unavailable, "max_allowed_packet");
  EXPECT_EQ(store->alerts().value().at(0).detail.size(), 1'900'000U) << "it goes on";
}

TEST_F(MariadbStore, TellsTextsApartByEachByte) {
  const auto store = open();
  const std::vector<std::string> nodes = {"n1",
                                          "N1",
                                          "n1 ",
                                          "ñ1",
                                          "n\xcc\x83"
                                          "1",
                                          "ｎ1",
                                          "n1\\'\""};
  const auto done = store->change_alerts([&](const auto&) -> Result<AlertChanges> {
    AlertChanges changes;
    for (const std::string& node : nodes) changes.written.push_back(alert(1, node));
    return changes;
  });
  ASSERT_TRUE(done.has_value()) << done.error().message();
  EXPECT_EQ(done->size(), nodes.size());
}

// --- Changes of the schema ---

TEST_F(MariadbStore, GoesOnWithAStepThatWasInterrupted) {
  // As each of these tables had been the last that a program made before it was killed.
  const char* const kLater[] = {"past_begins", "alert_spans", "value_points", "port_changes"};
  constexpr int kTheirStep = 10;
  open();
  std::string dropped;
  for (const char* const table : kLater) {
    SCOPED_TRACE(table);
    dropped += std::string(dropped.empty() ? "" : ", ") + table;
    sql("DROP TABLE IF EXISTS " + dropped);
    sql("ALTER TABLE services DROP COLUMN banner");  // of the step after it
    sql(fmt::format("DELETE FROM schema_version WHERE version >= {}", kTheirStep));
    sql(fmt::format("UPDATE schema_step SET step = {}", kTheirStep));
    const auto store = open_store(url_);
    ASSERT_TRUE(store.has_value()) << store.error().message();
    EXPECT_EQ(sql("SELECT MAX(version) FROM schema_version"),
              std::to_string(newest_schema_version()));
    EXPECT_TRUE((*store)->port_changes("n1", {}, 1).has_value());
    EXPECT_TRUE((*store)->past_begins().has_value());
    EXPECT_TRUE((*store)->maintenance().has_value());
    EXPECT_TRUE((*store)->audit(1).has_value());
  }
  // A column that was all that the newest step adds.
  sql("DELETE FROM schema_version WHERE version = " + std::to_string(newest_schema_version()));
  const auto store = open_store(url_);
  ASSERT_TRUE(store.has_value()) << store.error().message();
  EXPECT_TRUE((*store)->services_of("n1").has_value());
}

TEST_F(MariadbStore, AWayBackThatWasInterruptedGoesOnInEitherDirection) {
  constexpr int kTo = 3;
  const char* const kWords[] = {"INSERT INTO schema_step",     "DELETE FROM schema_version",
                                "DROP TABLE IF EXISTS events", "ALTER TABLE audit DROP",
                                "DELETE FROM alerts",          "DROP TABLE IF EXISTS runs",
                                "ALTER TABLE sweeps DROP",     "COMMIT"};
  const LossyProxy proxy(server().folder() / "socket", server().folder() / "proxy");
  for (const char* const word : kWords) {
    for (const bool done : {false, true}) {
      for (const bool up : {false, true}) {
        SCOPED_TRACE(std::string(word) + (done ? ", which took effect" : ", which never arrived"));
        const std::string fresh = server().new_database();
        ASSERT_TRUE(open_store(fresh, 5s).has_value());
        std::string url = fresh;
        url.replace(url.find("/socket"), std::string("/socket").size(), "/proxy");
        done ? proxy.lose_next_answer_to(word) : proxy.lose_next(word);
        std::ignore = bring_schema_back(url, kTo);
        if (up) {
          const auto store = open_store(fresh, 5s);
          ASSERT_TRUE(store.has_value()) << store.error().message();
          EXPECT_TRUE(write(**store, 1).has_value());
        }
        std::ignore = bring_schema_back(fresh, kTo);
        const auto again = bring_schema_back(fresh, kTo);
        ASSERT_FALSE(again.has_value());
        EXPECT_THAT(again.error().message(), HasSubstr("has version 3 already"));
        EXPECT_TRUE(open_store(fresh, 5s).has_value());
      }
    }
  }
}

TEST_F(MariadbStore, GoesOnAfterAnyStatementOfAnyStep) {
  std::vector<std::string> words = {"CREATE INDEX sweeps_by_state", "ALTER TABLE sweeps",
                                    "ALTER TABLE open_ports",       "INSERT INTO schema_step",
                                    "INSERT INTO schema_version",   "COMMIT"};
  const auto tables = schema_tables();
  for (const SchemaTable& each : tables) words.push_back("CREATE TABLE " + each.name + " (");
  std::ranges::replace(words, "CREATE TABLE open_ports (",
                       "CREATE TABLE IF NOT EXISTS open_ports (");
  const LossyProxy proxy(server().folder() / "socket", server().folder() / "proxy");
  int broken = 0;
  for (const std::string& word : words) {
    for (const bool done : {false, true}) {
      SCOPED_TRACE(word + (done ? ", which took effect" : ", which never arrived"));
      const std::string fresh = server().new_database();
      std::string url = fresh;
      url.replace(url.find("/socket"), std::string("/socket").size(), "/proxy");
      done ? proxy.lose_next_answer_to(word) : proxy.lose_next(word);
      // A COMMIT is found out about: what is before it counts already.
      const bool noticed = word == "COMMIT";
      EXPECT_EQ(open_store(url, 5s).has_value(), noticed);
      EXPECT_EQ(proxy.lost(), ++broken);
      const auto store = open_store(fresh, 5s);
      ASSERT_TRUE(store.has_value()) << store.error().message();
      EXPECT_TRUE(write(**store, 1).has_value());
      EXPECT_TRUE((*store)->sweeps(1).has_value());
      EXPECT_TRUE((*store)->job_listeners().has_value());
    }
  }
}

TEST_F(MariadbStore, LeavesATableAloneThatIsSomebodyElses) {
  sql("CREATE TABLE alerts (mine int)");
  for (int round = 0; round < 2; ++round) {
    expect_error(open_store(url_), ErrorKind::invalid, "a database of its own");
    EXPECT_EQ(sql("SELECT MAX(version) FROM schema_version"), "1");
  }
  sql("DROP TABLE alerts");
  EXPECT_TRUE(open_store(url_).has_value());
}

TEST_F(MariadbStore, ComparesTextsInTableOneAsElsewhere) {
  sql("CREATE TABLE open_ports (port int, protocol char(5), service char(50), host_type char(60)) "
      "ENGINE=MyISAM CHARACTER SET latin1 COLLATE latin1_swedish_ci;"
      "INSERT INTO open_ports VALUES (22, 'tcp', '', 'compute'), (23, 'tcp', '', 'Compute')");
  const auto store = open();
  EXPECT_EQ(store->profile("compute").value().ports.size(), 1U);
  EXPECT_EQ(store->profiles().value().size(), 2U);
}

TEST_F(MariadbStore, KeepsNoRowOfAWriterThatIsGone) {
  ASSERT_TRUE(write(*open(), 1).has_value());
  EXPECT_EQ(sql("SELECT COUNT(*) FROM store_writers"), "0");
}

}  // namespace
}  // namespace lockstep
