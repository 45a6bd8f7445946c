#include "daemon/troubles.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/test_folder.h"

namespace lockstep {
namespace {

class TroublesTest : public WithStore {
 protected:
  std::vector<AlertRecord> keep(int second) {
    const auto kept = troubles_.keep(*store_, {}, {}, inventory_,
                                     WallTime(std::chrono::seconds(1'700'000'000 + second)));
    EXPECT_TRUE(kept) << (kept ? "" : kept.error().message());
    return store_->alerts().value();
  }

  Troubles troubles_;
  Inventory inventory_;
};

TEST_F(TroublesTest, AreAlertsUntilTheyAreOver) {
  troubles_.raise(FindingKind::collector_failed, "versions", "it hangs");
  troubles_.raise(FindingKind::sweep_late, "fast", "slow");
  auto alerts = keep(0);
  ASSERT_EQ(alerts.size(), 2U);
  EXPECT_EQ(alerts[0].subject.node_class, kMonitorClass);
  EXPECT_EQ(alerts[0].detail, "versions: it hangs") << "who it is about";
  EXPECT_EQ(troubles_.lines().size(), 2U);
  troubles_.clear(FindingKind::collector_failed, "versions");
  for (const AlertRecord& alert : keep(1)) {
    const bool over = alert.subject.reason == "versions";
    EXPECT_EQ(alert.status, over ? AlertStatus::resolved : AlertStatus::open);
  }
  troubles_.raise(FindingKind::collector_failed, "versions", "again");
  alerts = keep(2);
  ASSERT_EQ(alerts.size(), 2U) << "the same alert, reopened";
  EXPECT_EQ(std::ranges::count(alerts, AlertStatus::reopened, &AlertRecord::status), 1);
}

TEST_F(TroublesTest, ConcernNodesOneByOne) {
  inventory_.nodes["n1"] = {.name = "n1", .classes = {"compute"}, .group = "", .addresses = {}};
  troubles_.raise(FindingKind::scan_overdue, "fast", "for long", {"n2", "n1"});
  auto alerts = keep(0);
  ASSERT_EQ(alerts.size(), 2U);
  EXPECT_EQ(alerts[0].subject.node_class, "compute");
  troubles_.raise(FindingKind::scan_overdue, "fast", "for long", {"n1"});
  for (const AlertRecord& alert : keep(1)) {
    EXPECT_EQ(alert.status, alert.node == "n1" ? AlertStatus::open : AlertStatus::resolved);
  }
}

TEST_F(TroublesTest, WhatAnEarlierProcessRaisedEndsWhenItIsLookedFor) {
  troubles_.raise(FindingKind::collector_failed, "versions", "it hangs");
  keep(0);
  Troubles later;
  later.clear(FindingKind::collector_failed, "versions");
  ASSERT_TRUE(
      later.keep(*store_, {}, {}, inventory_, WallTime(std::chrono::seconds(1'700'000'009))));
  EXPECT_EQ(store_->alerts()->front().status, AlertStatus::resolved);
}

}  // namespace
}  // namespace lockstep
