// What only a store in a file can meet: rights, locks, files that are something else.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "store/sql/sql_store.h"

namespace lockstep {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class SqliteStore : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/lockstep-sqlite-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    file_ = folder_ / "store.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string url() const { return "sqlite://" + file_.string(); }

  std::filesystem::path folder_;
  std::filesystem::path file_;
};

void expect_refused(const std::string& url, ErrorKind kind, const char* says) {
  const auto store = open_store(url, 50ms);
  ASSERT_FALSE(store.has_value()) << url;
  EXPECT_EQ(to_string(store.error().kind()), to_string(kind)) << store.error().message();
  EXPECT_THAT(store.error().message(), HasSubstr(says));
}

Profile compute() {
  return {"compute", {{22, Protocol::tcp, "", ""}}, {}};
}

Result<void> approve(Store& store) {
  return store.approve(compute(), {"compute", {"22/tcp"}, {}, "kim"});
}

TEST(StoreUrl, IsRefusedWhereItIsWrong) {
  expect_refused("sqlite://store.db", ErrorKind::invalid, "absolute path");
  expect_refused("sqlite:///", ErrorKind::invalid, "absolute path");
  expect_refused("sqlite:///tmp/", ErrorKind::invalid, "absolute path");
  expect_refused("/var/lib/store.db", ErrorKind::unsupported, "sqlite:///absolute/path");
  expect_refused("oracle://db", ErrorKind::unsupported, "postgresql://user@host/database");
  expect_refused("oracle://db", ErrorKind::unsupported, "sqlite:///absolute/path");
  expect_refused("", ErrorKind::unsupported, "sqlite:///absolute/path");
  expect_refused("sqlite:////tmp/a\"b", ErrorKind::invalid, "a quote or a control character");
  expect_refused(std::string("sqlite:///tmp/a\0b", 17), ErrorKind::invalid, "control character");
}

TEST_F(SqliteStore, MakesAFileForItsOwnerOnly) {
  const auto store = open_store(url());
  ASSERT_TRUE(store.has_value()) << store.error().message();
  ASSERT_TRUE(approve(**store).has_value());
  for (const char* const suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(stat((file_.string() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << suffix;
  }
}

TEST_F(SqliteStore, TakesAnyDecentPath) {
  file_ = folder_ / "it's a  store=x;y.db";
  ASSERT_TRUE(open_store(url()).has_value());
  EXPECT_TRUE(std::filesystem::exists(file_));
}

TEST_F(SqliteStore, TakesTableOneMadeByHand) {
  {
    soci::session sql(soci::sqlite3, "dbname=" + file_.string());
    sql << "CREATE TABLE open_ports (port int, protocol char(5), service char(50), "
           "host_type char(60))";
    sql << "INSERT INTO open_ports VALUES (22, 'tcp', '', 'compute')";
  }
  EXPECT_EQ(open_store(url()).value()->profile("compute").value(), compute());
}

TEST_F(SqliteStore, SaysThatTheFolderIsMissing) {
  file_ = folder_ / "missing" / "store.db";
  expect_refused(url(), ErrorKind::not_found, "create it, or correct [store] url");
}

TEST_F(SqliteStore, SaysThatItIsAFolder) {
  expect_refused("sqlite://" + folder_.string(), ErrorKind::invalid, "not a plain file");
}

TEST_F(SqliteStore, SaysThatItIsNoDatabase) {
  std::ofstream(file_) << std::string(4096, 'x');
  expect_refused(url(), ErrorKind::corrupt, "it is no SQLite database");
}

TEST_F(SqliteStore, SaysThatItIsLocked) {
  ASSERT_TRUE(open_store(url()).has_value());
  const auto open = open_store(url(), 50ms);
  soci::session other(soci::sqlite3, "dbname=" + file_.string());
  other << "BEGIN IMMEDIATE";

  EXPECT_TRUE((*open)->profiles().has_value()) << "readers do not wait for a writer";
  EXPECT_TRUE(open_store(url(), 50ms).has_value()) << "nor do programs that start";
  const auto done = approve(**open);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().kind(), ErrorKind::unavailable);
  EXPECT_THAT(done.error().message(), HasSubstr("another program keeps it locked"));

  other << "ROLLBACK";
  EXPECT_TRUE(approve(**open).has_value());
}

/// Runs `body` as a user without rights; true where it returned true.
bool as_nobody(const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0) _exit(2);
    _exit(body() ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(SqliteStore, SaysThatARightIsMissing) {
  ASSERT_TRUE(open_store(url()).has_value());
  const auto denied = [&] {
    expect_refused(url(), ErrorKind::denied, "right");
    return !testing::Test::HasFailure();
  };
  chmod(file_.c_str(), 0400);
  chmod(folder_.c_str(), 0755);
  EXPECT_TRUE(as_nobody(denied)) << "a file that may only be read, if at all";
  chmod(file_.c_str(), 0666);
  chmod(folder_.c_str(), 0555);
  EXPECT_TRUE(as_nobody(denied)) << "a folder in which the log cannot be made";
  file_ = folder_ / "new.db";
  EXPECT_TRUE(as_nobody([&] {
    expect_refused(url(), ErrorKind::denied, "cannot create the file");
    return !testing::Test::HasFailure();
  })) << "a folder in which nothing can be made";
  chmod(folder_.c_str(), 0700);
}

}  // namespace
}  // namespace lockstep
