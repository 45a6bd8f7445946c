#include "app/commands.h"
#include "app/console.h"
#include "app/session.h"
#include "cli/exit_status.h"
#include "cli/render.h"
#include "control/alert_use_cases.h"
#include "control/scan_targets.h"
#include "documents/documents.h"
#include "proc/identity.h"

namespace lockstep {
namespace {

/// What alerts are listed with: the store, the inventory, and the nodes that sweeps examine.
struct AlertsSetup {
  std::unique_ptr<Store> store;
  Inventory inventory;
  std::vector<std::string> watched;
};

Result<AlertsSetup> open_alerts(const Invocation& call) {
  LOCKSTEP_TRY(StoreSetup opened, open_configured_store(call));
  AlertsSetup alerts{std::move(opened.store), {}, {}};
  LOCKSTEP_TRY(alerts.inventory, load_inventory(opened.setup.config));
  LOCKSTEP_TRY(const TargetPolicy policy, make_policy(opened.setup.config, alerts.inventory, {}));
  for (const std::string& name : names_of(alerts.inventory)) {
    if (!policy.excluded_nodes.contains(name)) alerts.watched.push_back(name);
  }
  return alerts;
}

/// A node that has left the inventory may still have an alert, so that unknown names are allowed.
Result<std::optional<std::set<std::string>>> nodes_meant(const std::string& text,
                                                         const Inventory& inventory) {
  if (text.empty()) return std::optional<std::set<std::string>>();
  LOCKSTEP_TRY(const Nodeset set, parse_nodeset_with_groups(text, inventory));
  const auto names = set.names();
  return std::set<std::string>(names.begin(), names.end());
}

}  // namespace

Result<int> run_command(const cli::AlertsCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const AlertsSetup alerts, open_alerts(call));
  AlertFilter filter{.include_resolved = command.all, .include_pending = command.all, .nodes = {}};
  LOCKSTEP_TRY(filter.nodes, nodes_meant(command.nodes, alerts.inventory));
  LOCKSTEP_TRY(const control::AlertListing listing,
               control::list_alerts(*alerts.store, alerts.watched, filter, now_in_seconds()));
  LOCKSTEP_CHECK(call.console.print(command.json ? documents::alerts_json(listing)
                                                 : cli::alerts_text(listing)));
  return listing.has_news() ? cli::kDeviations : cli::kInStep;
}

Result<int> run_command(const cli::AlertActionCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const AlertsSetup alerts, open_alerts(call));
  AlertAction action{.kind = command.kind,
                     .ids = command.ids,
                     .nodes = {},
                     .person = call.person,
                     .note = command.note,
                     .duration = command.duration};
  LOCKSTEP_TRY(action.nodes, nodes_meant(command.nodes, alerts.inventory));
  LOCKSTEP_TRY(const control::AlertListing listing,
               control::act(*alerts.store, alerts.watched, action, now_in_seconds()));
  LOCKSTEP_CHECK(call.console.print(command.json ? documents::alerts_json(listing)
                                                 : cli::acted_text(listing)));
  return cli::kInStep;
}

}  // namespace lockstep
