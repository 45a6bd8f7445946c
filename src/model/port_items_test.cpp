#include "model/port_items.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace lockstep {
namespace {

TEST(PortItems, AreRead) {
  struct Row {
    std::string_view text, expected;
  };
  const Row rows[] = {
      {"22", "22"},           {"80,8000-8002", "80,8000-8002"},
      {"1-65535", "1-65535"}, {"5,3-4", "3-5"},
      {"7,7", "7"},           {"0022", "22"},
  };
  for (const Row& row : rows) {
    const auto ports = parse_port_items(row.text);
    ASSERT_TRUE(ports) << row.text;
    EXPECT_EQ(ports->to_string(), row.expected) << row.text;
  }
}

TEST(PortItems, TellWhichPieceIsWrong) {
  for (const std::string_view piece : {"", "x", "0", "65536", "9-1", "-5", "5-", "1-2-3", "+1",
                                       "0-3", "99999999999999999999", "1 2", " 1"}) {
    const auto ports = parse_port_items("22," + std::string(piece));
    ASSERT_FALSE(ports) << piece;
    EXPECT_EQ(ports.error().message(),
              "\"" + std::string(piece) + "\" is not a port or a range of ports of 1 to 65535");
  }
}

TEST(PortItems, NumbersHaveABound) {
  EXPECT_EQ(parse_bounded("9", 9), 9U);
  EXPECT_EQ(parse_bounded("0", 9), 0U);
  for (const std::string_view text : {"10", "", "-1", "1 ", "1x", "4294967296"}) {
    EXPECT_FALSE(parse_bounded(text, 9)) << text;
  }
}

RC_GTEST_PROP(PortItems, ReadWhatPortSetsWrite, (const std::set<std::uint16_t>& numbers)) {
  PortSet ports;
  for (const std::uint16_t number : numbers) {
    if (number != 0) ports.insert(number);
  }
  RC_PRE(!ports.empty());
  const auto read = parse_port_items(ports.to_string());
  RC_ASSERT(read && *read == ports);
}

}  // namespace
}  // namespace lockstep
