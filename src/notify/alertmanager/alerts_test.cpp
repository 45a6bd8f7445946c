#include "notify/alertmanager/alerts.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "notify/test_messages.h"

namespace lockstep::notify {
namespace {

namespace json = boost::json;
using samples::at;

json::array alerts(const Message& message) {
  return json::parse(alerts_of(std::span(&message, 1), at(100), std::chrono::seconds(240)))
      .as_array();
}

TEST(Alerts, HoldUnlessTheyAreToldAgain) {
  Message message = samples::full();
  message.severity_before = message.severity;
  const json::array found = alerts(message);
  ASSERT_EQ(found.size(), 1U);
  const json::object expected{
      {"alertname", "Lockstep"}, {"cluster", "lab"},
      {"class", "compute+gpu"},  {"kind", "unexpected-port"},
      {"severity", "high"},      {"subject", "unexpected-port 4444/udp open|filtered"},
      {"alert", "A-17"},         {"network", "hsn"}};
  EXPECT_EQ(found[0].at("labels"), expected);
  EXPECT_EQ(found[0].at("annotations").at("nodes"), "node[017,201]");
  EXPECT_EQ(found[0].at("startsAt"), "2026-12-01T00:00:01Z");
  EXPECT_EQ(found[0].at("endsAt"), "2026-12-01T00:05:40Z");
}

TEST(Alerts, EndWithTheSameLabels) {
  Message message = samples::full();
  message.severity_before = message.severity;
  const json::array open = alerts(message);
  message.what = What::resolved;
  const json::array over = alerts(message);
  EXPECT_EQ(open[0].at("labels"), over[0].at("labels"));
  EXPECT_EQ(over[0].at("endsAt"), "2026-12-01T00:01:40Z");
}

TEST(Alerts, OfAnotherSeverityEndTheOneBefore) {
  const json::array found = alerts(samples::full());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].at("labels").at("severity"), "medium");
  EXPECT_EQ(found[0].at("endsAt"), "2026-12-01T00:01:40Z");
  EXPECT_EQ(found[1].at("labels").at("severity"), "high");
}

TEST(Alerts, OfLockstepItselfAreNoCause) {
  const json::array found = alerts({.what = What::alive, .cluster = "lab", .at = at(100)});
  EXPECT_EQ(found[0].at("labels"),
            (json::object{{"alertname", "LockstepAlive"}, {"cluster", "lab"}}));
}

}  // namespace
}  // namespace lockstep::notify
