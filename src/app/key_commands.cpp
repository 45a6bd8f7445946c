#include "app/commands.h"
#include "app/console.h"
#include "app/session.h"
#include "cli/exit_status.h"
#include "cli/render_keys.h"
#include "control/key_use_cases.h"
#include "control/scan_targets.h"
#include "documents/documents.h"

namespace lockstep {
namespace {

/// A node that has left the inventory may still be known by a key, so that unknown names are
/// allowed.
Result<std::set<std::string>> nodes_named(const std::string& text, const Setup& setup) {
  if (text.empty()) return std::set<std::string>();
  LOCKSTEP_TRY(const Inventory inventory, load_inventory(setup.config));
  LOCKSTEP_TRY(const Nodeset set, parse_nodeset_with_groups(text, inventory));
  const auto names = set.names();
  return std::set<std::string>(names.begin(), names.end());
}

/// Of nodes without a key: a name that was mistyped is told as such.
Result<void> require_known(const std::string& text, const Setup& setup) {
  if (text.empty()) return {};
  LOCKSTEP_TRY(const Inventory inventory, load_inventory(setup.config));
  LOCKSTEP_TRY(const auto names, parse_inventory_nodes(text, inventory));
  return {};
}

}  // namespace

Result<int> run_command(const cli::KeysCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  LOCKSTEP_TRY(const std::set<std::string> nodes, nodes_named(command.nodes, opened.setup));
  LOCKSTEP_TRY(const std::vector<control::KeyRow> rows, control::list_keys(*opened.store, nodes));
  if (rows.empty()) LOCKSTEP_CHECK(require_known(command.nodes, opened.setup));
  LOCKSTEP_CHECK(call.console.print(command.json ? documents::keys_json(rows)
                                                 : cli::keys_text(rows, now_in_seconds())));
  return cli::kInStep;
}

Result<int> run_command(const cli::AcceptKeysCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  LOCKSTEP_TRY(const std::set<std::string> nodes, nodes_named(command.nodes, opened.setup));
  if (nodes.empty()) {
    return fail(ErrorKind::invalid, "the nodeset is empty: whose keys are to be accepted?");
  }
  const auto accepted = control::accept_keys(*opened.store, nodes, command.what, own_act(call));
  if (!accepted && accepted.error().kind() == ErrorKind::not_found) {
    LOCKSTEP_CHECK(require_known(command.nodes, opened.setup));
  }
  LOCKSTEP_TRY(const control::AcceptReport report, accepted);
  LOCKSTEP_CHECK(call.console.print(command.json ? documents::accept_json(report)
                                                 : cli::accept_text(report, command.what)));
  return cli::kInStep;
}

}  // namespace lockstep
