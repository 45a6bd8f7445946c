#include <fmt/format.h>

#include <iostream>

#include "app/commands.h"
#include "app/compose.h"
#include "app/console.h"
#include "app/daemon_link.h"
#include "app/session.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/render.h"
#include "control/node_page.h"
#include "control/scan_targets.h"
#include "documents/documents.h"
#include "model/nodeset.h"

namespace lockstep {
namespace {

/// More than this on standard input is no list of nodes.
constexpr std::size_t kMaxInputBytes = 64U << 20;
/// Duplicates included: a few bytes of input can stand for a million names.
constexpr std::size_t kMaxFoldedNames = 4'000'000;

/// The inventory for @groups in a nodeset, where there is a configuration.
Result<Inventory> inventory_for_groups(const std::string& config) {
  LOCKSTEP_TRY(const Setup setup, load_setup(config));
  return load_inventory(setup.config);
}

Result<Nodeset> parse(const std::string& text, const std::string& config) {
  if (text.find('@') == std::string::npos) return parse_nodeset(text);
  LOCKSTEP_TRY(const Inventory inventory, inventory_for_groups(config));
  return parse_nodeset_with_groups(text, inventory);
}

Result<int> expand(const std::string& text, Invocation& call) {
  LOCKSTEP_TRY(const Nodeset set, parse(text, call.config));
  std::string lines;
  for (const std::string& name : set.names()) lines.append(name).append("\n");
  LOCKSTEP_CHECK(call.console.print(lines));
  return cli::kInStep;
}

Result<std::vector<std::string>> read_lines() {
  std::vector<std::string> lines;
  std::size_t bytes = 0;
  for (std::string line; std::getline(std::cin, line);) {
    bytes += line.size() + 1;
    if (bytes > kMaxInputBytes) {
      return fail(ErrorKind::invalid, "standard input is longer than 64 MiB");
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

Result<int> fold(std::vector<std::string> sets, Invocation& call) {
  if (sets.empty()) {
    LOCKSTEP_TRY(sets, read_lines());
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    auto set = parse(sets[i], call.config);
    if (!set) return std::unexpected(set.error().within(fmt::format("set {}", i + 1)));
    names.insert(names.end(), set->sorted().begin(), set->sorted().end());
    if (names.size() > kMaxFoldedNames) {
      return fail(ErrorKind::invalid,
                  fmt::format("more than {} names to fold", with_thousands(kMaxFoldedNames)));
    }
  }
  LOCKSTEP_CHECK(call.console.print(fold_nodeset(names) + "\n"));
  return cli::kInStep;
}

/// All that is known of a node.
Result<control::NodePage> page_of(const Setup& setup, const Inventory& inventory,
                                  const Node& node) {
  LOCKSTEP_TRY(const std::unique_ptr<Store> store, make_store(setup.config));
  return control::describe_node(*store, inventory, node, now_in_seconds());
}

std::optional<NodeSchedule> schedule_of(DaemonLink& daemon, const std::string& node) {
  std::vector<NodeSchedule> said = daemon.schedules({node});
  return said.empty() ? std::nullopt : std::optional(std::move(said.front()));
}

}  // namespace

Result<int> run_command(const cli::NodesCommand& command, Invocation& call) {
  if (command.expand) return expand(*command.expand, call);
  if (command.fold) return fold(command.fold_names, call);
  LOCKSTEP_TRY(const Setup setup, setup_of(call));
  LOCKSTEP_CHECK(require_file(setup));
  LOCKSTEP_TRY(const Inventory inventory, load_inventory(setup.config));
  std::vector<std::string> names;
  for (const auto& [name, node] : inventory.nodes) names.push_back(name);
  if (!command.nodes.empty()) {
    LOCKSTEP_TRY(names, parse_inventory_nodes(command.nodes, inventory));
  } else {
    names = Nodeset(std::move(names)).names();
  }
  if (!command.nodes.empty() && names.size() == 1) {
    const Node& node = inventory.nodes.at(names.front());
    if (auto page = page_of(setup, inventory, node)) {
      if (call.daemon != nullptr) page->schedule = schedule_of(*call.daemon, node.name);
      LOCKSTEP_CHECK(call.console.print(command.json ? documents::node_page_json(*page)
                                                     : cli::node_page_text(*page)));
      return cli::kInStep;
    } else {
      call.console.warn("what sweeps know of it is left out: " + page.error().message());
    }
  }
  std::vector<Node> nodes;
  for (const std::string& name : names) nodes.push_back(inventory.nodes.at(name));
  LOCKSTEP_CHECK(
      call.console.print(command.json ? documents::nodes_json(nodes) : cli::nodes_text(nodes)));
  return cli::kInStep;
}

}  // namespace lockstep
