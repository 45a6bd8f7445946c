#include "app/pcp.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(PcpParameters, AreWhatAPersonWrites) {
  struct Row {
    const char* name;
    const char* value;
    const char* error;  // empty: none
  };
  const Row rows[] = {
      {"metrics", "kernel.all.load", ""},
      {"metrics", "kernel.all.load, mem.physmem,,", ""},
      {"metrics", "default", ""},
      {"metrics", " , ", "metrics: name at least one, or `default`"},
      {"metrics", "kernel.all.load[1]",
       "metrics: \"kernel.all.load[1]\" is no name of a metric; pminfo lists them"},
      {"port", "44322", ""},
      {"port", "0", "port: \"0\" is not 1 to 65535"},
      {"port", "65536", "port: \"65536\" is not 1 to 65535"},
      {"port", "-1", "port: \"-1\" is not 1 to 65535"},
      {"timeout", "2s", ""},
      {"timeout", "2", ""},
      {"timeout", "100ms", ""},
      {"timeout", "99ms", "timeout: \"99ms\" is not 100ms to 60s, such as 2s"},
      {"timeout", "61s", "timeout: \"61s\" is not 100ms to 60s, such as 2s"},
      {"timeout", "4294967295s", "timeout: \"4294967295s\" is not 100ms to 60s, such as 2s"},
      {"timeout", "2m", "timeout: \"2m\" is not 100ms to 60s, such as 2s"},
      {"speed", "2", "pcp has no parameter \"speed\"; it has metrics, port, timeout"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.name) + "=" + row.value);
    PcpUse use;
    const auto set = set_pcp_parameter(use, row.name, row.value);
    EXPECT_EQ(set ? "" : set.error().message(), row.error);
  }
}

TEST(PcpParameters, AreSet) {
  PcpUse use;
  ASSERT_TRUE(set_pcp_parameter(use, "metrics", "mem.physmem kernel.all.load,mem.physmem"));
  ASSERT_TRUE(set_pcp_parameter(use, "port", "4"));
  ASSERT_TRUE(set_pcp_parameter(use, "timeout", "500ms"));
  EXPECT_EQ(use.metrics, (std::vector<std::string>{"kernel.all.load", "mem.physmem"}));
  EXPECT_EQ(use.port, 4);
  EXPECT_EQ(use.timeout, std::chrono::milliseconds(500));
  ASSERT_TRUE(set_pcp_parameter(use, "metrics", "default vfs.files.count"));
  EXPECT_EQ(use.metrics.size(), pcp::default_metrics().size() + 1);
}

}  // namespace
}  // namespace lockstep
