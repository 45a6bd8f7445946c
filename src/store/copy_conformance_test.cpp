// All that a store holds, moved from each database to each other, into a file and back.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "store/sql/sql_store.h"
#include "store/sql/store_copy.h"
#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using testing::HasSubstr;

class CopyConformance : public StoreTest {
 protected:
  /// A row at least of most tables, with texts that are hard to carry.
  void fill() const {
    const auto store = open();
    Inventory inventory;
    inventory.nodes["n1"] = {"n1", {"compute"}, "räck\t1\\", {{samples::address(1)}}};
    ASSERT_TRUE(store->replace_inventory(inventory).has_value());
    const auto id = store->begin_sweep(samples::claim({"n1"}, 1, PortSet::all()), samples::dead);
    ASSERT_TRUE(id.has_value());
    const std::vector<PortObservation> seen = {samples::seen("n1", 1, 22)};
    const std::vector<Coverage> covered = {samples::covered("n1", 1)};
    std::vector<ServiceObservation> services = {samples::asked("n1", 1, 22)};
    services[0].service.banner = std::string("SSH-2.0\0\xff\\", 10);
    const std::vector<KnownKey> keys = {samples::known("n1", "SHA256:x", 1)};
    const auto raise = [](const auto&) -> Result<AlertChanges> {
      AlertChanges changes;
      changes.written = {samples::alert(1, "n1"), samples::alert(2, "n1")};
      changes.written.back().detail = "line\nnext 'quoted' \"so\" \\N \\ ünï";
      return changes;
    };
    ASSERT_TRUE(store->finish_sweep(*id, samples::end(2), {seen, covered, services, keys}, raise)
                    .has_value());
    sql("INSERT INTO open_ports VALUES (22, 'tcp', 'ssh', 'compute');"
        "INSERT INTO open_ports VALUES (22, 'tcp', 'ssh', 'compute');"
        "INSERT INTO port_rules VALUES ('compute', 'tcp', '80', NULL, NULL);");
  }
};
LOCKSTEP_ON_ALL_BACKENDS(CopyConformance);

TEST_P(CopyConformance, EachDatabaseIsMovedToEachOther) {
  fill();
  const auto before = open()->alerts().value();
  const auto others = backends();
  for (const Backend& other : others) {
    SCOPED_TRACE(other.name);
    if (!other.missing().empty()) continue;
    const std::filesystem::path folder = folder_ / ("to-" + other.name);
    std::filesystem::create_directory(folder);
    const std::string url = other.url(folder);
    const auto moved = copy_store(url_, url);
    ASSERT_TRUE(moved.has_value()) << moved.error().message();
    const auto table = std::ranges::find(*moved, "open_ports", &TableContents::table);
    EXPECT_EQ(table->rows, 2U) << "which are equal, and both there";
    const auto store = open_store(url).value();
    EXPECT_EQ(store->alerts().value(), before);
    EXPECT_EQ(store->port_states().value().at(0).seen, samples::seen("n1", 1, 22));
    EXPECT_EQ(store->known_keys().value(), open()->known_keys().value());
    EXPECT_EQ(store->services_of("n1").value().at(0).seen.service.banner,
              std::string("SSH-2.0\0\xff\\", 10));
    EXPECT_EQ(store->sweeps(9).value().size(), 1U);
    const auto again = copy_store(url_, url);
    ASSERT_FALSE(again.has_value()) << "what is there is not overwritten";
    EXPECT_EQ(again.error().kind(), ErrorKind::invalid);
    EXPECT_THAT(again.error().message(), HasSubstr("holds something already"));
    const std::filesystem::path back = folder_ / ("back-from-" + other.name);
    std::filesystem::create_directory(back);
    EXPECT_EQ(copy_store(url, GetParam().url(back)).value_or(StoreContents()), *moved)
        << "and back from there";
  }
}

TEST_P(CopyConformance, OfAMoveThatFailsNothingIsLeft) {
  fill();
  sql("INSERT INTO schema_version VALUES (99);");
  const std::string to = "sqlite://" + (folder_ / "other.db").string();
  const auto moved = copy_store(url_, to);
  ASSERT_FALSE(moved.has_value());
  EXPECT_EQ(moved.error().kind(), ErrorKind::unsupported);
  EXPECT_EQ(copy_store("sqlite://" + (folder_ / "none.db").string(), to).error().kind(),
            ErrorKind::not_found);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "none.db"));
}

TEST_P(CopyConformance, ABackupIsVerifiedAndRestored) {
  fill();
  const std::string file = folder_ / "backup";
  const auto kept = backup_store(url_, file);
  ASSERT_TRUE(kept.has_value()) << kept.error().message();
  EXPECT_EQ(verify_backup(file).value(), *kept);
  EXPECT_FALSE(backup_store(url_, file).has_value()) << "no backup is overwritten";
  EXPECT_FALSE(restore_store(file, url_).has_value()) << "nor is a store";
  const auto before = open()->alerts().value();

  const std::filesystem::path folder = folder_ / "fresh";
  std::filesystem::create_directory(folder);
  const std::string fresh = GetParam().url(folder);
  EXPECT_EQ(restore_store(file, fresh).value_or(StoreContents()), *kept);
  EXPECT_EQ(open_store(fresh).value()->alerts().value(), before);
  EXPECT_EQ(open_store(fresh).value()->services_of("n1").value().at(0).seen.service.banner,
            open()->services_of("n1").value().at(0).seen.service.banner);
}

TEST_P(CopyConformance, ADamagedBackupIsTold) {
  fill();
  const std::string file = folder_ / "backup";
  ASSERT_TRUE(backup_store(url_, file).has_value());
  const std::string tampering = "sqlite3 -bail '" + file + "' \"UPDATE alerts SET note = 'x'\"";
  ASSERT_EQ(std::system(tampering.c_str()), 0);
  const auto verified = verify_backup(file);
  ASSERT_FALSE(verified.has_value());
  EXPECT_EQ(verified.error().kind(), ErrorKind::corrupt);
  EXPECT_THAT(verified.error().message(), HasSubstr("its table alerts"));
  const std::filesystem::path folder = folder_ / "fresh";
  std::filesystem::create_directory(folder);
  EXPECT_FALSE(restore_store(file, GetParam().url(folder)).has_value());
}

}  // namespace
}  // namespace lockstep
