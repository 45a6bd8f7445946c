#include "cli/render_store.h"

#include <gtest/gtest.h>

namespace lockstep::cli {
namespace {

const std::vector<StoreTable> kTables = {{"nodes", 12, std::string(64, 'a')},
                                         {"alerts", 0, std::string(64, '0')}};

TEST(RenderStore, ShowsTablesThatHoldSomething) {
  EXPECT_EQ(store_text(kTables, "moved"),
            "TABLE  ROWS  CONTENTS\n"
            "nodes  12    aaaaaaaaaaaaaaaa\n"
            "12 rows in 2 tables: moved\n");
  EXPECT_EQ(store_text({}, "moved"), "0 rows in 0 tables: moved\n");
}

TEST(RenderStore, TellsScriptsOfAll) {
  const std::string text = store_json(kTables);
  EXPECT_NE(text.find(R"("table":"nodes")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("table":"alerts")"), std::string::npos) << text;
}

}  // namespace
}  // namespace lockstep::cli
