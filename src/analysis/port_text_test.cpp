#include "analysis/port_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace lockstep {
namespace {

PortSet set_of(const std::set<Port>& ports) {
  PortSet made;
  for (const Port port : ports) made.insert(port);
  return made;
}

TEST(PortText, SaysWhatAPersonCanRead) {
  EXPECT_EQ(ports_text("silent", set_of({1, 2, 3, 9})), "silent, 4 ports: 1-3,9");
  EXPECT_EQ(ports_text("", set_of({22})), "1 ports: 22");
  EXPECT_EQ(examined_text("stopped", false, 65535), "stopped: none of 65,535 ports examined");
  EXPECT_EQ(examined_text("stopped", true, 100), "stopped: not all of 100 ports examined");
}

TEST(PortText, IsRefusedWhereItIsAnother) {
  const char* const kRows[] = {"",
                               "silent",
                               " ports: ",
                               "silent, ports: 1-3",
                               "4 ports: ",
                               "4 ports: 3-1",
                               "4 ports: 1-",
                               "4 ports: 1-2-3",
                               "4 ports: ssh",
                               "4 ports: 65536",
                               "4 ports: -1",
                               "99999999999999999999999 ports: 1"};
  for (const char* const row : kRows) EXPECT_FALSE(ports_named_in(row).has_value()) << row;
  for (const char* const row : {"", "no profile for gpu", "all ports examined"}) {
    EXPECT_FALSE(ports_to_examine(row).has_value()) << row;
  }
}

TEST(PortText, KnowsHowManyPortsWereToBeExamined) {
  EXPECT_EQ(ports_to_examine(examined_text("x", true, 65535) + " (of 3 ports examined)"), 65535U);
}

RC_GTEST_PROP(PortText, NamesNoOtherPorts, (const std::set<Port>& ports)) {
  const PortSet all = set_of(ports);
  RC_PRE(!all.empty());
  const auto named = ports_named_in(ports_text("silent, 2 of 3 ports: 4", all));
  RC_ASSERT(named.has_value());
  RC_ASSERT(named->count == all.size());
  RC_ASSERT((named->ports | all) == all);
  if (named->ports.size() == named->count) RC_ASSERT(named->ports == all);
  RC_ASSERT(named->all_in(all));
  RC_ASSERT(named->all_in(PortSet::all()) || all.contains(0));
  PortSet fewer = all;
  fewer.remove(set_of({*rc::gen::elementOf(ports)}));
  RC_ASSERT(!named->all_in(fewer));
}

RC_GTEST_PROP(PortText, SurvivesAnyText, (const std::string& text)) {
  const auto named = ports_named_in(text + " ports: " + text);
  if (named) RC_ASSERT(!named->ports.empty());
}

}  // namespace
}  // namespace lockstep
