#include "app/instances.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

using std::chrono::seconds;

TEST(CheckInstance, OfPortsThatRotate) {
  const struct {
    const char* description;
    InstanceSettings settings;
    const char* complaint;  // empty: it is right
  } kRows[] = {
      {"as usual", {{"mode", "rotate"}}, ""},
      {"turns of its own", {{"mode", "rotate"}, {"turn", "30s"}, {"ports", "all"}}, ""},
      {"a turn without rotation", {{"turn", "30s"}}, "turn: only with mode=rotate"},
      {"no duration", {{"mode", "rotate"}, {"turn", "soon"}}, "turn: "},
      {"longer than all of it",
       {{"mode", "rotate"}, {"turn", "2h"}},
       "turn: longer than the interval"},
      {"UDP", {{"mode", "rotate"}, {"udp_ports", "53"}}, "udp_ports: "},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    InstanceSettings settings = row.settings;
    settings.emplace("collector", "ports");
    const auto checked = check_instance(parse_instance("x", settings).value());
    const std::string said = checked ? "" : checked.error().message();
    EXPECT_EQ(said.substr(0, std::string(row.complaint).size()), row.complaint);
    EXPECT_EQ(checked.has_value(), std::string(row.complaint).empty());
  }
}

TEST(TurnOfInstance, IsAMinuteOrWhatItSays) {
  const auto turn = [](InstanceSettings settings) {
    settings.insert({{"collector", "ports"}, {"mode", "rotate"}});
    return turn_of_instance(parse_instance("x", settings).value()).value();
  };
  EXPECT_EQ(turn({}), seconds(60));
  EXPECT_EQ(turn({{"turn", "5s"}}), seconds(5));
  EXPECT_EQ(turn({{"interval", "20s"}}), seconds(20));
}

}  // namespace
}  // namespace lockstep
