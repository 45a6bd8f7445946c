#include "control/maintenance_use_cases.h"

#include "control/test_cluster.h"

namespace lockstep::control {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

MaintenanceOrder order(std::vector<std::string> nodes, std::chrono::seconds lasts) {
  MaintenanceOrder result;
  result.nodes = std::move(nodes);
  result.lasts = lasts;
  return result;
}

TEST_F(Cluster, AWindowIsOpenedListedAndTakenAway) {
  MaintenanceOrder later = order({"node2", "node1"}, hours(4));
  later.from = act().now + hours(1);
  later.note = "new switch";
  const auto opened = open_maintenance(*store_, later, act());
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->nodes, "node[1-2]");
  EXPECT_EQ(opened->until, act().now + hours(5));
  ASSERT_TRUE(open_maintenance(*store_, order({"node3"}, hours(1)), act()));
  MaintenanceWindow configured;
  configured.nodes = "node4";
  configured.from = act().now - hours(1);
  configured.until = act().now + hours(2);
  MaintenanceWindow over = configured;
  over.until = act().now;
  const std::vector<MaintenanceWindow> both = {configured, over};
  const auto shown = [&](WallTime now) {
    std::vector<std::string> nodes;
    const auto windows = *list_maintenance(*store_, both, now);
    for (const MaintenanceWindow& window : windows) nodes.push_back(window.nodes);
    return nodes;
  };
  EXPECT_THAT(shown(act().now), ElementsAre("node4", "node3", "node[1-2]"));
  EXPECT_THAT(shown(act().now + hours(1)), ElementsAre("node4", "node[1-2]"));
  ASSERT_TRUE(close_maintenance(*store_, opened->id, act()));
  EXPECT_THAT(shown(act().now + hours(2)), IsEmpty());
  EXPECT_EQ(close_maintenance(*store_, opened->id, act()).error().kind(), ErrorKind::not_found);
  const auto audit = *store_->audit(9);
  ASSERT_EQ(audit.size(), 3U);
  EXPECT_EQ(audit[0].action, "maintenance remove");
  EXPECT_EQ(audit[2].subject, "1");
  EXPECT_THAT(audit[2].detail, HasSubstr("node[1-2] from "));
  EXPECT_THAT(audit[2].detail, HasSubstr(": new switch"));
}

TEST_F(Cluster, AWindowWithoutSenseIsRefused) {
  MaintenanceOrder past = order({"node1"}, hours(1));
  past.from = act().now - hours(1);
  MaintenanceOrder far = order({"node1"}, hours(1));
  far.from = act().now + hours(24 * 400);
  MaintenanceOrder wordy = order({"node1"}, hours(1));
  wordy.note = std::string(2000, 'x');
  const struct {
    const char* description;
    MaintenanceOrder order;
    const char* says;
  } kRows[] = {
      {"no node", order({}, hours(1)), "no node"},
      {"no length", order({"node1"}, hours(0)), "no length"},
      {"too long", order({"node1"}, hours(24 * 91)), "at most 90 days"},
      {"beyond all times", order({"node1"}, std::chrono::seconds::max()), "at most 90 days"},
      {"over", past, "over already"},
      {"next year", far, "more than a year"},
      {"a story", wordy, "longer than 1000 bytes"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto opened = open_maintenance(*store_, row.order, act());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind(), ErrorKind::invalid);
    EXPECT_THAT(opened.error().message(), HasSubstr(row.says));
  }
  EXPECT_THAT(*store_->maintenance(), IsEmpty());
}

}  // namespace
}  // namespace lockstep::control
