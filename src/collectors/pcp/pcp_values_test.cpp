#include "collectors/pcp/pcp_values.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>

namespace lockstep::pcp {
namespace {

TEST(PcpValues, NamesHoldWhatANameMay) {
  struct Row {
    const char* description;
    const char* metric;
    std::string instance;
    std::string name;
  };
  const Row rows[] = {
      {"one value", "kernel.all.nprocs", "", "kernel.all.nprocs"},
      {"an instance", "network.interface.in.bytes", "eth0", "network.interface.in.bytes[eth0]"},
      {"a space", "kernel.all.load", "1 minute", "kernel.all.load[1_minute]"},
      {"a device", "filesys.full", "/dev/sda1", "filesys.full[/dev/sda1]"},
      {"brackets and controls", "a", "x]\n[\xff", "a[x____]"},
      {"too long", "a", std::string(300, 'x'), "a[" + std::string(97, 'x') + "]"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.description);
    if (row.description == std::string("brackets and controls")) {
      EXPECT_EQ(value_name(row.metric, "x]\n[\xff"), "a[x____]");
      continue;
    }
    EXPECT_EQ(value_name(row.metric, row.instance), row.name);
  }
}

RC_GTEST_PROP(PcpValues, EveryNameIsOneOfItsMetric, (const std::string& instance)) {
  const std::string name = value_name("kernel.all.load", instance);
  RC_ASSERT(is_value_of(name, "kernel.all.load"));
  RC_ASSERT(name.size() <= kMaxValueNameBytes);
}

TEST(PcpValues, TellsNamesOfAMetric) {
  struct Row {
    const char* name;
    bool is;
  };
  const Row rows[] = {{"a.b", true},    {"a.b[x]", true}, {"a.bc", false},
                      {"a.b[]", false}, {"a.b[x", false}, {"a.b[x y]", false},
                      {"a", false},     {"", false},      {"a.b[x][y]", false}};
  for (const Row& row : rows) EXPECT_EQ(is_value_of(row.name, "a.b"), row.is) << row.name;
}

TEST(PcpValues, TellsNamesOfMetrics) {
  for (const char* good : {"a", "kernel.all.load", "disk.all.read_bytes", "nfs4.x9"}) {
    EXPECT_TRUE(is_metric_name(good)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string("9a"), std::string("a b"), std::string("a."),
        std::string("a[b]"), std::string(kMostMetricBytes + 1, 'a')}) {
    EXPECT_FALSE(is_metric_name(bad)) << bad;
  }
  EXPECT_TRUE(std::ranges::all_of(default_metrics(), is_metric_name));
  EXPECT_LE(default_metrics().size(), kMostMetrics);
}

TEST(CounterTable, IsARateFromTheSecondRoundOn) {
  constexpr auto kFull = std::numeric_limits<std::uint64_t>::max();
  struct Row {
    const char* description;
    std::uint64_t first;
    double first_at;
    std::uint64_t second;
    double second_at;
    std::optional<double> rate;
  };
  const Row rows[] = {
      {"goes on", 100, 10, 160, 12, 30.0},
      {"stands still", 100, 10, 100, 12, 0.0},
      {"large numbers keep their last digits", kFull - 3, 10, kFull, 11, 3.0},
      {"went back", 100, 10, 99, 12, {}},
      {"the clock stands", 100, 10, 160, 10, {}},
      {"the clock went back", 100, 10, 160, 9, {}},
      {"no clock", 100, 10, 160, std::numeric_limits<double>::quiet_NaN(), {}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.description);
    CounterTable table;
    EXPECT_EQ(table.rate(1, 2, row.first, row.first_at), std::nullopt);
    table.end_round();
    EXPECT_EQ(table.rate(1, 2, row.second, row.second_at), row.rate);
  }
}

TEST(CounterTable, TellsInstancesApartAndForgetsThem) {
  CounterTable table;
  table.rate(1, 1, std::uint64_t{10}, 1);
  table.rate(1, 2, 10.0, 1);
  table.end_round();
  EXPECT_EQ(table.rate(1, 3, std::uint64_t{20}, 2), std::nullopt);
  EXPECT_EQ(table.rate(1, 2, 12.5, 2), 2.5);
  table.end_round();
  EXPECT_EQ(table.rate(1, 1, std::uint64_t{20}, 3), std::nullopt);
  EXPECT_EQ(table.rate(1, 3, std::uint64_t{20}, 3), 0.0);
}

}  // namespace
}  // namespace lockstep::pcp
