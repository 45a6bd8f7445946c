#include "control/scan_targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"

namespace lockstep {
namespace {

/// Classes and groups of the inventory as nodeset groups: "@compute", "@rack1", "@*".
Result<std::string> resolve_group(const Inventory& inventory, std::string_view source,
                                  std::string_view group, const std::set<std::string>* own) {
  const std::string name(group);
  const bool all = group == "*";
  std::vector<std::string> members;
  for (const auto& [node_name, node] : inventory.nodes) {
    const bool is_meant = all || node.classes.contains(name) || node.group == name;
    if (is_meant && (own == nullptr || own->contains(node_name))) members.push_back(node_name);
  }
  const bool is_class = own == nullptr && inventory.classes.contains(name);
  const bool known = all || !members.empty() || is_class;
  if (source.empty() && known) return fold_nodeset(members);
  return fail(
      ErrorKind::not_found,
      fmt::format("{} is neither a class nor a group of the inventory",
                  quoted(fmt::format("@{}{}{}", source, source.empty() ? "" : ":", group))));
}

NodesetOptions options_for(const Inventory& inventory, const NodesetScope& scope) {
  NodesetOptions options;
  options.max_nodes = scope.most_names;
  options.resolve_group = [&inventory, own = scope.own](std::string_view source,
                                                        std::string_view group) {
    return resolve_group(inventory, source, group, own);
  };
  return options;
}

bool looks_like_addresses(std::string_view text) {
  const std::size_t end = text.find_first_of("-/");
  return IpAddress::parse(text.substr(0, end)).has_value();
}

Result<void> too_many(std::uint64_t count) {
  return fail(
      ErrorKind::invalid,
      fmt::format("{} addresses are more than one scan takes ({}); scan a part, or describe "
                  "the cluster in a configuration and use sweep",
                  with_thousands(count), with_thousands(kMaxScanAddresses)));
}

/// A nodeset that somebody wants something done with, so that an empty one is a mistake.
Result<Nodeset> parse_nodes(std::string_view text, const Inventory& inventory) {
  LOCKSTEP_TRY(Nodeset set, parse_nodeset_with_groups(text, inventory));
  if (set.empty()) return fail(ErrorKind::invalid, fmt::format("{} names no node", quoted(text)));
  return set;
}

class TargetParser {
 public:
  explicit TargetParser(const Inventory& inventory) : inventory_(inventory) {
    result_.cluster = inventory.cluster;
    result_.classes = inventory.classes;
    for (const auto& [name, node] : inventory.nodes) {
      for (const NodeAddress& address : node.addresses) owners_.emplace(address.address, name);
    }
  }

  Result<void> add(const std::string& expression) {
    LOCKSTEP_CHECK(looks_like_addresses(expression) ? add_range(expression)
                                                    : add_nodeset(expression));
    if (result_.nodes.size() > kMaxScanAddresses) return too_many(result_.nodes.size());
    return {};
  }

  Inventory take() { return std::move(result_); }

 private:
  Result<void> add_range(const std::string& text) {
    LOCKSTEP_TRY(const IpRange range, IpRange::parse(text));
    if (range.size() > kMaxScanAddresses) return too_many(range.size());
    for (std::uint64_t i = 0; i < range.size(); ++i) {
      add_address(range.first.plus(i));
    }
    return {};
  }

  /// An address that the inventory knows is shown as its node's, and as no other one's.
  void add_address(const IpAddress& address) {
    const auto owner = owners_.find(address);
    const std::string name = owner == owners_.end() ? address.to_string() : owner->second;
    const auto known = inventory_.nodes.find(name);
    NodeAddress wanted{.address = address, .network = {}};
    Node bare{.name = name, .classes = {}, .group = {}, .addresses = {}};
    if (known != inventory_.nodes.end()) {
      bare = known->second;
      bare.addresses.clear();
      for (const NodeAddress& one : known->second.addresses) {
        if (one.address == address) wanted = one;
      }
    }
    auto& addresses = result_.nodes.emplace(name, std::move(bare)).first->second.addresses;
    if (std::find(addresses.begin(), addresses.end(), wanted) == addresses.end()) {
      addresses.push_back(std::move(wanted));
    }
  }

  Result<void> add_nodeset(const std::string& text) {
    LOCKSTEP_TRY(const Nodeset set, parse_nodes(text, inventory_));
    for (const std::string& name : set.sorted()) {
      const auto known = inventory_.nodes.find(name);
      const Node bare{.name = name, .classes = {}, .group = {}, .addresses = {}};
      result_.nodes.insert_or_assign(name, known == inventory_.nodes.end() ? bare : known->second);
    }
    return {};
  }

  const Inventory& inventory_;
  std::map<IpAddress, std::string> owners_;
  Inventory result_;
};

}  // namespace

Result<Nodeset> parse_nodeset_with_groups(std::string_view text, const Inventory& inventory,
                                          const NodesetScope& scope) {
  return parse_nodeset(text, options_for(inventory, scope));
}

Result<Inventory> parse_scan_targets(const std::vector<std::string>& expressions,
                                     const Inventory& inventory) {
  TargetParser parser(inventory);
  for (const std::string& expression : expressions) LOCKSTEP_CHECK(parser.add(expression));
  return parser.take();
}

Result<std::vector<std::string>> parse_inventory_nodes(std::string_view nodeset,
                                                       const Inventory& inventory) {
  LOCKSTEP_TRY(const Nodeset set, parse_nodes(nodeset, inventory));
  std::vector<std::string> unknown;
  for (const std::string& name : set.sorted()) {
    if (!inventory.nodes.contains(name)) unknown.push_back(name);
  }
  if (unknown.empty()) return set.names();
  std::vector<std::string_view> known;
  for (const auto& [name, node] : inventory.nodes) known.push_back(name);
  const std::string_view near = nearest(unknown.front(), known);
  return fail(ErrorKind::not_found,
              fmt::format("the inventory has no node {}{}", fold_nodeset(unknown),
                          near.empty() ? "" : fmt::format("; did you mean {}?", near)));
}

std::vector<Prefix> default_fence() {
  std::vector<Prefix> fence;
  for (const char* const text : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8",
                                 "198.18.0.0/15", "::1/128", "fc00::/7"}) {
    fence.push_back(*Prefix::parse(text));
  }
  return fence;
}

}  // namespace lockstep
