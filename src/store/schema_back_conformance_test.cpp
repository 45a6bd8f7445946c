// The schema brought back, step by step, with data, and up again; and stores that are checked.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/sql/migrations.h"
#include "store/sql/schema_back.h"
#include "store/sql/schema_tables.h"
#include "store/sql/sql_store.h"
#include "store/sql/store_check.h"
#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using testing::HasSubstr;

class SchemaBack : public StoreTest {
 protected:
  void fill() const {
    const auto store = open();
    const auto id = store->begin_sweep(samples::claim({"n1"}, 1, PortSet::all()), samples::dead);
    ASSERT_TRUE(id.has_value());
    const std::vector<PortObservation> seen = {samples::seen("n1", 1, 22)};
    const std::vector<Coverage> covered = {samples::covered("n1", 1)};
    const std::vector<KnownKey> keys = {samples::known("n1", "SHA256:x", 1)};
    SweepFacts facts;
    facts.observations = seen;
    facts.coverage = covered;
    facts.keys = keys;
    const auto raise = [](const auto&) -> Result<AlertChanges> {
      AlertChanges changes;
      changes.written = {samples::alert(1, "n1"), samples::alert(2, "n1"), samples::alert(3, "n1")};
      changes.written[1].subject.kind = FindingKind::value_deviates;
      changes.written[2].subject.kind = FindingKind::hostkey_changed;
      return changes;
    };
    ASSERT_TRUE(store->finish_sweep(*id, samples::end(2), facts, raise).has_value());
    AuditEntry entry;
    entry.at = samples::at(3);
    entry.person = "kim";
    entry.action = "user add";
    ASSERT_TRUE(store->save_user({.name = "kim", .changed_at = samples::at(3)}, entry).has_value());
    entry.action = "user enable";
    ASSERT_TRUE(store->add_audit(entry).has_value());
    sql("INSERT INTO open_ports VALUES (22, 'tcp', 'ssh', 'compute');"
        "INSERT INTO port_rules VALUES ('compute', 'tcp', '80', 'optional', NULL);"
        "INSERT INTO port_rules VALUES ('compute', 'tcp', '81', 'service:http', NULL);");
  }
};
LOCKSTEP_ON_ALL_BACKENDS(SchemaBack);

TEST_P(SchemaBack, EachVersionIsReachedAndLeftAgainWithWhatItHas) {
  fill();
  for (int version = newest_schema_version() - 1; version >= kOldestSchemaVersion; --version) {
    SCOPED_TRACE(version);
    const auto back = bring_schema_back(url_, version);
    ASSERT_TRUE(back.has_value()) << back.error().message();
    EXPECT_EQ(sql("SELECT MAX(version) FROM schema_version;"), std::to_string(version) + "\n");
    const auto again = bring_schema_back(url_, version);
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().kind(), ErrorKind::invalid);
    const auto store = open();  // up again
    EXPECT_EQ(sql("SELECT MAX(version) FROM schema_version;"),
              std::to_string(newest_schema_version()) + "\n");
    EXPECT_EQ(store->profile("compute").value().ports.size(), 1U);
    EXPECT_EQ(store->profile("compute").value().rules.size(), version < 3 ? 1U : 2U);
    EXPECT_EQ(store->port_states().value().at(0).seen, samples::seen("n1", 1, 22));
    EXPECT_EQ(store->looks().value().looks.size(), 1U);
    EXPECT_EQ(store->sweeps(9).value().at(0).state, SweepState::finished);
    EXPECT_EQ(store->alerts().value().size(), version < 3 ? 1U : version < 4 ? 2U : 3U);
    EXPECT_EQ(store->known_keys().value().size(), version < 3 ? 0U : 1U);
    EXPECT_EQ(store->audit(9).value().size(), version < 4 ? 0U : 2U);
    EXPECT_EQ(store->users().value().size(), version < 6 ? 0U : 1U);
    EXPECT_TRUE(check_store(url_).has_value());
  }
}

TEST_P(SchemaBack, AllTheWayAtOnceLeavesTheTablesOfThatVersionAlone) {
  fill();
  ASSERT_TRUE(bring_schema_back(url_, kOldestSchemaVersion).has_value());
  EXPECT_EQ(sql("SELECT version FROM schema_version ORDER BY version;"), "1\n2\n");
  EXPECT_EQ(sql("SELECT COUNT(*) FROM alerts;"), "1\n");
  // Each table of a later step can be made anew.
  const auto store = open();
  EXPECT_TRUE(store->users()->empty());
  EXPECT_TRUE(store->services()->empty());
}

TEST_P(SchemaBack, OtherVersionsAreRefused) {
  const auto none = bring_schema_back(url_, kOldestSchemaVersion);
  ASSERT_FALSE(none.has_value());
  EXPECT_THAT(none.error().message(), HasSubstr("no store of Lockstep's"));
  open();
  for (const int version : {-1, 0, 1, newest_schema_version(), newest_schema_version() + 1}) {
    const auto refused = bring_schema_back(url_, version);
    ASSERT_FALSE(refused.has_value()) << version;
    EXPECT_EQ(refused.error().kind(), ErrorKind::invalid);
  }
  EXPECT_EQ(lost_on_the_way_to(newest_schema_version()).size(), 0U);
  EXPECT_EQ(lost_on_the_way_to(kOldestSchemaVersion).size(),
            static_cast<std::size_t>(newest_schema_version() - kOldestSchemaVersion));
}

TEST_P(SchemaBack, ACheckFindsWhatIsWrong) {
  fill();
  const auto good = check_store(url_);
  ASSERT_TRUE(good.has_value()) << good.error().message();
  EXPECT_EQ(good->size(), schema_tables().size());
  sql("UPDATE audit SET person = 'eve' WHERE id = 2;"
      "INSERT INTO port_rules VALUES ('gpu', 'tcp', 'x-y', 'optional', NULL);"
      "UPDATE alerts SET severity = 'dire' WHERE id = 1;");
  const auto bad = check_store(url_);
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().kind(), ErrorKind::corrupt);
  EXPECT_THAT(bad.error().message(), HasSubstr("port_rules"));
  EXPECT_THAT(bad.error().message(), HasSubstr("alerts"));
  EXPECT_THAT(bad.error().message(), HasSubstr("entry 2 of the audit"));
}

}  // namespace
}  // namespace lockstep
