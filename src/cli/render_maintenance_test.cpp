#include "cli/render_maintenance.h"

#include <gmock/gmock.h>

#include "cli/test_reports.h"

namespace lockstep::cli {
namespace {

using std::chrono::hours;
using testing::HasSubstr;

TEST(RenderMaintenance, SaysWhichNodesAreLeftAloneAndByWhom) {
  EXPECT_EQ(maintenance_text({}, kStarted), "No window of maintenance is open or to come.\n");
  MaintenanceWindow open;
  open.id = 3;
  open.nodes = "node[1-40]";
  open.from = kStarted - hours(1);
  open.until = kStarted + hours(3);
  open.note = kHostile;
  open.by = "kim";
  MaintenanceWindow configured = open;
  configured.id = 0;
  configured.from = kStarted + hours(24);
  configured.until = kStarted + hours(48);
  configured.note.clear();
  const std::string text = maintenance_text({open, configured}, kStarted);
  EXPECT_THAT(text, HasSubstr("3   open     13:13Z"));
  EXPECT_THAT(text, HasSubstr("-   to come  2026-09-22 14:13Z  2026-09-23 14:13Z  "
                              "(configuration)  node[1-40]\n"));
  EXPECT_TRUE(is_safe(text)) << text;
}

}  // namespace
}  // namespace lockstep::cli
