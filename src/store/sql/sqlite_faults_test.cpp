// What a disk does to a store in a file: it fills up, it breaks in the middle of a write, it loses
// bytes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "store/sql/sql_store.h"
#include "store/test_children.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::at;
using testing::HasSubstr;
using Bytes = std::string;

class SqliteFaults : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/lockstep-faults-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    file_ = folder_ / "store.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string url() const { return "sqlite://" + file_.string(); }

  Bytes content() const {
    std::ifstream file(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// Makes the database this file alone.
  void restore(const Bytes& bytes) const {
    for (const char* const suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(file_.string() + suffix);
    }
    std::ofstream(file_, std::ios::binary) << bytes;
  }

  std::filesystem::path folder_;
  std::filesystem::path file_;
};

std::vector<PortObservation> harvest(Port first) {
  std::vector<PortObservation> states;
  for (Port i = 0; i < 1000; ++i) states.push_back(samples::seen("n1", 1, Port(first + i)));
  return states;
}

/// Ports `first` to `first` + 999 open, and an alert that says so.
Result<std::vector<AlertRecord>> keep(Store& store, Port first) {
  const auto id = store.begin_sweep(samples::claim({"n1"}, first, PortSet::all()), samples::dead);
  if (!id) return std::unexpected(id.error());
  const std::vector<Coverage> coverage = {samples::covered("n1", 1)};
  return store.finish_sweep(*id, samples::end(first), {harvest(first), coverage},
                            [&](const std::vector<AlertRecord>&) -> Result<AlertChanges> {
                              AlertRecord record = samples::alert(1, "n1");
                              record.note = std::to_string(first);
                              return AlertChanges{{record}, {}};
                            });
}

/// The `first` of what was kept last; it is there as a whole.
int kept(Store& store) {
  const auto facts = store.port_states();
  if (!facts || facts->empty()) {
    ADD_FAILURE() << (facts ? "empty" : facts.error().message());
    return 0;
  }
  std::vector<PortObservation> found;
  for (const PortFact& fact : *facts) found.push_back(fact.seen);
  const Port first = found.front().port;
  EXPECT_TRUE(found == harvest(first));
  EXPECT_EQ(store.alerts().value().at(0).note, std::to_string(first));
  return first;
}

std::string check_integrity(const std::filesystem::path& file) {
  soci::session sql(soci::sqlite3, "dbname=" + file.string());
  std::string told;
  sql << "PRAGMA integrity_check", soci::into(told);
  return told;
}

void limit_files(rlim_t bytes) {
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  setrlimit(RLIMIT_FSIZE, &limit);
}

/// Runs `body` until a file reaches `bytes`, where the kernel kills it in the middle of a write.
int killed_at(rlim_t bytes, const std::function<void()>& body) {
  return in_child([&] {
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    limit_files(bytes);
    body();
  });
}

TEST_F(SqliteFaults, AWriterKilledAtAnyWriteLeavesOldOrNew) {
  ASSERT_TRUE(keep(*open_store(url()).value(), 1).has_value());
  const Bytes before = content();
  int killed = 0;
  int finished = 0;
  // The index of the log takes 32 KiB; the log and the file itself grow from there.
  for (rlim_t bytes = 40'000; finished == 0 && killed < 200; bytes += 16'000) {
    restore(before);
    const int status = killed_at(bytes, [&] {
      const auto store = open_store(url());
      EXPECT_TRUE(store && keep(**store, 5000));
    });
    ++(status == -SIGXFSZ ? killed : finished);
    const auto store = open_store(url());
    ASSERT_TRUE(store.has_value()) << store.error().message();
    const int first = kept(**store);
    EXPECT_TRUE(first == 5000 || (first == 1 && status != 0)) << first << " at " << bytes;
    EXPECT_EQ(check_integrity(file_), "ok");
    EXPECT_TRUE(keep(**store, 9000).has_value()) << "it works again";
    EXPECT_EQ(kept(**store), 9000);
  }
  EXPECT_GE(killed, 5);
  EXPECT_EQ(finished, 1);
}

TEST_F(SqliteFaults, AMigrationKilledAtAnyWriteLeavesOldOrNew) {
  {
    soci::session sql(soci::sqlite3, "dbname=" + file_.string());
    for (const char* const statement :
         {"PRAGMA journal_mode = WAL", "CREATE TABLE schema_version (version int NOT NULL)",
          "CREATE TABLE open_ports (port int, protocol char(5), service char(50), "
          "host_type char(60))",
          "CREATE TABLE nodes (name varchar(255) NOT NULL PRIMARY KEY, cluster varchar(255) NOT "
          "NULL, group_name varchar(255) NOT NULL)",
          "CREATE TABLE node_addresses (node varchar(255) NOT NULL REFERENCES nodes (name), "
          "address varchar(45) NOT NULL, network varchar(255) NOT NULL)",
          "CREATE TABLE node_classes (node varchar(255) NOT NULL REFERENCES nodes (name), "
          "class varchar(255) NOT NULL, PRIMARY KEY (node, class))",
          "INSERT INTO schema_version VALUES (1)",
          "INSERT INTO open_ports VALUES (22, 'tcp', '', 'compute')"}) {
      sql << statement;
    }
  }
  const Bytes before = content();
  const auto version = [&] {
    soci::session sql(soci::sqlite3, "dbname=" + file_.string());
    int result = 0;
    int port = 0;
    sql << "SELECT MAX(version), MAX(port) FROM schema_version, open_ports", soci::into(result),
        soci::into(port);
    EXPECT_EQ(port, 22);
    return result;
  };
  int killed = 0;
  int finished = 0;
  for (rlim_t bytes = 34'000; finished == 0 && killed < 200; bytes += 9'000) {
    restore(before);
    const int status = killed_at(bytes, [&] { EXPECT_TRUE(open_store(url()).has_value()); });
    ++(status == -SIGXFSZ ? killed : finished);
    const int found = version();
    const bool between = found >= 1 && found <= 4;
    EXPECT_TRUE(found == 5 || (between && status != 0)) << found << " at " << bytes;
    EXPECT_TRUE(open_store(url()).has_value());
    EXPECT_EQ(version(), 5);
    EXPECT_EQ(check_integrity(file_), "ok");
  }
  EXPECT_GE(killed, 3);
}

TEST_F(SqliteFaults, AFileThatMayNotGrowKeepsWhatItHas) {
  EXPECT_EQ(in_child([&] {
              signal(SIGXFSZ, SIG_IGN);  // the write fails with EFBIG instead
              const auto store = open_store(url()).value();
              ASSERT_TRUE(keep(*store, 1).has_value());
              limit_files(80'000);
              const auto done = keep(*store, 5000);
              ASSERT_FALSE(done.has_value());
              EXPECT_EQ(done.error().kind(), ErrorKind::unavailable);
              EXPECT_THAT(done.error().message(), HasSubstr("check the disk"));
              EXPECT_EQ(kept(*store), 1);
              EXPECT_EQ(kept(*open_store(url()).value()), 1);
              limit_files(RLIM_INFINITY);
              EXPECT_TRUE(keep(*store, 9000).has_value()) << "the same store works again";
              EXPECT_EQ(kept(*store), 9000);
            }),
            0);
}

/// Puts a file system of `size` over `folder`, seen by this process alone.
bool mount_small(const std::filesystem::path& folder, const char* size) {
  return unshare(CLONE_NEWNS) == 0 &&
         mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("tmpfs", folder.c_str(), "tmpfs", 0, size) == 0;
}

TEST_F(SqliteFaults, AFullDiskKeepsWhatItHas) {
  constexpr int kMayNot = 77;
  const int status = in_child([&] {
    if (!mount_small(folder_, "size=600k")) _exit(kMayNot);
    const auto store = open_store(url()).value();
    ASSERT_TRUE(keep(*store, 1).has_value());
    Port last = 1;
    Result<std::vector<AlertRecord>> done;
    for (Port first = 2000; first < 60'000; first = Port(first + 1000)) {
      done = keep(*store, first);
      if (!done) break;
      last = first;
    }
    ASSERT_FALSE(done.has_value()) << "it never filled up";
    EXPECT_EQ(done.error().kind(), ErrorKind::unavailable);
    EXPECT_THAT(done.error().message(), HasSubstr("the disk is full: make room"));
    EXPECT_EQ(kept(*store), last);
    EXPECT_EQ(kept(*open_store(url()).value()), last);

    ASSERT_EQ(mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
    EXPECT_TRUE(keep(*store, 61'000).has_value()) << "the same store works again";
    EXPECT_EQ(kept(*store), 61'000);
    EXPECT_EQ(check_integrity(file_), "ok");
  });
  if (status == kMayNot) GTEST_SKIP() << "mounts need CAP_SYS_ADMIN";
  EXPECT_EQ(status, 0);
}

TEST_F(SqliteFaults, AReadOnlyFileSystemIsToldAsAMissingRight) {
  constexpr int kMayNot = 77;
  const int status = in_child([&] {
    if (!mount_small(folder_, "size=8m")) _exit(kMayNot);
    const auto store = open_store(url()).value();
    ASSERT_TRUE(keep(*store, 1).has_value());
    // A plain remount would be refused while the file is open for writing.
    ASSERT_EQ(mount(folder_.c_str(), folder_.c_str(), nullptr, MS_BIND, nullptr), 0);
    ASSERT_EQ(mount(nullptr, folder_.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr),
              0);
    const auto second = open_store(url());
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().kind(), ErrorKind::denied) << second.error().message();
    EXPECT_THAT(second.error().message(), HasSubstr("right"));
  });
  if (status == kMayNot) GTEST_SKIP() << "mounts need CAP_SYS_ADMIN";
  EXPECT_EQ(status, 0);
}

// --- Lost bytes ---

/// The pages, from 0, on which the b-tree of a table lies.
std::vector<std::size_t> pages_of(const std::filesystem::path& file, const std::string& table) {
  soci::session sql(soci::sqlite3, "dbname=" + file.string());
  int root = 0;
  sql << "SELECT rootpage FROM sqlite_master WHERE name = :name", soci::use(table),
      soci::into(root);
  return {static_cast<std::size_t>(root - 1)};
}

TEST_F(SqliteFaults, GarbageInThePagesOfATableIsTold) {
  constexpr std::size_t kPage = 4096;
  ASSERT_TRUE(keep(*open_store(url()).value(), 1).has_value());
  const Bytes whole = content();
  for (const char* const table : {"port_states", "looks", "alerts", "sweeps"}) {
    SCOPED_TRACE(table);
    Bytes damaged = whole;
    for (const std::size_t page : pages_of(file_, table)) {
      std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(page * kPage), kPage / 2, '\x5a');
    }
    restore(damaged);
    const auto store = open_store(url());
    ASSERT_TRUE(store.has_value()) << store.error().message();
    const auto done = keep(**store, 5000);
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().kind(), ErrorKind::corrupt) << done.error().message();
    EXPECT_THAT(done.error().message(), HasSubstr("restore a backup"));
  }
}

TEST_F(SqliteFaults, AnyDamageIsToldOrHarmless) {
  ASSERT_TRUE(keep(*open_store(url()).value(), 1).has_value());
  const Bytes whole = content();
  // 64 bytes of each place in turn; what reads as a value of its column cannot be told.
  for (std::size_t place = 100; place + 64 < whole.size(); place += 3001) {
    Bytes damaged = whole;
    for (std::size_t i = 0; i < 64; ++i) damaged[place + i] = static_cast<char>(i * 37 + place);
    restore(damaged);
    const auto expect_sense = [&](const auto& result) {
      if (result.has_value()) return;
      EXPECT_TRUE(result.error().kind() == ErrorKind::corrupt ||
                  result.error().kind() == ErrorKind::unsupported ||
                  result.error().kind() == ErrorKind::unavailable)
          << result.error().message();
    };
    const auto store = open_store(url());
    expect_sense(store);
    if (!store) continue;
    expect_sense((*store)->port_states());
    expect_sense((*store)->looks());
    expect_sense((*store)->alerts());
    expect_sense((*store)->sweeps(10));
    expect_sense(keep(**store, 5000));
  }
}

}  // namespace
}  // namespace lockstep
