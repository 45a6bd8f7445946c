#include "net/io/xdp/driver.h"

#include <gtest/gtest.h>

namespace lockstep::net {
namespace {

TEST(Driver, OfWhatLiesOnAnotherInterfaceHasAReason) {
  const struct {
    const char* description;
    const char* driver;
    const char* says;  // a part of it; empty: nothing is known against it
  } kRows[] = {
      {"a VLAN", "802.1Q VLAN Support", "it is a VLAN of another interface"},
      {"a MAC-based child", "macvlan", "shares another interface's queues"},
      {"an IP-based child", "ipvlan", "shares another interface's queues"},
      {"a bridge", "bridge", "it is a bridge"},
      {"one end of a virtual cable", "veth", ""},
      {"hardware", "ice", ""},
      {"bonding hands programs on to its members", "bonding", ""},
      {"unknown", "", ""},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const std::string why(why_no_xdp(row.driver));
    EXPECT_EQ(why.empty(), std::string_view(row.says).empty());
    EXPECT_NE(why.find(row.says), std::string::npos) << why;
  }
}

TEST(Driver, IsEmptyWhereThereIsNone) {
  for (const char* const name : {"", "lo", "no-such-interface", "a name that is far too long"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(driver_of(name), "");
  }
}

}  // namespace
}  // namespace lockstep::net
