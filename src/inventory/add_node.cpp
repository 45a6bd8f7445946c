#include "inventory/add_node.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "model/profile.h"

namespace lockstep {
namespace {

Result<void> check_labels(const Node& node) {
  for (const std::string& name : node.classes) LOCKSTEP_CHECK(check_label("class", name));
  if (!node.group.empty()) LOCKSTEP_CHECK(check_label("group", node.group));
  for (const NodeAddress& address : node.addresses) {
    if (!address.network.empty()) LOCKSTEP_CHECK(check_label("network", address.network));
  }
  return {};
}

Result<void> add_address(Node& into, const NodeAddress& added) {
  const auto known = std::ranges::find(into.addresses, added.address, &NodeAddress::address);
  if (known == into.addresses.end()) {
    into.addresses.push_back(added);
    return {};
  }
  if (known->network.empty()) known->network = added.network;
  if (added.network.empty() || added.network == known->network) return {};
  return fail(ErrorKind::invalid,
              fmt::format("node {}: the address {} cannot be on the network {} and on {}",
                          quoted(into.name), added.address.to_string(), quoted(known->network),
                          quoted(added.network)));
}

}  // namespace

Result<void> check_label(std::string_view what, std::string_view label) {
  const auto allowed = [](char c) {
    return c > ' ' && c <= '~' && c != ',' && c != ';' && c != '@';
  };
  if (!label.empty() && label.size() <= kMaxHostTypeBytes && std::ranges::all_of(label, allowed)) {
    return {};
  }
  return fail(ErrorKind::invalid,
              fmt::format("{} cannot name a {}: 1 to {} printable ASCII characters without space, "
                          "\",\", \";\" and \"@\" can",
                          quoted(label), what, kMaxHostTypeBytes));
}

Result<void> add_node(Inventory& into, const Node& node) {
  LOCKSTEP_CHECK(check_labels(node));
  const auto known = into.nodes.find(node.name);
  Node united = known == into.nodes.end() ? Node{node.name, {}, "", {}} : known->second;
  if (!united.group.empty() && !node.group.empty() && united.group != node.group) {
    return fail(ErrorKind::invalid,
                fmt::format("node {} cannot be in the group {} and in {}", quoted(node.name),
                            quoted(united.group), quoted(node.group)));
  }
  if (united.group.empty()) united.group = node.group;
  united.classes.insert(node.classes.begin(), node.classes.end());
  for (const NodeAddress& address : node.addresses) LOCKSTEP_CHECK(add_address(united, address));
  for (const std::string& name : node.classes) {
    into.classes.emplace(name, NodeClass{name, std::nullopt});
  }
  into.nodes.insert_or_assign(node.name, std::move(united));
  return {};
}

}  // namespace lockstep
