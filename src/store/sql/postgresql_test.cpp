// What only a store on a server can meet: URLs with secrets, rights, restarts, broken connections.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "store/sql/postgresql_url.h"
#include "store/sql/sql_store.h"
#include "store/sql/test_postgresql.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::alert;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

// --- URLs ---

TEST(PostgresqlUrl, MayHaveNoPassword) {
  const char* const kUrls[] = {
      "postgresql://kim:secret@host/db",
      "postgres://kim:secret@host/db",
      "postgresql://kim:se%63ret@host/db?sslmode=require",
      "postgresql://kim:sec/secret@host/db",
      "postgresql://kim:a@secret@host/db",
      "postgresql://:secret@host/db",
      "postgresql:///db?host=h&password=secret",
      "postgresql:///db?pass%77ord=secret",
      "postgresql:///db?sslpassword=secret&user=kim",
      "postgresql://kim@host:1:secret@/db",
  };
  for (const std::string url : kUrls) {
    SCOPED_TRACE(url);
    const auto store = open_store(url, 50ms);
    ASSERT_FALSE(store.has_value());
    EXPECT_EQ(store.error().kind(), ErrorKind::invalid);
    const std::string message = store.error().message();
    EXPECT_THAT(message, HasSubstr("it has a password"));
    EXPECT_THAT(message, HasSubstr("~/.pgpass"));
    EXPECT_THAT(message, HasSubstr("PGPASSFILE"));
    EXPECT_THAT(message, HasSubstr("PGPASSWORD"));
    EXPECT_THAT(message, Not(HasSubstr("secret")));
    EXPECT_THAT(message, Not(HasSubstr("se%63ret")));
  }
}

TEST(PostgresqlUrl, IsNotRepeatedWhereLibpqCannotReadIt) {
  for (const std::string url :
       {"postgresql://[::1/db?password=secret", "postgresql://host/db?pasword=secret",
        "postgresql:///db?password=secret%zz", "postgresql:///db?x", "postgresql:///%00"}) {
    SCOPED_TRACE(url);
    const auto store = open_store(url, 50ms);
    ASSERT_FALSE(store.has_value());
    EXPECT_EQ(store.error().kind(), ErrorKind::invalid);
    EXPECT_THAT(store.error().message(), Not(HasSubstr("secret%zz")));
    EXPECT_THAT(store.error().message(), HasSubstr("postgresql://USER@HOST/DATABASE"));
  }
  EXPECT_EQ(complete_url(std::string("postgresql:///a\0b", 17)).error().kind(), ErrorKind::invalid);
}

TEST(PostgresqlUrl, IsShownWithoutSecrets) {
  EXPECT_EQ(without_secrets("postgresql://kim@host/db"), "postgresql://kim@host/db");
  EXPECT_EQ(without_secrets("postgresql:///db?host=/run/p"), "postgresql:///db?host=/run/p");
  EXPECT_EQ(without_secrets("postgresql://kim:secret@host/db"), "postgresql://***@host/db");
  EXPECT_EQ(without_secrets("postgres://a:b@c@host/db?x=y"), "postgres://***@host/db?x=y");
  EXPECT_EQ(without_secrets("postgresql://h/db?password=x"), "postgresql://h/db?***");
  EXPECT_EQ(without_secrets("postgresql://h/db?p%61ssword=x"), "postgresql://h/db?***");
}

TEST(PostgresqlUrl, GetsDefaultsForWhatItLeavesOpen) {
  unsetenv("PGCONNECT_TIMEOUT");
  EXPECT_EQ(complete_url("postgresql://kim@host:7/db").value(),
            "postgresql://kim@host:7/db?connect_timeout=5&tcp_user_timeout=30000&"
            "keepalives_idle=30&keepalives_interval=10&keepalives_count=3&"
            "fallback_application_name=lockstep&client_encoding=UTF8");
  const std::string own =
      complete_url("postgresql:///a \"b?connect_timeout=9&client_encoding=LATIN1").value();
  EXPECT_THAT(own, StartsWith("postgresql:///a%20%22b?connect_timeout=9&"));
  EXPECT_THAT(own, Not(HasSubstr("connect_timeout=5")));
  EXPECT_THAT(own, EndsWith("&client_encoding=UTF8")) << "texts are UTF-8 here";
  setenv("PGCONNECT_TIMEOUT", "3", 1);
  EXPECT_THAT(complete_url("postgresql:///db").value(), Not(HasSubstr("connect_timeout")));
  unsetenv("PGCONNECT_TIMEOUT");
}

TEST(PostgresqlUrl, OfNobodyIsUnavailable) {
  const auto store = open_store("postgresql:///db?host=/nonexistent&user=kim", 50ms);
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().kind(), ErrorKind::unavailable) << store.error().message();
  EXPECT_THAT(store.error().message(), HasSubstr("there is no connection to the server"));
}

// --- With a server ---

class PostgresqlStore : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = server().missing(); !missing.empty()) GTEST_SKIP() << missing;
    url_ = server().new_database();
  }

  static PostgresqlServer& server() { return postgresql_server(); }

  std::unique_ptr<Store> open() const { return open_store(url_, 5s).value(); }

  std::string database() const {
    const std::size_t start = std::string("postgresql:///").size();
    return url_.substr(start, url_.find('?') - start);
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

TEST_F(PostgresqlStore, SaysThatThereIsNoSuchDatabase) {
  expect_error(open_store(server().url("nowhere")), ErrorKind::not_found, "createdb");
}

TEST_F(PostgresqlStore, IsFoundByAnyDecentUrl) {
  server().administer("CREATE DATABASE \"it's a  \"\"db\"\" =x&y\"");
  EXPECT_TRUE(open_store(server().url("it's%20a%20%20%22db%22%20%3Dx%26y")).has_value());
  EXPECT_TRUE(open_store(server().url("it's a  \"db\" =x%26y")).has_value());
  server().administer("DROP DATABASE \"it's a  \"\"db\"\" =x&y\" WITH (FORCE)");
  setenv("PGHOST", server().folder().c_str(), 1);
  setenv("PGUSER", "postgres", 1);
  EXPECT_TRUE(open_store("postgres:///" + database()).has_value()) << "without any parameter";
  unsetenv("PGHOST");
  unsetenv("PGUSER");
}

TEST_F(PostgresqlStore, SaysThatItLetsNobodyIn) {
  server().administer("CREATE ROLE barred NOLOGIN");
  expect_error(open_store(server().url(database(), "barred")), ErrorKind::denied, "pg_hba.conf");
  expect_error(open_store(server().url(database(), "nobody_at_all")), ErrorKind::denied,
               "pg_hba.conf");
  server().administer("DROP ROLE barred");
}

TEST_F(PostgresqlStore, SaysThatARightIsMissing) {
  server().administer("CREATE ROLE reader LOGIN");
  expect_error(open_store(server().url(database(), "reader")), ErrorKind::denied,
               "a right is missing");
  ASSERT_TRUE(write(*open(), 1).has_value());
  const auto reader = open_store(server().url(database(), "reader"));
  expect_error(reader, ErrorKind::denied, "GRANT");
  server().administer("DROP ROLE reader");
}

TEST_F(PostgresqlStore, NeedsUtf8) {
  server().administer("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  expect_error(open_store(server().url("latin")), ErrorKind::unsupported, "createdb -E UTF8");
  server().administer("DROP DATABASE latin");
}

/// A session of somebody else that has begun a transaction.
class Other {
 public:
  explicit Other(const std::string& command) : client_(popen(command.c_str(), "w")) {}
  ~Other() { pclose(client_); }
  Other(const Other&) = delete;
  Other& operator=(const Other&) = delete;

  void say(const char* statements) {
    std::fputs(statements, client_);
    std::fflush(client_);
  }

 private:
  FILE* client_;
};

/// Asks the server until it says "t".
bool becomes_true(const std::string& condition) {
  for (int i = 0; i < 2000; ++i) {
    if (postgresql_server().administer("SELECT " + condition) == "t") return true;
    std::this_thread::sleep_for(5ms);  // nothing else tells when a server has come so far
  }
  return false;
}

TEST_F(PostgresqlStore, SaysThatItIsLocked) {
  const auto store = open_store(url_, 50ms).value();
  ASSERT_TRUE(write(*store, 1).has_value());
  Other other(server().client(url_));
  other.say("BEGIN; UPDATE alerts SET note = 'by hand';\n");
  ASSERT_TRUE(becomes_true("EXISTS (SELECT FROM pg_stat_activity WHERE datname = '" + database() +
                           "' AND state = 'idle in transaction')"));
  EXPECT_EQ(store->alerts().value().at(0).note, "note") << "readers do not wait for a writer";
  expect_error(write(*store, 1), ErrorKind::unavailable, "another program keeps it locked");
  EXPECT_TRUE(store->alerts().has_value()) << "nothing is left behind";
  other.say("ROLLBACK; BEGIN; SELECT pg_advisory_xact_lock(7813573191660758384); \\echo\n");
  ASSERT_TRUE(
      becomes_true("EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = "
                   "l.database WHERE locktype = 'advisory' AND datname = '" +
                   database() + "')"));
  expect_error(write(*store, 1), ErrorKind::unavailable, "another program keeps it locked");
  EXPECT_TRUE(open_store(url_, 50ms).has_value()) << "programs that start do not wait";
  other.say("ROLLBACK;\n");
  ASSERT_TRUE(becomes_true("NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory')"));
  EXPECT_TRUE(write(*store, 1).has_value());
}

TEST_F(PostgresqlStore, OutlivesItsConnection) {
  const auto store = open();
  ASSERT_TRUE(write(*store, 1).has_value());
  const std::string others =
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '" +
      database() + "'";
  for (int round = 0; round < 3; ++round) {
    server().administer(others);
    EXPECT_TRUE(write(*store, 2 + round).has_value()) << "a write connects again";
    server().administer(others);
    EXPECT_EQ(store->alerts().value().size(), static_cast<std::size_t>(2 + round))
        << "so does a read";
  }
}

TEST_F(PostgresqlStore, OutlivesTheServer) {
  const auto store = open();
  ASSERT_TRUE(write(*store, 1).has_value());
  for (const char* const mode : {"fast", "immediate"}) {
    server().stop(mode);
    expect_error(store->alerts(), ErrorKind::unavailable, "is it running?");
    expect_error(write(*store, 2), ErrorKind::unavailable, "is it running?");
    expect_error(open_store(url_), ErrorKind::unavailable, "is it running?");
    server().start();
    EXPECT_EQ(store->alerts().value(), std::vector{alert(1, "n1")})
        << "what was acknowledged survives a crash of the server";
    server().stop(mode);
    server().start();
    EXPECT_TRUE(write(*store, 1).has_value()) << "who did not notice need not know";
  }
}

TEST_F(PostgresqlStore, LosesNothingWhenTheConnectionBreaksInTheMiddle) {
  const auto store = open();
  ASSERT_TRUE(write(*store, 1).has_value());
  const auto broken = store->change_alerts([&](const auto&) -> Result<AlertChanges> {
    server().administer(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE "
        "datname = '" +
        database() + "'");
    return AlertChanges{{alert(2, "n1")}, {}};
  });
  expect_error(broken, ErrorKind::unavailable, "changing alerts: the");
  EXPECT_EQ(store->alerts().value(), std::vector{alert(1, "n1")});
}

/// Makes each COMMIT wait for a standby that there is none of.
class NoStandby {
 public:
  NoStandby() { set("'ANY 1 (nobody)'"); }
  ~NoStandby() { set("''"); }
  NoStandby(const NoStandby&) = delete;
  NoStandby& operator=(const NoStandby&) = delete;

 private:
  static void set(const std::string& names) {
    postgresql_server().administer("ALTER SYSTEM SET synchronous_standby_names = " + names);
    postgresql_server().administer("SELECT pg_reload_conf()");
    EXPECT_TRUE(becomes_true("current_setting('synchronous_standby_names') = " +
                             std::string(names == "''" ? "''" : "'ANY 1 (nobody)'")));
  }
};

TEST_F(PostgresqlStore, KnowsWhatBecameOfACommitWhoseAnswerWasLost) {
  const auto store = open();
  Result<std::vector<AlertRecord>> done;
  {
    const NoStandby no_standby;
    std::thread writer([&] { done = write(*store, 1); });
    const std::string waiting =
        "FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = '" + database() + "'";
    EXPECT_TRUE(becomes_true("EXISTS (SELECT " + waiting + ")"));
    // It is committed by now; who waits for the answer gets none.
    server().administer("SELECT pg_terminate_backend(pid, 5000) " + waiting);
    writer.join();
  }
  EXPECT_TRUE(done.has_value()) << done.error().message();
  EXPECT_EQ(store->alerts().value(), std::vector{alert(1, "n1")});
}

TEST_F(PostgresqlStore, AsksForDurabilityWhereTheSiteDoesNot) {
  server().administer("ALTER DATABASE " + database() + " SET synchronous_commit = off");
  const auto store = open();
  Result<std::vector<AlertRecord>> done;
  const NoStandby no_standby;
  std::thread writer([&] { done = write(*store, 1); });
  const std::string waiting =
      "FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = '" + database() + "'";
  EXPECT_TRUE(becomes_true("EXISTS (SELECT " + waiting + ")")) << "a commit waits for the disk";
  server().administer("SELECT pg_cancel_backend(pid) " + waiting);
  writer.join();
  EXPECT_TRUE(done.has_value()) << done.error().message();
}

}  // namespace
}  // namespace lockstep
