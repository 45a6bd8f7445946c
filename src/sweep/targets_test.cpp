#include "sweep/targets.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

namespace lockstep {
namespace {

NodeAddress at(std::string_view text, const std::string& network = kDefaultNetwork) {
  return {*IpAddress::parse(text), network};
}

/// node[1-3], of which node3 has no address; io1 on two networks.
Inventory cluster() {
  Inventory inventory;
  inventory.classes = {{"compute", {"compute", std::nullopt}},
                       {"storage", {"storage", PacketsPerSecond(20)}},
                       {"slow", {"slow", PacketsPerSecond(5)}}};
  inventory.nodes["node1"] = {"node1", {"compute"}, "rack1", {at("198.18.0.1")}};
  inventory.nodes["node2"] = {"node2", {"compute"}, "", {at("198.18.0.2")}};
  inventory.nodes["node3"] = {"node3", {"compute"}, "", {}};
  inventory.nodes["io1"] = {
      "io1", {"storage"}, "", {at("198.18.1.1"), at("198.19.1.1", "fabric"), at("fd00::1", "bmc")}};
  return inventory;
}

std::vector<std::string> told(const TargetSelection& selection) {
  std::vector<std::string> lines;
  for (const CollectTarget& target : selection.targets) {
    lines.push_back(fmt::format("{} {} {} [{}] {}", target.node, target.address.to_string(),
                                target.network, target.group, target.node_rate.value()));
  }
  return lines;
}

std::vector<std::string> told_left_out(const TargetSelection& selection) {
  std::vector<std::string> lines;
  for (const Coverage& coverage : selection.left_out) {
    EXPECT_EQ(coverage.wanted, 0U);
    EXPECT_FALSE(coverage.examined()) << "what is left out is never proven";
    lines.push_back(
        fmt::format("{} {}: {}", coverage.node, to_string(coverage.gap), coverage.note));
  }
  return lines;
}

TEST(SelectTargets, FollowsThePolicy) {
  using Lines = std::vector<std::string>;
  const struct {
    const char* description;
    std::vector<std::string> nodes;
    std::function<void(Inventory&, TargetPolicy&)> change;
    Lines targets;
    Lines left_out;
  } kRows[] = {
      {"nothing asked for", {}, {}, {}, {}},
      {"a node with its group and the policy's rate",
       {"node1"},
       {},
       {"node1 198.18.0.1 management [rack1] 50"},
       {}},
      {"in the order asked for",
       {"node2", "node1"},
       {},
       {"node2 198.18.0.2 management [] 50", "node1 198.18.0.1 management [rack1] 50"},
       {}},
      {"a node asked for twice", {"node2", "node2"}, {}, {"node2 198.18.0.2 management [] 50"}, {}},
      {"a node that the inventory does not have", {"node9"}, {}, {}, {}},
      {"a name without address, and why", {"node3"}, {}, {}, {"node3 not-resolved: timed out"}},
      {"no network described: all",
       {"io1"},
       {},
       {"io1 198.18.1.1 management [] 20", "io1 198.19.1.1 fabric [] 20", "io1 fd00::1 bmc [] 20"},
       {}},
      {"other networks are passed over in silence",
       {"io1"},
       [](Inventory&, TargetPolicy& policy) {
         policy.networks = {kDefaultNetwork, "fabric"};
       },
       {"io1 198.18.1.1 management [] 20", "io1 198.19.1.1 fabric [] 20"},
       {}},
      {"a node that has no other",
       {"node1", "io1"},
       [](Inventory&, TargetPolicy& policy) { policy.networks = {"fabric"}; },
       {"io1 198.19.1.1 fabric [] 20"},
       {"node1 unsupported: no address on a network with scan = true"}},
      {"an excluded node",
       {"node1", "node2"},
       [](Inventory&, TargetPolicy& policy) {
         policy.excluded_nodes = *parse_nodeset("node[1,9]");
       },
       {"node2 198.18.0.2 management [] 50"},
       {"node1 outside-fence: excluded by [scan] exclude"}},
      {"an excluded node is excluded even where its name has no address",
       {"node3"},
       [](Inventory&, TargetPolicy& policy) { policy.excluded_nodes = *parse_nodeset("node3"); },
       {},
       {"node3 outside-fence: excluded by [scan] exclude"}},
      {"the lowest rate of its classes",
       {"io1"},
       [](Inventory& inventory, TargetPolicy& policy) {
         inventory.nodes["io1"].classes = {"compute", "slow", "storage"};
         policy.networks = {kDefaultNetwork};
       },
       {"io1 198.18.1.1 management [] 5"},
       {}},
      {"a class may be faster than the policy",
       {"node2"},
       [](Inventory& inventory, TargetPolicy&) {
         inventory.classes["compute"].node_rate = PacketsPerSecond(500);
       },
       {"node2 198.18.0.2 management [] 500"},
       {}},
      {"a rate asked for holds whatever classes say",
       {"io1", "node2"},
       [](Inventory&, TargetPolicy& policy) {
         policy.networks = {kDefaultNetwork};
         policy.asked_node_rate = PacketsPerSecond(2);
       },
       {"io1 198.18.1.1 management [] 2", "node2 198.18.0.2 management [] 2"},
       {}},
      {"a class that nobody declared",
       {"node2"},
       [](Inventory& inventory, TargetPolicy&) { inventory.nodes["node2"].classes = {"?"}; },
       {"node2 198.18.0.2 management [] 50"},
       {}},
      {"a node without class",
       {"node2"},
       [](Inventory& inventory, TargetPolicy&) { inventory.nodes["node2"].classes.clear(); },
       {"node2 198.18.0.2 management [] 50"},
       {}},
      {"two nodes share an address: it is asked once",
       {"node1", "node2"},
       [](Inventory& inventory, TargetPolicy&) {
         inventory.nodes["node2"].addresses = {at("198.18.0.1"), at("198.18.0.22")};
       },
       {"node1 198.18.0.1 management [rack1] 50", "node2 198.18.0.22 management [] 50"},
       {"node2 unsupported: the same address as node1"}},
      {"an address twice on one node is no sharing",
       {"node2"},
       [](Inventory& inventory, TargetPolicy&) {
         inventory.nodes["node2"].addresses = {at("198.18.0.2"), at("198.18.0.2")};
       },
       {"node2 198.18.0.2 management [] 50"},
       {}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Inventory inventory = cluster();
    TargetPolicy policy;
    if (row.change) row.change(inventory, policy);
    const TargetSelection selection =
        select_targets(inventory, row.nodes, {{"node3", "timed out"}}, policy);
    EXPECT_EQ(told(selection), row.targets);
    EXPECT_EQ(told_left_out(selection), row.left_out);
  }
}

TEST(SelectTargets, ASharedAddressIsLeftOutByItsOwnName) {
  Inventory inventory = cluster();
  inventory.nodes["node2"].addresses = {at("198.18.0.2"), at("198.18.0.1", "fabric")};
  const TargetSelection selection = select_targets(inventory, {"node1", "node2"}, {}, {});
  ASSERT_EQ(selection.left_out.size(), 1U);
  EXPECT_EQ(selection.left_out[0].address.to_string(), "198.18.0.1");
  EXPECT_EQ(selection.left_out[0].network, "fabric");
}

TEST(SelectTargets, EveryNodeAskedForShows) {
  const Inventory inventory = cluster();
  const std::vector<std::string> asked = {"node1", "node2", "node3", "io1"};
  TargetPolicy policy;
  policy.networks = {"bmc"};
  const TargetSelection selection = select_targets(inventory, asked, {}, policy);
  std::set<std::string> shown;
  for (const CollectTarget& target : selection.targets) shown.insert(target.node);
  for (const Coverage& coverage : selection.left_out) shown.insert(coverage.node);
  EXPECT_EQ(shown, std::set<std::string>(asked.begin(), asked.end()));
}

}  // namespace
}  // namespace lockstep
