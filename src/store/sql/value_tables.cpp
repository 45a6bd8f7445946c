#include "store/sql/value_tables.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "store/sql/numbers.h"
#include "store/sql/rows.h"
#include "store/sql/staged_nodes.h"
#include "store/sql/text.h"
#include "store/sql/value_point_tables.h"

namespace lockstep {
namespace {

constexpr std::size_t kMostUnitBytes = 40;

constexpr Column kColumns[] = {{"node", 255},      {"instance", 60}, {"name", kMaxValueNameBytes},
                               {"number", 40},     {"text"},         {"unit", kMostUnitBytes},
                               {"measured_at", 20}};
constexpr BulkTable kValues = {"node_values", kColumns, 3};

Result<ValueFact> to_fact(Fields row) {
  const auto text = [&](std::size_t i) { return row[i].value_or(""); };
  ValueFact fact;
  fact.seen = {.node = std::string(text(0)),
               .instance = std::string(text(1)),
               .name = std::string(text(2)),
               .value = std::string(text(4)),
               .unit = std::string(text(5))};
  const auto at = parse_time(text(6));
  const std::optional<double> number = row[3] ? parse_double(*row[3]) : std::nullopt;
  const bool sense = at && (row[3] ? number.has_value() : row[4].has_value());
  if (!sense) {
    return corrupt_row("node_values",
                       fmt::format("node {}, instance {}, name {}", quoted(text(0)),
                                   quoted(text(1)), quoted(text(2))),
                       "its number, its text or its time has no sense");
  }
  if (number) fact.seen.value = *number;
  fact.at = *at;
  return fact;
}

/// Of texts that are not harmless, all rows are read.
std::string query_for(const WantedValues& wanted) {
  std::string query = fmt::format("SELECT {} FROM node_values WHERE 1 = 1", names_of(kColumns));
  if (!wanted.instance.empty() && is_harmless(wanted.instance)) {
    query += fmt::format(" AND instance = '{}'", wanted.instance);
  }
  if (!wanted.node.empty() && is_harmless(wanted.node)) {
    query += fmt::format(" AND node = '{}'", wanted.node);
  }
  if (wanted.since) query += fmt::format(" AND measured_at >= '{}'", to_text(*wanted.since));
  return query;
}

Result<void> check(const ValueHarvest& harvest, const std::vector<std::string>& nodes) {
  for (const ValueObservation& value : harvest.values) {
    const double* const number = std::get_if<double>(&value.value);
    const bool good = value.instance == harvest.instance && !value.name.empty() &&
                      std::ranges::binary_search(nodes, storable(value.node)) &&
                      (number == nullptr || std::isfinite(*number));
    if (good) continue;
    return fail(ErrorKind::invalid,
                fmt::format("the value {} of {} is of another instance or node, or not finite",
                            quoted(value.name), quoted(value.node)));
  }
  return {};
}

}  // namespace

Result<std::vector<ValueFact>> read_values(Connection& connection, const WantedValues& wanted) {
  std::vector<ValueFact> facts;
  const std::string instance = storable(wanted.instance);
  const std::string node = storable(wanted.node);
  LOCKSTEP_CHECK(connection.bulk().read(query_for(wanted), [&](Fields row) -> Result<void> {
    if (!instance.empty() && row[1] != instance) return {};
    if (!node.empty() && row[0] != node) return {};
    LOCKSTEP_TRY(ValueFact fact, to_fact(row));
    facts.push_back(std::move(fact));
    return {};
  }));
  // By bytes, whatever the database's collation.
  std::ranges::sort(facts, {}, [](const ValueFact& fact) {
    return std::tie(fact.seen.node, fact.seen.instance, fact.seen.name);
  });
  return facts;
}

Result<void> write_values(Connection& connection, const ValueHarvest& harvest) {
  std::vector<std::string> nodes;
  for (const std::string& node : harvest.nodes) nodes.push_back(storable(node));
  std::ranges::sort(nodes);
  const auto doubled = std::ranges::unique(nodes);
  nodes.erase(doubled.begin(), doubled.end());
  LOCKSTEP_CHECK(check(harvest, nodes));

  const std::vector<std::string_view> views(nodes.begin(), nodes.end());
  LOCKSTEP_CHECK(stage_nodes(connection, views));
  LOCKSTEP_CHECK(write_value_points(connection, harvest));
  const std::string instance = storable(harvest.instance);
  connection.sql() << "DELETE FROM node_values WHERE instance = :instance AND " << kOfStagedNodes,
      soci::use(instance);
  drop_staged_nodes(connection);

  std::map<std::pair<std::string, std::string>, const ValueObservation*> unique;
  for (const ValueObservation& value : harvest.values) {
    unique[{storable(value.node), std::string(cut_to(storable(value.name), kMaxValueNameBytes))}] =
        &value;
  }
  std::vector<decltype(unique)::value_type> rows(unique.begin(), unique.end());
  std::string number;
  return connection.bulk().upsert(kValues, rows.size(), [&](std::size_t i, BulkRow& row) {
    const ValueObservation& value = *rows[i].second;
    row.text(rows[i].first.first);
    row.text(instance);
    row.text(rows[i].first.second);
    if (const double* const held = std::get_if<double>(&value.value)) {
      number = fmt::format("{}", *held);  // the shortest that reads the same
      row.text(number);
      row.null();
    } else {
      row.null();
      row.text(std::get<std::string>(value.value));
    }
    row.cut_text(value.unit);
    row.time(harvest.now);
  });
}

}  // namespace lockstep
