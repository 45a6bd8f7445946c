#include "app/commands.h"
#include "app/console.h"
#include "app/session.h"
#include "cli/exit_status.h"
#include "cli/json.h"
#include "cli/render.h"
#include "control/alert_use_cases.h"
#include "control/scan_targets.h"
#include "proc/identity.h"

namespace lockstep {
namespace {

/// A node that has left the inventory may still have an alert, so that unknown names are allowed.
Result<std::optional<std::set<std::string>>> nodes_meant(const std::string& text,
                                                         const Config& config) {
  if (text.empty()) return std::optional<std::set<std::string>>();
  LOCKSTEP_TRY(const Inventory inventory, load_inventory(config));
  LOCKSTEP_TRY(const Nodeset set, parse_nodeset_with_groups(text, inventory));
  const auto names = set.names();
  return std::set<std::string>(names.begin(), names.end());
}

}  // namespace

Result<int> run_command(const cli::AlertsCommand& command, const std::string& config) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(config));
  AlertFilter filter{.include_resolved = command.all, .include_pending = command.all, .nodes = {}};
  LOCKSTEP_TRY(filter.nodes, nodes_meant(command.nodes, opened.setup.config));
  LOCKSTEP_TRY(const control::AlertListing listing,
               control::list_alerts(*opened.store, filter, now_in_seconds()));
  LOCKSTEP_CHECK(print(command.json ? cli::alerts_json(listing) : cli::alerts_text(listing)));
  return listing.has_news() ? cli::kDeviations : cli::kInStep;
}

Result<int> run_command(const cli::AlertActionCommand& command, const std::string& config) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(config));
  AlertAction action{.kind = command.kind,
                     .ids = command.ids,
                     .nodes = {},
                     .person = own_user_name(),
                     .note = command.note,
                     .duration = command.duration};
  LOCKSTEP_TRY(action.nodes, nodes_meant(command.nodes, opened.setup.config));
  LOCKSTEP_TRY(const control::AlertListing listing,
               control::act(*opened.store, action, now_in_seconds()));
  LOCKSTEP_CHECK(print(command.json ? cli::alerts_json(listing) : cli::acted_text(listing)));
  return cli::kInStep;
}

}  // namespace lockstep
