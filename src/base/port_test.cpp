#include "base/port.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

namespace lockstep {
namespace {

PortSet of(const std::vector<Port>& ports) {
  PortSet result;
  for (const Port port : ports) result.insert(port);
  return result;
}

TEST(PortSet, WritesRanges) {
  const struct {
    const char* description;
    std::vector<Port> ports;
    const char* text;
  } kRows[] = {
      {"none", {}, ""},
      {"one", {22}, "22"},
      {"two that touch", {22, 23}, "22-23"},
      {"two that do not", {22, 24}, "22,24"},
      {"the ends", {0, 1, 65534, 65535}, "0-1,65534-65535"},
      {"in any order", {8010, 111, 22, 8009}, "22,111,8009-8010"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    EXPECT_EQ(of(row.ports).to_string(), row.text);
    EXPECT_EQ(of(row.ports).empty(), row.ports.empty());
  }
}

TEST(PortSet, AllIsEveryPortButZero) {
  EXPECT_EQ(PortSet::all().size(), 65535U);
  EXPECT_FALSE(PortSet::all().contains(0));
  EXPECT_EQ(PortSet::all().to_string(), "1-65535");
}

TEST(PortSet, InsertsRangesWithBothEnds) {
  PortSet ports;
  ports.insert_range(65530, 65535);
  EXPECT_EQ(ports.to_string(), "65530-65535");
  ports.insert_range(9, 8);
  EXPECT_EQ(ports.size(), 6U) << "a range backwards holds nothing";
}

RC_GTEST_PROP(PortSet, AgreesWithAnOrderedSet, (const std::set<Port>& a, const std::set<Port>& b)) {
  const PortSet left = of({a.begin(), a.end()});
  const PortSet right = of({b.begin(), b.end()});
  RC_ASSERT(left.to_vector() == std::vector<Port>(a.begin(), a.end()));
  RC_ASSERT(left.size() == a.size());

  std::set<Port> both = a;
  both.insert(b.begin(), b.end());
  RC_ASSERT((left | right) == of({both.begin(), both.end()}));

  PortSet rest = left;
  rest.remove(right);
  std::vector<Port> expected;
  std::ranges::set_difference(a, b, std::back_inserter(expected));
  RC_ASSERT(rest.to_vector() == expected);
}

TEST(PacketsPerSecond, UnlimitedIsAboveEveryRate) {
  EXPECT_TRUE(PacketsPerSecond::unlimited().is_unlimited());
  EXPECT_FALSE(PacketsPerSecond(1e9).is_unlimited());
  EXPECT_LT(PacketsPerSecond(1e9), PacketsPerSecond::unlimited());
}

}  // namespace
}  // namespace lockstep
