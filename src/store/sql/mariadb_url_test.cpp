#include "store/sql/mariadb_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "store/sql/postgresql_url.h"
#include "store/sql/sql_store.h"

namespace lockstep {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

/// With a home of its own, where no option file is.
class MariadbUrl : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/lockstep-home-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    home_ = pattern;
    if (const char* const home = getenv("HOME")) before_ = home;
    setenv("HOME", home_.c_str(), 1);
  }
  void TearDown() override {
    setenv("HOME", before_.c_str(), 1);
    unsetenv("MYSQL_PWD");
    std::filesystem::remove_all(home_);
  }

  void write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    std::ofstream(home_ / name) << text;
    chmod((home_ / name).c_str(), mode);
  }

  std::filesystem::path home_;
  std::string before_;
};

TEST_F(MariadbUrl, SaysWhereTheServerIs) {
  const struct {
    const char* url;
    MariadbTarget target;
  } kRows[] = {
      {"mariadb://kim@host/db", {.host = "host", .user = "kim", .database = "db"}},
      {"mysql://kim@host:3307/db",
       {.host = "host", .port = "3307", .user = "kim", .database = "db"}},
      {"mariadb://host/db", {.host = "host", .database = "db"}},
      {"mariadb:///db", {.database = "db"}},
      {"mariadb://kim@[fd00::1]:7/db",
       {.host = "fd00::1", .port = "7", .user = "kim", .database = "db"}},
      {"mariadb://k%40m@/d%20b?socket=/run/a%26b&connect-timeout=9",
       {.socket = "/run/a&b", .user = "k@m", .database = "d b", .connect_timeout = "9"}},
      {"mariadb://h/db?ssl-ca=/a&ssl-cert=/b&ssl-key=/c",
       {.host = "h",
        .database = "db",
        .tls = true,
        .ssl_ca = "/a",
        .ssl_cert = "/b",
        .ssl_key = "/c"}},
      {"mariadb://h/db?ssl-verify-server-cert=1", {.host = "h", .database = "db", .tls = true}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.url);
    const auto target = parse_mariadb_url(row.url);
    ASSERT_TRUE(target.has_value()) << target.error().message();
    EXPECT_EQ(target->host, row.target.host);
    EXPECT_EQ(target->port, row.target.port);
    EXPECT_EQ(target->socket, row.target.socket);
    EXPECT_EQ(target->user, row.target.user);
    EXPECT_EQ(target->database, row.target.database);
    EXPECT_EQ(target->password, "");
    EXPECT_EQ(target->connect_timeout, row.target.connect_timeout);
    EXPECT_EQ(target->tls, row.target.tls);
    EXPECT_EQ(target->ssl_ca, row.target.ssl_ca);
    EXPECT_EQ(target->ssl_cert, row.target.ssl_cert);
    EXPECT_EQ(target->ssl_key, row.target.ssl_key);
  }
}

TEST_F(MariadbUrl, MayHaveNoPassword) {
  for (const std::string url :
       {"mariadb://kim:secret@host/db", "mysql://kim:a@secret@host/db", "mariadb://:secret@host/db",
        "mariadb://kim:sec/secret@host/db", "mariadb://host/db?password=secret",
        "mariadb://host/db?pass%77ord=secret", "mariadb://host/db?ssl-passphrase=secret"}) {
    SCOPED_TRACE(url);
    const auto store = open_store(url, 50ms);
    ASSERT_FALSE(store.has_value());
    EXPECT_EQ(store.error().kind(), ErrorKind::invalid);
    const std::string message = store.error().message();
    EXPECT_THAT(message, HasSubstr("it has a password"));
    EXPECT_THAT(message, HasSubstr("~/.my.cnf"));
    EXPECT_THAT(message, HasSubstr("MYSQL_PWD"));
    EXPECT_THAT(message, Not(HasSubstr("secret")));
  }
}

TEST_F(MariadbUrl, IsRefusedWhereItHasNoSense) {
  const struct {
    const char* url;
    const char* says;
  } kRows[] = {
      {"mariadb://host", "names no database"},
      {"mariadb://host/", "names no database"},
      {"mariadb://", "names no database"},
      {"mariadb://host:x/db", "its port is no number"},
      {"mariadb://host:123456/db", "its port is no number"},
      {"mariadb://[::1/db", "has no \"]\""},
      {"mariadb://host/d%zzb", "names no database"},
      {"mariadb://host/d%0ab", "names no database"},
      {"mariadb://ho%0/db", "its host has no sense"},
      {"mariadb://a/b@host/db", "its user has no sense"},
      {"mariadb://host/db?colour=red", "none of socket"},
      {"mariadb://host/db?socket=%", "has no sense"},
      {"mariadb://host/db?connect-timeout=soon", "no number of seconds"},
      {"mariadb://host/db?connect-timeout=0", "no number of seconds"},
      {"mariadb://host/db?ssl-verify-server-cert=0", "can only be 1"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.url);
    const auto target = parse_mariadb_url(row.url);
    ASSERT_FALSE(target.has_value());
    EXPECT_EQ(target.error().kind(), ErrorKind::invalid);
    EXPECT_THAT(target.error().message(), HasSubstr(row.says));
  }
}

TEST_F(MariadbUrl, FindsThePasswordElsewhere) {
  const auto password_for = [](const std::string& url) {
    const auto target = parse_mariadb_url(url);
    return target ? target->password : target.error().message();
  };
  EXPECT_EQ(password_for("mariadb://h/db"), "") << "there is no file";
  write(".my.cnf", "[client]\npassword=at-home\n");
  EXPECT_EQ(password_for("mariadb://h/db"), "at-home");
  write("own", "[lockstep]\npassword=own\n");
  const std::string own = "mariadb://h/db?defaults-file=" + (home_ / "own").string();
  EXPECT_EQ(password_for(own), "own");
  setenv("MYSQL_PWD", "in-the-environment", 1);
  EXPECT_EQ(password_for("mariadb://h/db"), "") << "libmariadb takes it from there";
  EXPECT_EQ(password_for(own), "own") << "who names a file means it";
  unsetenv("MYSQL_PWD");
  write(".my.cnf", "[client]\npassword=at-home\n", 0644);
  EXPECT_THAT(password_for("mariadb://h/db"), HasSubstr("chmod 600"));
  EXPECT_THAT(password_for("mariadb://h/db?defaults-file=/nonexistent"), HasSubstr("nonexistent"));
}

TEST_F(MariadbUrl, IsShownWithoutSecrets) {
  EXPECT_EQ(without_secrets("mariadb://kim@host/db"), "mariadb://kim@host/db");
  EXPECT_EQ(without_secrets("mysql://kim:secret@host/db"), "mysql://***@host/db");
  EXPECT_EQ(without_secrets("mariadb://h/db?password=x"), "mariadb://h/db?***");
}

TEST_F(MariadbUrl, IsSaidInTheWordsOfSoci) {
  MariadbTarget target = {.host = "h",
                          .port = "7",
                          .socket = "/s",
                          .user = "kim",
                          .database = "it's",
                          .password = R"(a\;'b)"};
  EXPECT_EQ(connect_string(target).value(),
            R"(charset='utf8mb4' host='h' user='kim' password='a\\;\'b' unix_socket='/s' port='7' )"
            R"(db='it\'s' connect_timeout='5' )");
  target.tls = true;
  target.ssl_ca = "/ca";
  EXPECT_EQ(connect_string(target).value(),
            R"(host='ssl-verify-server-cert=1;default-character-set=utf8mb4;host={h};user={kim};)"
            R"(password={a\\;\'b};socket={/s};port={7};database={it\'s};connect-timeout={5};)"
            R"(ssl-ca={/ca}' )");
  target.password = "a}b";
  const auto refused = connect_string(target);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message(), Not(HasSubstr("a}b")));
}

TEST_F(MariadbUrl, OfNobodyIsUnavailable) {
  const auto store = open_store("mariadb://kim@/db?socket=/nonexistent", 50ms);
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().kind(), ErrorKind::unavailable) << store.error().message();
  EXPECT_THAT(store.error().message(), HasSubstr("there is no connection to the server"));
}

}  // namespace
}  // namespace lockstep
