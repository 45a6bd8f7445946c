#include "analysis/fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>

namespace lockstep {
namespace {

using testing::ElementsAre;

Finding open_port(const std::string& node, Port port = 4444) {
  return {.kind = FindingKind::unexpected_port,
          .severity = Severity::high,
          .node_class = "compute",
          .node = node,
          .network = "management",
          .address = {},
          .protocol = Protocol::tcp,
          .port = port,
          .state = PortState::open,
          .detail = "",
          .expected = "closed",
          .reason = "",
          .clones = ""};
}

TEST(Fold, GathersNodesThatShareACause) {
  const auto rows = fold(std::vector{open_port("n7"), open_port("n3"), open_port("n7")});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].subject, open_port("n3"));
  EXPECT_THAT(rows[0].nodes, ElementsAre("n3", "n7"));
}

TEST(Fold, CountsANodeWithTwoAddressesOnce) {
  Finding second = open_port("n3");
  second.address = IpAddress::v4(0xc6120001);
  const auto rows = fold(std::vector{second, open_port("n3")});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].subject.address, IpAddress());
  EXPECT_THAT(rows[0].nodes, ElementsAre("n3"));
}

TEST(Fold, KeepsCausesApart) {
  const struct {
    const char* description;
    std::function<void(Finding&)> change;
  } kRows[] = {
      {"kind", [](Finding& f) { f.kind = FindingKind::missing_port; }},
      {"severity", [](Finding& f) { f.severity = Severity::critical; }},
      {"class", [](Finding& f) { f.node_class = "login"; }},
      {"network", [](Finding& f) { f.network = "hsn"; }},
      {"protocol", [](Finding& f) { f.protocol = Protocol::udp; }},
      {"port", [](Finding& f) { f.port = Port{4445}; }},
      {"no port", [](Finding& f) { f.port.reset(); }},
      {"state", [](Finding& f) { f.state = PortState::filtered; }},
      {"detail", [](Finding& f) { f.detail = "silent"; }},
      {"reason", [](Finding& f) { f.reason = "many ports"; }},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Finding other = open_port("n2");
    row.change(other);
    EXPECT_EQ(fold(std::vector{open_port("n1"), other, open_port("n3")}).size(), 2U);
  }
}

TEST(Fold, PutsTheGravestFirst) {
  Finding missing = open_port("n1", 22);
  missing.kind = FindingKind::missing_port;
  missing.severity = Severity::low;
  Finding gap = open_port("n1");
  gap.kind = FindingKind::coverage_gap;
  gap.severity = Severity::medium;
  gap.port.reset();
  Finding login = open_port("n1", 80);
  login.node_class = "login";
  std::vector<std::string> order;
  for (const FindingRow& row :
       fold(std::vector{missing, gap, login, open_port("n1", 9999), open_port("n1", 23)})) {
    order.push_back(std::string(to_string(row.subject.kind)) + " " + row.subject.node_class + " " +
                    std::to_string(row.subject.port.value_or(0)));
  }
  EXPECT_THAT(order, ElementsAre("unexpected-port compute 23", "unexpected-port compute 9999",
                                 "unexpected-port login 80", "coverage-gap compute 0",
                                 "missing-port compute 22"));
}

RC_GTEST_PROP(Fold, LosesNothingWhateverTheOrder,
              (const std::vector<std::pair<std::uint8_t, Port>>& seen, std::uint32_t seed)) {
  std::vector<Finding> findings;
  std::set<std::pair<std::string, Port>> expected;
  for (const auto& [node, port] : seen) {
    findings.push_back(open_port("n" + std::to_string(node), port));
    expected.emplace(findings.back().node, port);
  }
  const auto rows = fold(findings);
  std::set<std::pair<std::string, Port>> found;
  for (const FindingRow& row : rows) {
    RC_ASSERT(std::ranges::is_sorted(row.nodes, std::less_equal<>()));
    RC_ASSERT(row.subject.node == row.nodes.front());
    for (const std::string& node : row.nodes) found.emplace(node, *row.subject.port);
  }
  RC_ASSERT(found == expected);

  std::mt19937 random(seed);
  std::ranges::shuffle(findings, random);
  const auto again = fold(findings);
  RC_ASSERT(again.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    RC_ASSERT(again[i].subject == rows[i].subject);
    RC_ASSERT(again[i].nodes == rows[i].nodes);
  }
}

}  // namespace
}  // namespace lockstep
