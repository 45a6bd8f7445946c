#include "model/instance.h"

#include <gtest/gtest.h>

#include "model/duration.h"

namespace lockstep {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Instance, SaysAllThatItWasTold) {
  const InstanceSettings settings = {
      {"collector", "ports"},    {"nodes", "@compute"}, {"interval", "30m"},
      {"overdue", "2d"},         {"busy", "scan"},      {"mode", "rotate"},
      {"window", "22:00-06:30"}, {"rate", "5000"},      {"node_rate", "unlimited"},
      {"priority", "9"},         {"enabled", "no"},     {"ports", "all"}};
  const auto instance = parse_instance("fast-ports", settings);
  ASSERT_TRUE(instance) << instance.error().message();
  EXPECT_EQ(instance->interval, minutes(30));
  EXPECT_EQ(instance->overdue_after(), hours(48));
  EXPECT_EQ(instance->parameters, (std::map<std::string, std::string>{{"ports", "all"}}));
  EXPECT_EQ(settings_of(*instance), settings);
  const auto again = parse_settings(to_text(settings));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, settings);
}

TEST(Instance, IsOverdueByItsInterval) {
  const auto after = [](const char* interval) {
    return parse_instance("x", {{"collector", "ports"}, {"interval", interval}})->overdue_after();
  };
  EXPECT_EQ(after("1h"), hours(24));
  EXPECT_EQ(after("1d"), std::chrono::days(7));
  EXPECT_EQ(after("2w"), std::chrono::days(98));
}

TEST(Instance, RefusesWhatHasNoSense) {
  struct Case {
    const char* description;
    std::string name;
    InstanceSettings settings;
    const char* complaint;
  };
  const Case cases[] = {
      {"no collector", "x", {}, "collector is missing"},
      {"a mistyped one",
       "x",
       {{"collector", "port"}},
       "collector: \"port\" will not do: did you mean ports?"},
      {"no name", "", {{"collector", "ports"}}, "is no name"},
      {"a name for a terminal", "a\x1b[2J", {{"collector", "ports"}}, "is no name"},
      {"often",
       "x",
       {{"collector", "ports"}, {"interval", "1s"}},
       "interval: \"1s\" will not do: 10s"},
      {"no duration", "x", {{"collector", "ports"}, {"interval", "daily"}}, "is not a duration"},
      {"too long", "x", {{"collector", "ports"}, {"interval", "99999999999d"}}, "too long: 90d"},
      {"a window without an end", "x", {{"collector", "ports"}, {"window", "22:00"}}, "window"},
      {"an empty window", "x", {{"collector", "ports"}, {"window", "22:00-22:00"}}, "window"},
      {"a rate below any", "x", {{"collector", "ports"}, {"rate", "0"}}, "packets a second"},
      {"a rate that is none", "x", {{"collector", "ports"}, {"rate", "nan"}}, "packets a second"},
      {"a priority", "x", {{"collector", "ports"}, {"priority", "10"}}, "1 to 9"},
      {"rotating services", "x", {{"collector", "services"}, {"mode", "rotate"}}, "rotate"},
  };
  for (const Case& each : cases) {
    const auto parsed = parse_instance(each.name, each.settings);
    ASSERT_FALSE(parsed) << each.description;
    EXPECT_NE(parsed.error().message().find(each.complaint), std::string::npos)
        << each.description << ": " << parsed.error().message();
  }
}

TEST(Instance, ARoundOfOneThatRotatesIsAnHour) {
  const InstanceSettings settings = {{"collector", "ports"}, {"mode", "rotate"}};
  EXPECT_EQ(parse_instance("x", settings)->interval, hours(1));
  const auto kept = settings_of(*parse_instance("x", settings));
  EXPECT_EQ(kept.at("interval"), "1h");
  EXPECT_EQ(parse_instance("x", {{"collector", "ports"}})->interval, hours(24));
}

TEST(DayWindow, MayGoOverMidnight) {
  const DayWindow night{hours(22), hours(6)};
  EXPECT_TRUE(night.contains(hours(23)));
  EXPECT_TRUE(night.contains(minutes(0)));
  EXPECT_FALSE(night.contains(hours(6)));
  EXPECT_FALSE((DayWindow{hours(8), hours(9)}.contains(hours(9))));
}

TEST(Duration, IsWrittenAsItIsRead) {
  for (const char* const text : {"90s", "15m", "12h", "7d"}) {
    EXPECT_EQ(to_text(*parse_duration(text, std::chrono::days(9))), text);
  }
  EXPECT_EQ(to_text(*parse_duration("2w", std::chrono::days(30))), "14d");
  for (const char* const text : {"", "s", "0s", "-1s", "1", "1x", "1.5h", "99999999999s"}) {
    EXPECT_FALSE(parse_duration(text, std::chrono::days(9))) << text;
  }
}

}  // namespace
}  // namespace lockstep
