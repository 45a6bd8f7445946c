#include "store/sql/instance_tables.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "store/sql/numbers.h"
#include "store/sql/rows.h"
#include "store/sql/text.h"

namespace lockstep {
namespace {

constexpr Column kInstanceColumns[] = {
    {"name", kMaxInstanceNameBytes}, {"settings"}, {"changed_at", 20}, {"changed_by", 255}};
constexpr BulkTable kInstances = {"instances", kInstanceColumns, 1};

constexpr Column kRunColumns[] = {{"id"},        {"instance", kMaxInstanceNameBytes},
                                  {"state", 20}, {"started", 20},
                                  {"ended", 20}, {"owner", 255},
                                  {"nodes"},     {"proven"},
                                  {"steps"},     {"steps_done"},
                                  {"probes"},    {"problem"}};
constexpr BulkTable kRuns = {"runs", kRunColumns, 1};

Result<StoredInstance> to_instance(Fields row) {
  const auto text = [&](std::size_t i) { return row[i].value_or(""); };
  auto settings = parse_settings(text(1));
  const auto changed = parse_time(text(2));
  if (!settings || !changed) {
    return corrupt_row("instances", fmt::format("name {}", quoted(text(0))),
                       settings ? "its time has no sense" : settings.error().message());
  }
  return StoredInstance{.name = std::string(text(0)),
                        .settings = std::move(*settings),
                        .changed_at = *changed,
                        .changed_by = std::string(text(3))};
}

Result<InstanceRun> to_run(Fields row) {
  const auto text = [&](std::size_t i) { return row[i].value_or(""); };
  const auto id = parse_number(text(0));
  const auto state = parse_sweep_state(text(2));
  const auto started = parse_time(text(3));
  const auto ended = parse_time(text(4));
  std::uint64_t counts[5] = {};
  bool sound = id && state && started && ended;
  for (std::size_t i = 0; i < std::size(counts); ++i) {
    const auto count = parse_number(text(6 + i));
    sound = sound && count && *count >= 0;
    counts[i] = count && *count >= 0 ? static_cast<std::uint64_t>(*count) : 0;
  }
  if (!sound) {
    return corrupt_row("runs", fmt::format("id {}", quoted(text(0))),
                       "one of its values has no sense");
  }
  InstanceRun run;
  run.id = *id;
  run.instance = text(1);
  run.state = *state;
  run.started = *started;
  run.ended = *ended;
  run.owner = text(5);
  run.nodes = counts[0];
  run.proven = counts[1];
  run.steps = counts[2];
  run.steps_done = counts[3];
  run.probes = counts[4];
  run.problem = text(11);
  return run;
}

Result<std::vector<InstanceRun>> select_runs(Connection& connection, const std::string& which) {
  std::vector<InstanceRun> runs;
  const std::string query = fmt::format("SELECT {} FROM runs {}", names_of(kRunColumns), which);
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    LOCKSTEP_TRY(InstanceRun run, to_run(row));
    runs.push_back(std::move(run));
    return {};
  }));
  return runs;
}

}  // namespace

Result<std::vector<StoredInstance>> read_instances(Connection& connection) {
  std::vector<StoredInstance> instances;
  const std::string query =
      fmt::format("SELECT {} FROM instances ORDER BY name", names_of(kInstanceColumns));
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    LOCKSTEP_TRY(StoredInstance instance, to_instance(row));
    instances.push_back(std::move(instance));
    return {};
  }));
  std::ranges::sort(instances, {}, &StoredInstance::name);
  return instances;
}

Result<void> write_instance(Connection& connection, const StoredInstance& instance) {
  const std::string settings = to_text(instance.settings);  // borrowed until the row is written
  return connection.bulk().upsert(kInstances, 1, [&](std::size_t, BulkRow& row) {
    row.text(instance.name);
    row.text(settings);
    row.time(instance.changed_at);
    row.cut_text(instance.changed_by);
  });
}

void remove_instance(Connection& connection, const std::string& name) {
  const std::string stored = storable(name);
  connection.sql() << "DELETE FROM instances WHERE name = :name", soci::use(stored);
}

Result<std::vector<InstanceRun>> read_runs(Connection& connection, std::size_t limit,
                                           std::int64_t below) {
  return select_runs(
      connection, fmt::format("WHERE id < {} ORDER BY id DESC LIMIT {}", below, to_number(limit)));
}

Result<std::vector<InstanceRun>> read_latest_runs(Connection& connection) {
  return select_runs(connection, "WHERE id IN (SELECT MAX(id) FROM runs GROUP BY instance)");
}

Result<std::int64_t> add_run(Connection& connection, InstanceRun run) {
  run.id = next_id(connection, "runs");
  LOCKSTEP_CHECK(write_run(connection, run));
  return run.id;
}

Result<bool> is_running_run(Connection& connection, std::int64_t id) {
  bool running = false;
  LOCKSTEP_CHECK(connection.bulk().read(
      fmt::format("SELECT state FROM runs WHERE id = {}", id), [&](Fields row) -> Result<void> {
        running = row[0].value_or("") == to_string(SweepState::running);
        return {};
      }));
  return running;
}

Result<void> write_run(Connection& connection, const InstanceRun& run) {
  return connection.bulk().upsert(kRuns, 1, [&](std::size_t, BulkRow& row) {
    row.number(run.id);
    row.text(run.instance);
    row.text(to_string(run.state));
    row.time(run.started);
    row.time(run.ended);
    row.cut_text(run.owner);
    row.number(to_number(run.nodes));
    row.number(to_number(run.proven));
    row.number(to_number(run.steps));
    row.number(to_number(run.steps_done));
    row.number(to_number(run.probes));
    row.text(run.problem);
  });
}

Result<void> note_lost_runs(Connection& connection,
                            const std::function<bool(const std::string& owner)>& is_alive) {
  LOCKSTEP_TRY(const std::vector<InstanceRun> running,
               select_runs(connection, "WHERE state = 'running'"));
  for (InstanceRun run : running) {
    if (is_alive(run.owner)) continue;
    run.state = SweepState::lost;
    LOCKSTEP_CHECK(write_run(connection, run));
  }
  return {};
}

}  // namespace lockstep
