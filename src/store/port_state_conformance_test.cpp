// The states of ports, as every store keeps them: by example, by many batches, and against a model.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::alive;
using samples::at;
using samples::claim;
using samples::covered;
using samples::end;
using samples::no_change;
using samples::ports;
using samples::seen;
using testing::HasSubstr;

class PortStateConformance : public StoreTest {
 protected:
  /// A whole sweep of the ports 1 to 100 that ends at `second`.
  void sweep(Store& store, std::int64_t second, const std::vector<PortObservation>& observations,
             const std::vector<Coverage>& coverage, const PortSet& asked = ports(1, 100)) {
    const auto id = store.begin_sweep(claim({"n1"}, second, asked), samples::dead);
    ASSERT_TRUE(id.has_value()) << id.error().message();
    const auto done = store.finish_sweep(*id, end(second), {observations, coverage}, no_change);
    ASSERT_TRUE(done.has_value()) << done.error().message();
  }
};
LOCKSTEP_ON_ALL_BACKENDS(PortStateConformance);

/// "n1 198.18.0.1 22/tcp open syn-ack +5", five seconds into the year.
std::string line_of(const PortFact& fact) {
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(fact.since - at(0)).count();
  return fmt::format("{} {} {}/{} {} {} +{}", fact.seen.node, fact.seen.address.to_string(),
                     fact.seen.port, to_string(fact.seen.protocol), to_string(fact.seen.state),
                     to_string(fact.seen.evidence), since);
}

std::vector<std::string> lines(Store& store) {
  std::vector<std::string> result;
  const auto facts = store.port_states().value();
  for (const PortFact& fact : facts) result.push_back(line_of(fact));
  return result;
}

using Lines = std::vector<std::string>;

TEST_P(PortStateConformance, BecomeWhatWasSeenOfAnExaminedAddress) {
  const auto store = open();
  sweep(*store, 1, {seen("n1", 1, 80), seen("n1", 1, 22), seen("n1", 1, 9, PortState::filtered)},
        {covered("n1", 1)});
  EXPECT_EQ(lines(*store), (Lines{"n1 198.18.0.1 9/tcp filtered no-reply +1",
                                  "n1 198.18.0.1 22/tcp open syn-ack +1",
                                  "n1 198.18.0.1 80/tcp open syn-ack +1"}));
  sweep(*store, 2,
        {seen("n1", 1, 22), seen("n1", 1, 9, PortState::open_filtered), seen("n1", 1, 81),
         seen("n1", 1, 82, PortState::closed)},
        {covered("n1", 1)});
  EXPECT_EQ(lines(*store),
            (Lines{"n1 198.18.0.1 9/tcp open|filtered no-reply +2",
                   "n1 198.18.0.1 22/tcp open syn-ack +1", "n1 198.18.0.1 81/tcp open syn-ack +2"}))
      << "what stays keeps its since";
}

TEST_P(PortStateConformance, KeepTheirSinceWhenOnlyTheEvidenceChanges) {
  const auto store = open();
  sweep(*store, 1, {seen("n1", 1, 9, PortState::filtered)}, {covered("n1", 1)});
  PortObservation prohibited = seen("n1", 1, 9, PortState::filtered);
  prohibited.evidence = Evidence::icmp_unreachable;
  sweep(*store, 2, {prohibited}, {covered("n1", 1)});
  EXPECT_EQ(lines(*store), Lines{"n1 198.18.0.1 9/tcp filtered icmp-unreachable +1"});
}

TEST_P(PortStateConformance, OnlyGrowWhereAnAddressWasNotExaminedInFull) {
  const auto store = open();
  sweep(*store, 1, {seen("n1", 1, 22), seen("n1", 1, 9, PortState::filtered)}, {covered("n1", 1)});
  sweep(*store, 2, {seen("n1", 1, 80), seen("n1", 1, 10, PortState::filtered)},
        {covered("n1", 1, CoverageGap::interrupted)});
  EXPECT_EQ(lines(*store), (Lines{"n1 198.18.0.1 9/tcp filtered no-reply +1",
                                  "n1 198.18.0.1 22/tcp open syn-ack +1",
                                  "n1 198.18.0.1 80/tcp open syn-ack +2"}));
  sweep(*store, 3, {seen("n1", 1, 9)}, {});
  EXPECT_EQ(lines(*store).front(), "n1 198.18.0.1 9/tcp open syn-ack +3")
      << "an open port is open, without any coverage too";
}

TEST_P(PortStateConformance, StayWhereTheSweepDidNotReach) {
  const auto store = open();
  sweep(*store, 1, {seen("n1", 1, 22), seen("n1", 1, 80), seen("n1", 2, 22), seen("n2", 3, 22)},
        {covered("n1", 1), covered("n1", 2), covered("n2", 3)});
  sweep(*store, 2, {}, {covered("n1", 1)}, ports(1, 50));
  EXPECT_EQ(lines(*store),
            (Lines{"n1 198.18.0.1 80/tcp open syn-ack +1", "n1 198.18.0.2 22/tcp open syn-ack +1",
                   "n2 198.18.0.3 22/tcp open syn-ack +1"}))
      << "neither other ports nor other addresses";
  Coverage fabric = covered("n1", 1);
  fabric.network = "hsn";
  Coverage udp = covered("n1", 1);
  udp.protocol = Protocol::udp;
  sweep(*store, 3, {}, {fabric, udp});
  EXPECT_EQ(lines(*store).size(), 3U) << "nor other networks and protocols";
}

TEST_P(PortStateConformance, OnlyGrowAtACheckpoint) {
  const auto store = open();
  sweep(*store, 1, {seen("n1", 1, 22)}, {covered("n1", 1)});
  const std::int64_t id = store->begin_sweep(claim({"n1"}, 2), alive).value();
  const auto open_ports = std::vector{seen("n1", 1, 80), seen("n1", 1, 9, PortState::filtered)};
  const auto examined = std::vector{covered("n1", 1)};
  ASSERT_TRUE(store->checkpoint_sweep(id, at(3), open_ports, examined).has_value());
  ASSERT_TRUE(store->checkpoint_sweep(id, at(4), open_ports, examined).has_value());
  EXPECT_EQ(lines(*store), (Lines{"n1 198.18.0.1 22/tcp open syn-ack +1",
                                  "n1 198.18.0.1 80/tcp open syn-ack +3"}));
  const auto last = std::vector{seen("n1", 1, 80)};
  ASSERT_TRUE(store->finish_sweep(id, end(5), {last, examined}, no_change).has_value());
  EXPECT_EQ(lines(*store), Lines{"n1 198.18.0.1 80/tcp open syn-ack +3"});
}

TEST_P(PortStateConformance, CountOpenWhereOneOfTwoReportsSaysSo) {
  const auto store = open();
  sweep(*store, 1,
        {seen("n1", 1, 22, PortState::filtered), seen("n1", 1, 22),
         seen("n1", 1, 22, PortState::filtered), seen("n1", 1, 22)},
        {covered("n1", 1), covered("n1", 1)});
  EXPECT_EQ(lines(*store), Lines{"n1 198.18.0.1 22/tcp open syn-ack +1"});
}

TEST_P(PortStateConformance, AreInOrder) {
  const auto store = open();
  PortObservation six = seen("n1", 1, 22);
  six.address = IpAddress::parse("fd00::1").value();
  PortObservation fabric = seen("n1", 200, 22);
  fabric.network = "hsn";
  PortObservation udp = seen("n1", 9, 22);
  udp.protocol = Protocol::udp;
  std::vector<PortObservation> all = {seen("n2", 1, 22),
                                      six,
                                      udp,
                                      seen("n1", 10, 22),
                                      fabric,
                                      seen("n1", 9, 100),
                                      seen("n1", 9, 22),
                                      seen("N1", 1, 22),
                                      seen("n10", 1, 22)};
  sweep(*store, 1, all, {});
  const auto facts = store->port_states().value();
  ASSERT_EQ(facts.size(), all.size());
  std::ranges::sort(all, {}, [](const PortObservation& each) {
    return std::tie(each.node, each.network, each.address, each.protocol, each.port);
  });
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(facts[i].seen, all[i]) << i;
}

TEST_P(PortStateConformance, OfAHostileNameAreThoseOfOneNode) {
  const auto store = open();
  const std::string name = "n'\t\\N\xff";
  sweep(*store, 1, {seen(name, 1, 22), seen(name, 1, 80)}, {covered(name, 1)});
  sweep(*store, 2, {seen(name, 1, 22)}, {covered(name, 1)});
  EXPECT_EQ(lines(*store), Lines{"n'\t\\N\\xff 198.18.0.1 22/tcp open syn-ack +1"});
}

TEST_P(PortStateConformance, TellARowWithoutSense) {
  const auto store = open();
  sweep(*store, 1, {seen("n1", 1, 22)}, {covered("n1", 1)});
  sql("UPDATE port_states SET state = 'ajar';");
  const std::int64_t id = store->begin_sweep(claim({"n1"}, 2), alive).value();
  const auto examined = std::vector{covered("n1", 1)};
  for (const auto& error : {store->port_states().error(),
                            store->finish_sweep(id, end(3), {{}, examined}, no_change).error()}) {
    EXPECT_EQ(error.kind(), ErrorKind::corrupt);
    EXPECT_THAT(error.message(), HasSubstr("table port_states, the row node \"n1\", address "
                                           "\"198.18.0.1\", port \"22\""));
  }
}

/// Batches of very different sizes, one after the other over one connection: a bulk interface that
/// writes its first batch again, or loses the rest of a long one, shows here.
TEST_P(PortStateConformance, AreThoseOfEachBatch) {
  const auto store = open();
  std::map<std::string, std::vector<PortObservation>> by_node;
  std::int64_t second = 0;
  for (const int size : {1, 8, 9, 2500, 2, 12'000, 3, 0, 700}) {
    const std::string node = fmt::format("n{}", second % 4);
    std::vector<PortObservation> batch;
    for (std::int64_t i = 0; i < size; ++i) {
      batch.push_back(seen(node, 1, static_cast<Port>(1 + (i * 5 + second) % 65'535)));
    }
    ++second;
    sweep(*store, second, batch, {covered(node, 1)}, PortSet::all());
    std::ranges::sort(batch);
    by_node[node] = batch;

    std::vector<PortObservation> expected;
    for (const auto& [name, states] : by_node) {
      expected.insert(expected.end(), states.begin(), states.end());
    }
    std::vector<PortObservation> found;
    const auto facts = store->port_states().value();
    for (const PortFact& fact : facts) found.push_back(fact.seen);
    ASSERT_EQ(found.size(), expected.size()) << size;
    ASSERT_TRUE(found == expected) << size;
  }
}

// --- Against a model ---

/// The rules of Store::finish_sweep(), in memory, for one protocol and network.
class Model {
 public:
  void finish(const PortSet& asked, const std::vector<PortObservation>& observations,
              const std::vector<Coverage>& coverage, std::int64_t second) {
    std::map<Key, PortFact> now;
    std::vector<std::pair<std::string, IpAddress>> examined;
    for (const Coverage& each : coverage) {
      if (each.examined()) examined.emplace_back(each.node, each.address);
    }
    const auto is_examined = [&](const std::string& node, const IpAddress& address) {
      return std::ranges::find(examined, std::pair(node, address)) != examined.end();
    };
    for (const auto& [key, fact] : facts_) {
      const auto& [node, address, port] = key;
      if (!is_examined(node, address) || !asked.contains(port)) now.emplace(key, fact);
    }
    for (const PortObservation& each : observations) {
      if (each.state != PortState::open && !is_examined(each.node, each.address)) continue;
      const Key key = {each.node, each.address, each.port};
      const auto before = facts_.find(key);
      const bool stays = before != facts_.end() && before->second.seen.state == each.state;
      now[key] = {each, stays ? before->second.since : at(second)};
    }
    facts_ = std::move(now);
  }

  Lines lines() const {
    Lines result;
    for (const auto& [key, fact] : facts_) result.push_back(line_of(fact));
    return result;
  }

 private:
  using Key = std::tuple<std::string, IpAddress, Port>;
  std::map<Key, PortFact> facts_;
};

PortObservation any_observation(const std::string& node, std::uint32_t number, Port port) {
  const auto state =
      *rc::gen::element(PortState::open, PortState::filtered, PortState::open_filtered);
  PortObservation observation = seen(node, number, port, state);
  if (state == PortState::filtered && *rc::gen::arbitrary<bool>()) {
    observation.evidence = Evidence::icmp_unreachable;
  }
  return observation;
}

TEST_P(PortStateConformance, AgreeWithAModel) {
  const auto store = open();
  int run = 0;
  check_property(GetParam(), [&] {
    const std::string prefix = fmt::format("r{}n", ++run);  // nodes of this run alone
    Model model;
    const int sweeps = *rc::gen::inRange(1, 6);
    for (int second = 1; second <= sweeps; ++second) {
      PortSet asked;
      for (Port port = 1; port <= 12; ++port) {
        if (*rc::gen::inRange(0, 4) != 0) asked.insert(port);
      }
      std::vector<PortObservation> observations;
      std::vector<Coverage> coverage;
      for (std::uint32_t number = 1; number <= 4; ++number) {
        const std::string node = fmt::format("{}{}", prefix, number % 3);
        const auto kind = *rc::gen::inRange(0, 4);
        if (kind == 1) coverage.push_back(covered(node, number, CoverageGap::interrupted));
        if (kind >= 2) coverage.push_back(covered(node, number));
        for (const Port port : asked.to_vector()) {
          if (*rc::gen::arbitrary<bool>()) {
            observations.push_back(any_observation(node, number, port));
          }
        }
      }
      const auto id = store->begin_sweep(claim({prefix + "1"}, second, asked), samples::dead);
      RC_ASSERT(id.has_value());
      RC_ASSERT(
          store->finish_sweep(*id, end(second), {observations, coverage}, no_change).has_value());
      model.finish(asked, observations, coverage, second);
    }
    Lines found;
    const auto facts = store->port_states().value();
    for (const PortFact& fact : facts) {
      if (fact.seen.node.starts_with(prefix)) found.push_back(line_of(fact));
    }
    RC_ASSERT(found == model.lines());
  });
}

}  // namespace
}  // namespace lockstep
