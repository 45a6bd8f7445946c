#include "store/sql/retention.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "store/sql/rows.h"
#include "store/sql/staged_nodes.h"

namespace lockstep {
namespace {

// Times are texts that sort, made by us: no text from outside comes into these statements.

std::size_t run(Connection& connection, const std::string& statement) {
  soci::statement prepared = (connection.sql().prepare << statement);
  prepared.execute(true);
  return static_cast<std::size_t>(std::max(prepared.get_affected_rows(), 0LL));
}

std::size_t delete_from(Connection& connection, std::string_view table,
                        const std::string& condition) {
  return run(connection, fmt::format("DELETE FROM {} WHERE {}", table, condition));
}

/// The greatest id, for a DELETE from the same table: MySQL takes that from a table of its own
/// alone.
std::string latest_of(std::string_view table) {
  return fmt::format("(SELECT id FROM (SELECT MAX(id) AS id FROM {}) latest)", table);
}

std::size_t prune_sweeps(Connection& connection, const std::string& before,
                         const std::string& steps_before) {
  const std::size_t count = delete_from(
      connection, "sweeps",
      fmt::format("state <> 'running' AND (ended < '{}' OR (run <> 0 AND ended < '{}')) AND "
                  "id < {} AND "
                  "id NOT IN (SELECT DISTINCT sweep FROM looks)",
                  before, steps_before, latest_of("sweeps")));
  delete_from(connection, "port_sets",
              "id NOT IN (SELECT port_set FROM sweeps) AND "
              "id NOT IN (SELECT DISTINCT port_set FROM looks)");
  return count;
}

/// The latest stays: no id is given twice.
void prune_events(Connection& connection, const std::string& before) {
  delete_from(connection, "events",
              fmt::format("happened_at < '{}' AND id < {}", before, latest_of("events")));
}

/// Those that are done; the latest stays, as of events.
void prune_outbox(Connection& connection, const std::string& before) {
  delete_from(
      connection, "outbox",
      fmt::format("state <> 'waiting' AND due < '{}' AND id < {}", before, latest_of("outbox")));
}

void prune_maintenance(Connection& connection, const std::string& before) {
  delete_from(connection, "maintenance",
              fmt::format("(ends < '{}' OR removed < '{}') AND id < {}", before, before,
                          latest_of("maintenance")));
}

void prune_runs(Connection& connection, const std::string& before) {
  delete_from(connection, "runs",
              fmt::format("state <> 'running' AND ended < '{}' AND id NOT IN "
                          "(SELECT id FROM (SELECT MAX(id) AS id FROM runs GROUP BY instance) "
                          "latest)",
                          before));
  delete_from(connection, "audit",
              fmt::format("happened_at < '{}' AND id < {}", before, latest_of("audit")));
}

std::size_t prune_alerts(Connection& connection, const std::string& before) {
  return delete_from(connection, "alerts",
                     fmt::format("status = '{}' AND changed < '{}' AND id < {}",
                                 to_string(AlertStatus::resolved), before, latest_of("alerts")));
}

/// The nodes that are not in the inventory, and of which nothing is newer than `before`; none where
/// there is no inventory. By NOT EXISTS: PostgreSQL may take hours over a large NOT IN.
Result<std::vector<std::string>> departed_nodes(Connection& connection, const std::string& before) {
  std::vector<std::string> nodes;
  const std::string query = fmt::format(
      "SELECT node FROM (SELECT node, looked AS latest FROM looks UNION ALL "
      "SELECT node, since AS latest FROM port_states UNION ALL "
      "SELECT node, asked_at AS latest FROM services) seen "
      "WHERE EXISTS (SELECT 1 FROM nodes) AND "
      "NOT EXISTS (SELECT 1 FROM nodes WHERE nodes.name = seen.node) "
      "GROUP BY node HAVING MAX(latest) < '{}'",
      before);
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    nodes.emplace_back(row[0].value_or(""));
    return {};
  }));
  return nodes;
}

Result<void> prune_departed(Connection& connection, const std::string& before, Pruned& pruned) {
  LOCKSTEP_TRY(const std::vector<std::string> nodes, departed_nodes(connection, before));
  if (nodes.empty()) return {};
  const std::vector<std::string_view> views(nodes.begin(), nodes.end());
  LOCKSTEP_CHECK(stage_nodes(connection, views));
  pruned.looks = delete_from(connection, "looks", kOfStagedNodes);
  pruned.port_states = delete_from(connection, "port_states", kOfStagedNodes);
  pruned.services = delete_from(connection, "services", kOfStagedNodes);
  delete_from(connection, "service_keys", kOfStagedNodes);
  delete_from(connection, "job_listeners", kOfStagedNodes);
  drop_staged_nodes(connection);
  return {};
}

}  // namespace

Result<Pruned> prune_all(Connection& connection, WallTime now, const Retention& retention) {
  const std::string history = to_text(now - retention.history);
  Pruned pruned;
  pruned.values = delete_from(connection, "node_values",
                              fmt::format("measured_at < '{}'", to_text(now - retention.departed)));
  pruned.reported_looks =
      delete_from(connection, "reported_looks",
                  fmt::format("looked < '{}'", to_text(now - retention.departed)));
  pruned.reported_ports = delete_from(connection, "reported_ports",
                                      "NOT EXISTS (SELECT 1 FROM reported_looks WHERE "
                                      "reported_looks.node = reported_ports.node AND "
                                      "reported_looks.instance = reported_ports.instance)");
  // Looks first: a sweep stays as long as one is of it.
  LOCKSTEP_CHECK(prune_departed(connection, to_text(now - retention.departed), pruned));
  pruned.sweeps = prune_sweeps(connection, history, to_text(now - retention.steps));
  prune_runs(connection, history);
  prune_events(connection, to_text(now - retention.events));
  prune_outbox(connection, to_text(now - retention.events));
  prune_maintenance(connection, to_text(now - retention.events));
  pruned.alerts = prune_alerts(connection, history);
  const std::string changes = to_text(now - retention.changes);
  pruned.changes =
      delete_from(connection, "port_changes", fmt::format("happened_at < '{}'", changes));
  pruned.spans = delete_from(connection, "alert_spans", fmt::format("ended < '{}'", changes));
  return pruned;
}

}  // namespace lockstep
