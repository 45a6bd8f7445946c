#include "profiles/learn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <map>

namespace lockstep {
namespace {

using testing::HasSubstr;

const IpAddress kFour = IpAddress::v4(0xc6120001);
const IpAddress kSix = IpAddress::parse("fd00::1").value();

PortObservation seen(const std::string& node, Port port, PortState state) {
  return {node, kFour, "management", Protocol::tcp, port, state, Evidence::syn_ack};
}

Coverage full(const std::string& node) {
  Coverage coverage;
  coverage.node = node;
  coverage.address = kFour;
  coverage.network = "management";
  coverage.wanted = coverage.asked = coverage.answered = 1000;
  return coverage;
}

/// n1 of class compute shows 22 and 111.
struct Sweep {
  Node node{"n1", {"compute", "gpu"}, "", {}};
  std::string node_class = "compute";
  std::string network = "management";
  std::vector<PortObservation> observations = {seen("n1", 111, PortState::open),
                                               seen("n1", 22, PortState::open)};
  std::vector<Coverage> coverage = {full("n1")};

  Result<Profile> learn() const {
    return learn_from_node({node, node_class, network, observations, coverage});
  }
};

TEST(Learn, TakesTheOpenPortsOfThatNodeAlone) {
  Sweep sweep;
  sweep.observations.push_back(seen("n1", 23, PortState::filtered));
  sweep.observations.push_back(seen("n1", 24, PortState::open_filtered));
  sweep.observations.push_back(seen("n2", 4444, PortState::open));
  sweep.observations.push_back(seen("n1", 5555, PortState::open));
  sweep.observations.back().network = "hsn";
  sweep.coverage.push_back(full("n2"));
  sweep.coverage.back().gap = CoverageGap::interrupted;
  EXPECT_EQ(sweep.learn().value(),
            (Profile{"compute", {{22, Protocol::tcp, "", ""}, {111, Protocol::tcp, "", ""}}, {}}));
}

TEST(Learn, NamesTheNetworkInTheHostType) {
  Sweep sweep;
  sweep.network = "hsn";
  for (PortObservation& each : sweep.observations) each.network = "hsn";
  for (Coverage& each : sweep.coverage) each.network = "hsn";
  EXPECT_EQ(sweep.learn().value().host_type, "compute@hsn");
}

TEST(Learn, UnitesTheAddressesOfTheNode) {
  Sweep sweep;
  sweep.observations[0].address = kSix;
  sweep.coverage.push_back(full("n1"));
  sweep.coverage.back().address = kSix;
  EXPECT_EQ(sweep.learn().value().ports.size(), 2U);
}

TEST(Learn, RefusesWithTheReason) {
  const struct {
    const char* description;
    std::function<void(Sweep&)> change;
    ErrorKind kind;
    const char* says;
  } kRows[] = {
      {"another class", [](Sweep& s) { s.node_class = "login"; }, ErrorKind::invalid,
       "not a node of class \"login\" (its classes: compute, gpu)"},
      {"no class", [](Sweep& s) { s.node.classes.clear(); }, ErrorKind::invalid,
       "its classes: none"},
      {"no coverage", [](Sweep& s) { s.coverage.clear(); }, ErrorKind::unavailable,
       "was not scanned on network \"management\""},
      {"coverage of another network", [](Sweep& s) { s.network = "hsn"; }, ErrorKind::unavailable,
       "was not scanned on network \"hsn\""},
      {"half asked", [](Sweep& s) { s.coverage[0].asked = 500; }, ErrorKind::unavailable,
       "500 of 1,000 ports asked"},
      {"interrupted", [](Sweep& s) { s.coverage[0].gap = CoverageGap::interrupted; },
       ErrorKind::unavailable, "interrupted"},
      {"unreachable", [](Sweep& s) { s.coverage[0].gap = CoverageGap::unreachable; },
       ErrorKind::unavailable, "unreachable"},
      {"one of two addresses unreachable",
       [](Sweep& s) {
         s.coverage.push_back(full("n1"));
         s.coverage.back().address = kSix;
         s.coverage.back().gap = CoverageGap::unreachable;
       },
       ErrorKind::unavailable, "n1 (fd00::1) was not examined in full"},
      {"nothing open", [](Sweep& s) { s.observations.clear(); }, ErrorKind::not_found,
       "no open port"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Sweep sweep;
    row.change(sweep);
    const auto profile = sweep.learn();
    ASSERT_FALSE(profile.has_value());
    EXPECT_EQ(profile.error().kind(), row.kind);
    EXPECT_THAT(profile.error().message(), HasSubstr(row.says));
  }
}

TEST(Learn, TakesANodeWithSilentPorts) {
  Sweep sweep;
  sweep.coverage[0].gap = CoverageGap::unanswered;
  EXPECT_TRUE(sweep.learn().has_value()) << "their state is known";
}

RC_GTEST_PROP(Learn, LearnsExactlyTheOpenPorts, (const std::map<Port, bool>& ports)) {
  Sweep sweep;
  sweep.observations.clear();
  std::vector<ExpectedPort> expected;
  for (const auto& [port, open] : ports) {
    sweep.observations.push_back(seen("n1", port, open ? PortState::open : PortState::filtered));
    if (open) expected.push_back({port, Protocol::tcp, "", ""});
  }
  RC_PRE(!expected.empty());
  RC_ASSERT(sweep.learn().value().ports == expected);
}

}  // namespace
}  // namespace lockstep
