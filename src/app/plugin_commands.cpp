#include <fmt/format.h>

#include "app/commands.h"
#include "app/console.h"
#include "app/session.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/render_plugin.h"
#include "cli/render_values.h"
#include "collectors/exec/plugin_trial.h"
#include "control/scan_targets.h"
#include "control/value_use_cases.h"
#include "documents/documents.h"

namespace lockstep {
namespace {

using exec::PluginNode;

/// Where there is no configuration, or no node is named: this machine.
std::vector<PluginNode> made_up_nodes() {
  constexpr std::uint32_t kFirst = 0x7f010001;  // 127.1.0.1
  return {{"node001", {{IpAddress::v4(kFirst), kDefaultNetwork}}, {"compute"}},
          {"node002", {{IpAddress::v4(kFirst + 1), kDefaultNetwork}}, {"compute"}}};
}

Result<std::vector<PluginNode>> nodes_for(const std::string& nodeset, const Invocation& call) {
  if (nodeset.empty()) return made_up_nodes();
  LOCKSTEP_TRY(ClusterSetup cluster, load_cluster(call, nodeset));
  resolve_inventory(cluster.setup.config, cluster.inventory, cluster.nodes);
  std::vector<PluginNode> nodes;
  for (const std::string& name : cluster.nodes) {
    const Node& node = cluster.inventory.nodes.at(name);
    PluginNode asked{name, {}, {node.classes.begin(), node.classes.end()}};
    for (const NodeAddress& each : node.addresses) {
      asked.addresses.push_back({each.address, each.network});
    }
    nodes.push_back(std::move(asked));
  }
  return nodes;
}

Result<std::map<std::string, std::string>> parse_parameters(const std::vector<std::string>& texts) {
  std::map<std::string, std::string> parameters;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(ErrorKind::invalid,
                  fmt::format("--parameter {}: write KEY=VALUE", lockstep::quoted(text)));
    }
    parameters[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return parameters;
}

std::string answer_word(exec::PluginReader::Answer answer) {
  switch (answer) {
    case exec::PluginReader::Answer::covered: return "covered";
    case exec::PluginReader::Answer::failed: return "error";
    case exec::PluginReader::Answer::none: break;
  }
  return "none";
}

cli::PluginReport to_report(const PluginTrial& trial) {
  cli::PluginReport report{.values = trial.values,
                           .ports = trial.ports,
                           .looks = trial.looks,
                           .nodes = {},
                           .complaint = trial.complaint,
                           .checks = {}};
  for (const TrialNode& node : trial.nodes) {
    report.nodes.push_back({node.node, answer_word(node.answer), node.error});
  }
  for (const TrialCheck& check : trial.checks) {
    report.checks.push_back({check.name, check.wrong, check.note});
  }
  return report;
}

}  // namespace

Result<int> run_command(const cli::ValuesCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  LOCKSTEP_TRY(const Inventory inventory, load_inventory(opened.setup.config));
  std::set<std::string> nodes;
  if (!command.nodes.empty()) {
    LOCKSTEP_TRY(const auto names, parse_inventory_nodes(command.nodes, inventory));
    nodes.insert(names.begin(), names.end());
  }
  LOCKSTEP_TRY(const auto rows,
               control::list_values(*opened.store, inventory, nodes, command.instance,
                                    control::MissingValues::all));
  LOCKSTEP_CHECK(call.console.print(command.json ? documents::values_json(rows)
                                                 : cli::values_text(rows, now_in_seconds())));
  return cli::kInStep;
}

Result<int> run_command(const cli::PluginTestCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const std::vector<PluginNode> nodes, nodes_for(command.nodes, call));
  ExecOptions options{.instance = "test", .command = {command.words, command.user}};
  LOCKSTEP_TRY(options.parameters, parse_parameters(command.parameters));
  options.limits.time = std::chrono::seconds(command.timeout_s);
  const auto stop = call.stops("");
  LOCKSTEP_TRY(const PluginTrial trial, try_plugin(options, nodes, &stop->stop()));
  const cli::PluginReport report = to_report(trial);
  LOCKSTEP_CHECK(
      call.console.print(command.json ? cli::plugin_json(report) : cli::plugin_text(report)));
  return report.good() ? cli::kInStep : cli::kDeviations;
}

}  // namespace lockstep
