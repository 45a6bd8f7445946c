#include "inventory/entries.h"

#include <fmt/format.h>

#include "base/text.h"
#include "inventory/add_node.h"

namespace lockstep {
namespace {

/// One address a node; empty where the entry has none.
Result<std::vector<IpAddress>> addresses_of(const NodeEntry& entry, std::size_t nodes) {
  std::vector<IpAddress> result;
  std::uint64_t given = entry.addresses.size();
  if (given == 1) {
    LOCKSTEP_TRY(const IpRange range, IpRange::parse(entry.addresses[0]));
    given = range.size();
    for (std::uint64_t i = 0; given == nodes && i < given; ++i) {
      result.push_back(range.first.plus(i));
    }
  } else {
    for (const std::string& text : entry.addresses) {
      LOCKSTEP_TRY(const IpAddress address, IpAddress::parse(text));
      result.push_back(address);
    }
  }
  if (given != 0 && given != nodes) {
    return fail(ErrorKind::invalid,
                fmt::format("{} has {} nodes, but there are {} addresses; give each node one, or "
                            "give none to resolve their names",
                            quoted(entry.nodes, 40), with_thousands(nodes), with_thousands(given)));
  }
  return result;
}

}  // namespace

Result<void> add_entry(Inventory& into, const NodeEntry& entry, const NodesetOptions& options) {
  LOCKSTEP_TRY(const Nodeset nodes, parse_nodeset(entry.nodes, options));
  if (nodes.empty()) return fail(ErrorKind::invalid, "the nodeset is empty");
  if (!entry.network.empty() && entry.addresses.empty()) {
    return fail(ErrorKind::invalid,
                fmt::format("the network {} has no address to belong to", quoted(entry.network)));
  }
  LOCKSTEP_TRY(const std::vector<IpAddress> addresses, addresses_of(entry, nodes.size()));
  std::size_t next = 0;
  for (std::string& name : nodes.names()) {
    Node node{std::move(name), {entry.classes.begin(), entry.classes.end()}, entry.group, {}};
    if (!addresses.empty()) node.addresses.push_back({addresses[next++], entry.network});
    LOCKSTEP_CHECK(add_node(into, node));
  }
  return {};
}

Result<Inventory> nodes_from_entries(std::span<const NodeEntry> entries,
                                     const NodesetOptions& options) {
  Inventory result;
  for (const NodeEntry& entry : entries) {
    const Result<void> added = add_entry(result, entry, options);
    if (!added) {
      return std::unexpected(
          added.error().within(fmt::format("nodes = {}", quoted(entry.nodes, 40))));
    }
  }
  return result;
}

}  // namespace lockstep
