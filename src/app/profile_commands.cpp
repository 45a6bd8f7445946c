#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "app/commands.h"
#include "app/console.h"
#include "app/daemon_link.h"
#include "app/session.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "cli/exit_status.h"
#include "cli/render.h"
#include "control/scan_targets.h"
#include "documents/documents.h"
#include "inventory/add_node.h"
#include "profiles/nmap/nmap_output.h"

namespace lockstep {
namespace {

using States = std::vector<control::ProfileState>;

/// The file, or standard input for "-". A byte more than the limit is read, so that the parser
/// tells of it.
Result<std::string> read_all(const std::string& file) {
  UniqueFd opened;
  if (file != "-") {
    opened = UniqueFd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened) return std::unexpected(system_error(errno, "cannot open " + quoted(file, 200)));
  }
  const int source = file == "-" ? STDIN_FILENO : opened.get();
  std::string text;
  constexpr std::size_t kBlock = 1U << 20;
  while (text.size() <= kMaxNmapBytes) {
    const std::size_t size = text.size();
    text.resize(size + kBlock);
    const ssize_t count = ::read(source, text.data() + size, kBlock);
    text.resize(size + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(system_error(errno, "cannot read " + quoted(file, 200)));
    if (count == 0) break;
  }
  return text;
}

Result<States> states_of(const std::string& node_class, const Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  return control::profile_states(*opened.store, node_class);
}

/// A network that the configuration knows, or the default one.
Result<std::string> network_named(const std::string& name, const Config& config) {
  if (name.empty() || name == kDefaultNetwork) return std::string(kDefaultNetwork);
  std::vector<std::string_view> known = {kDefaultNetwork};
  for (const Network& network : config.networks) {
    if (network.name == name) return name;
    known.push_back(network.name);
  }
  const std::string_view near = nearest(name, known);
  return fail(ErrorKind::invalid,
              fmt::format("--network {}: the configuration has no such network{}", quoted(name),
                          near.empty() ? "" : fmt::format("; did you mean {}?", near)));
}

}  // namespace

namespace {

Result<int> do_learn(const cli::LearnCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const ClusterSetup cluster, load_cluster(call, command.from));
  LOCKSTEP_CHECK(require_fence(cluster.setup));
  if (!command.consensus && cluster.nodes.size() != 1) {
    return fail(ErrorKind::invalid,
                "--from takes one node; to learn from what many have in common, use --consensus");
  }
  LOCKSTEP_TRY(const std::unique_ptr<Store> store, make_store(cluster.setup.config));
  if (call.daemon != nullptr) call.daemon->ask_by_hand(cluster.nodes);
  Session session(cluster.setup.config, cluster.inventory, call);
  LOCKSTEP_CHECK(session.prepare_sweep(command.ports, cluster.nodes));
  LOCKSTEP_CHECK(session.start_services(command.services));
  const control::SweepSetting setting = session.setting();
  auto report = command.consensus ? control::learn_by_consensus(
                                        setting, *store, command.node_class,
                                        cluster.setup.config.analysis.consensus, own_act(call))
                                  : control::learn(setting, *store, command.node_class,
                                                   cluster.nodes.front(), own_act(call));
  if (!report) return std::unexpected(report.error());
  LOCKSTEP_CHECK(
      call.console.print(command.json ? documents::learn_json(*report) : cli::learn_text(*report)));
  return cli::kInStep;
}

}  // namespace

Result<int> run_command(const cli::LearnCommand& command, Invocation& call) {
  return send_in_turn(call, command.services, [&] { return do_learn(command, call); });
}

Result<int> run_command(const cli::ImportCommand& command, Invocation& call) {
  if (const auto fits = check_label("class", command.node_class); !fits) {
    return std::unexpected(fits.error().within("--class"));
  }
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  LOCKSTEP_TRY(const std::string network, network_named(command.network, opened.setup.config));
  LOCKSTEP_TRY(const Inventory inventory, load_inventory(opened.setup.config));
  if (!inventory.classes.contains(command.node_class)) {
    call.console.warn(
        fmt::format("no node of the inventory is of class {} yet", quoted(command.node_class)));
  }
  LOCKSTEP_TRY(const std::string text, read_all(command.file));
  LOCKSTEP_TRY(const Baseline baseline,
               control::import_profile(*opened.store, text, command.file,
                                       host_type(command.node_class, network), own_act(call)));
  LOCKSTEP_CHECK(call.console.print(command.json ? documents::import_json(baseline)
                                                 : cli::import_text(baseline)));
  return cli::kInStep;
}

Result<int> run_command(const cli::ShowCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  LOCKSTEP_TRY(const std::vector<ValueRule> rules,
               control::value_rules_of(*opened.store, command.node_class));
  auto states = control::profile_states(*opened.store, command.node_class);
  // A class that plug-ins alone look at has no ports to expect.
  const bool has_rules =
      std::ranges::any_of(rules, [](const ValueRule& rule) { return rule.host_type != "*"; });
  if (!states && has_rules && states.error().kind() == ErrorKind::not_found) states = States();
  LOCKSTEP_CHECK(states);
  LOCKSTEP_CHECK(call.console.print(command.json ? documents::profiles_json(*states, &rules)
                                                 : cli::show_text(*states, rules)));
  return cli::kInStep;
}

Result<int> run_command(const cli::DiffCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const States states, states_of(command.node_class, call));
  LOCKSTEP_CHECK(
      call.console.print(command.json ? documents::profiles_json(states) : cli::diff_text(states)));
  for (const control::ProfileState& state : states) {
    if (!state.unapproved.empty() || !state.proposed.empty()) return cli::kDeviations;
  }
  return cli::kInStep;
}

Result<int> run_command(const cli::ApproveCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  LOCKSTEP_TRY(const States states,
               control::approve(*opened.store, command.node_class, command.what, own_act(call)));
  LOCKSTEP_CHECK(call.console.print(command.json ? documents::profiles_json(states)
                                                 : cli::approve_text(states)));
  return cli::kInStep;
}

Result<int> run_command(const cli::ExportCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const States states, states_of(command.node_class, call));
  LOCKSTEP_CHECK(call.console.print(command.json ? documents::profiles_json(states)
                                                 : cli::export_text(states, command.format)));
  return cli::kInStep;
}

}  // namespace lockstep
