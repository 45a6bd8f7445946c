#include "notify/direct.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "notify/test_messages.h"

namespace lockstep::notify {
namespace {

using samples::at;
using testing::ElementsAre;
using testing::IsEmpty;

class FakeChannel final : public Channel {
 public:
  Delivery send(const Message& message, const std::atomic<bool>& /*stop*/) override {
    sent.push_back(message);
    if (outcomes.empty()) return {};
    const Outcome outcome = outcomes.front();
    outcomes.pop_front();
    return {.outcome = outcome, .problem = "no"};
  }

  std::deque<Outcome> outcomes;
  std::vector<Message> sent;
};

AlertRecord found(Port port, const std::string& node, Severity severity = Severity::high) {
  AlertRecord record;
  record.subject.kind = FindingKind::unexpected_port;
  record.subject.node_class = "compute";
  record.subject.port = port;
  record.subject.protocol = Protocol::tcp;
  record.node = node;
  record.severity = severity;
  record.first_seen = record.last_seen = at(10);
  return record;
}

class DirectTellerTest : public testing::Test {
 protected:
  DirectTellerTest() { policy_.cluster = "lab"; }

  /// "4444 n[1-2]" of each message that is tried.
  std::vector<std::string> turn(int second) {
    way_.sent.clear();
    teller_.turn(found_, since_, at(second), stop_);
    std::vector<std::string> told;
    for (const Message& each : way_.sent) {
      told.push_back(std::to_string(each.subject.port.value_or(0)) + " " + each.nodes);
    }
    return told;
  }

  ChannelPolicy channel_{.name = "ops"};
  Policy policy_;
  FakeChannel way_;
  std::atomic<bool> stop_{false};
  WallTime since_ = at(0);
  std::vector<AlertRecord> found_;
  DirectTeller teller_{channel_, policy_, way_};
};

TEST_F(DirectTellerTest, TellsEachOnceOfAllItsNodes) {
  EXPECT_THAT(turn(1), IsEmpty());
  found_ = {found(4444, "n1"), found(4444, "n2"), found(5555, "n1")};
  EXPECT_THAT(turn(10), ElementsAre("4444 n[1-2]", "5555 n1"));
  EXPECT_EQ(way_.sent[0].what, What::raised);
  EXPECT_NE(way_.sent[0].id, way_.sent[1].id);
  EXPECT_NE(way_.sent[0].cause, way_.sent[1].cause);
  EXPECT_EQ(way_.sent[0].cluster, "lab");
  EXPECT_EQ(way_.sent[0].first_seen, at(10));
  found_.push_back(found(4444, "n3"));
  EXPECT_THAT(turn(11), ElementsAre("4444 n3"));
  EXPECT_THAT(turn(12), IsEmpty());
  since_ = at(100);
  EXPECT_THAT(turn(101), ElementsAre("4444 n[1-3]", "5555 n1")) << "another outage";
}

TEST_F(DirectTellerTest, WaitsWhereItIsNotGraveAndLeavesOutWhatIsNotWanted) {
  found_ = {found(1, "n1", Severity::medium), found(2, "n1", Severity::informational),
            found(3, "n9")};
  policy_.maintenance = {{parse_nodeset("n9").value(), at(0), at(1000), "work"}};
  EXPECT_THAT(turn(39), IsEmpty());
  EXPECT_THAT(turn(40), ElementsAre("1 n1"));
  EXPECT_THAT(turn(1000), ElementsAre("3 n9"));
}

TEST_F(DirectTellerTest, TriesAgainWhatDoesNotGetThroughAndNotWhatIsRejected) {
  found_ = {found(1, "n1"), found(2, "n1")};
  way_.outcomes = {Outcome::unreachable};
  EXPECT_THAT(turn(10), ElementsAre("1 n1"));
  way_.outcomes = {Outcome::retry, Outcome::rejected};
  EXPECT_THAT(turn(11), ElementsAre("1 n1", "2 n1"));
  EXPECT_THAT(turn(12), ElementsAre("1 n1"));
  EXPECT_THAT(turn(13), IsEmpty());
}

TEST_F(DirectTellerTest, DoesNotFloodThoughAllIsNew) {
  for (Port port = 1; port <= 200; ++port) found_.push_back(found(port, "n1"));
  EXPECT_EQ(turn(10).size(), 50U);
  EXPECT_THAT(turn(11), IsEmpty());
}

}  // namespace
}  // namespace lockstep::notify
