#include "cli/test_options.h"
#include "model/utc.h"

namespace lockstep::cli {
namespace {

using std::chrono::hours;

TEST(MaintenanceOptions, AreRead) {
  EXPECT_TRUE(parsed<MaintenanceListCommand>({"maintenance", "list", "--json"}).json);
  const auto now = parsed<MaintenanceAddCommand>({"maintenance", "add", "@compute", "--for", "4h"});
  EXPECT_EQ(now.nodes, "@compute");
  EXPECT_EQ(now.lasts, hours(4));
  EXPECT_FALSE(now.from.has_value());
  const auto later =
      parsed<MaintenanceAddCommand>({"maintenance", "add", "n1", "--for", "2d", "--from",
                                     "2026-12-01T22:00:00Z", "--note", "new switch"});
  EXPECT_EQ(later.from, parse_time("2026-12-01T22:00:00Z"));
  EXPECT_EQ(later.note, "new switch");
  EXPECT_EQ(parsed<MaintenanceRemoveCommand>({"maintenance", "remove", "7"}).id, 7);
}

TEST(MaintenanceOptions, WithoutSenseAreRefused) {
  const Words kRows[] = {
      {"maintenance"},
      {"maintenance", "add", "n1"},
      {"maintenance", "add", "--for", "4h"},
      {"maintenance", "add", "", "--for", "4h"},
      {"maintenance", "add", "n1", "--for", "soon"},
      {"maintenance", "add", "n1", "--for", "91d"},
      {"maintenance", "add", "n1", "--for", "4h", "--from", "tomorrow"},
      {"maintenance", "remove"},
      {"maintenance", "remove", "0"},
      {"maintenance", "remove", "A-1"},
  };
  for (const Words& words : kRows) EXPECT_NE(refused(words).status, 0) << words.back();
}

}  // namespace
}  // namespace lockstep::cli
