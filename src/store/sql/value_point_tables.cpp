#include "store/sql/value_point_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <soci/soci.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "store/sql/numbers.h"
#include "store/sql/rows.h"
#include "store/sql/staged_nodes.h"
#include "store/sql/text.h"
#include "store/sql/texts.h"

namespace lockstep {
namespace {

// The slot first: what is written is at one end of the table and what is taken away at the other,
// and a node is found by one search a slot. A slot has one point of a value, the first.
constexpr Column kColumns[] = {{"slot"},         {"node", 255},
                               {"instance", 60}, {"name", kMaxValueNameBytes},
                               {"measured_at"},  {"number", 40}};
constexpr BulkTable kPoints = {"value_points", kColumns, 4, true};

/// The longest period of a query: each slot is a search.
constexpr std::int64_t kMostSlots = std::chrono::days(10) / kPointSlot;

std::int64_t seconds_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::int64_t slot_of(WallTime time) {
  return seconds_of(time) / kPointSlot.count();
}

WallTime start_of(std::int64_t slot) {
  return WallTime(kPointSlot * slot);
}

/// The nodes that were measured in this slot already.
std::set<std::string> measured_nodes(Connection& connection, const ValueHarvest& harvest) {
  const std::string query = fmt::format(
      "SELECT DISTINCT node FROM node_values WHERE instance = :instance AND measured_at >= '{}' "
      "AND measured_at < '{}' AND {}",
      to_text(start_of(slot_of(harvest.now))), to_text(start_of(slot_of(harvest.now) + 1)),
      kOfStagedNodes);
  std::set<std::string> nodes;
  for (auto& row : select_texts(connection.sql(), query, 1, storable(harvest.instance))) {
    nodes.insert(std::move(row.front()));
  }
  return nodes;
}

using Key = std::pair<std::string, std::string>;

std::vector<std::pair<Key, double>> numbers_of(const ValueHarvest& harvest,
                                               const std::set<std::string>& done) {
  std::map<Key, double> numbers;
  for (const ValueObservation& value : harvest.values) {
    const double* const number = std::get_if<double>(&value.value);
    std::string node = storable(value.node);
    if (number == nullptr || done.contains(node)) continue;
    const std::string name(cut_to(storable(value.name), kMaxValueNameBytes));
    numbers[{std::move(node), name}] = *number;
  }
  return {numbers.begin(), numbers.end()};
}

/// What a name may be made of (model/value.h), and may stand in a statement.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-/:[]").find(c) != std::string_view::npos;
  });
}

/// Those of other texts are picked afterwards.
std::string condition(std::string_view column, const std::string& text) {
  if (text.empty() || !is_plain(text)) return {};
  return fmt::format(" AND {} = '{}'", column, text);
}

std::string query_of(const PointQuery& query) {
  const std::int64_t last = slot_of(query.period.to);
  const std::int64_t first = std::max(slot_of(query.period.from), last - kMostSlots);
  std::vector<std::int64_t> slots;
  for (std::int64_t slot = first; slot <= last; ++slot) slots.push_back(slot);
  return fmt::format(
      "SELECT instance, name, measured_at, number FROM value_points WHERE slot IN ({}) AND "
      "node = :node AND measured_at BETWEEN {} AND {}{}{} ORDER BY slot DESC LIMIT {}",
      fmt::join(slots, ", "), seconds_of(query.period.from), seconds_of(query.period.to),
      condition("instance", query.instance), condition("name", query.name), to_number(query.limit));
}

Result<ValuePoint> to_point(const std::vector<std::string>& row) {
  const auto at = parse_number(row[2]);
  const auto number = parse_double(row[3]);
  if (at && number) {
    return ValuePoint{row[0], row[1], WallTime(std::chrono::seconds(*at)), *number};
  }
  return corrupt_row(kPoints.name,
                     fmt::format("instance {}, name {}", quoted(row[0]), quoted(row[1])),
                     "its number or its time has no sense");
}

}  // namespace

Result<void> write_value_points(Connection& connection, const ValueHarvest& harvest) {
  if (harvest.values.empty()) return {};
  const auto numbers = numbers_of(harvest, measured_nodes(connection, harvest));
  // As many go as come: a day of them at once would hold up everybody.
  if (!numbers.empty()) prune_value_points(connection, harvest.now - Retention{}.points);
  const std::int64_t slot = slot_of(harvest.now);
  const std::string instance = storable(harvest.instance);
  std::string number;
  return connection.bulk().upsert(kPoints, numbers.size(), [&](std::size_t i, BulkRow& row) {
    row.number(slot);
    row.text(numbers[i].first.first);
    row.text(instance);
    row.text(numbers[i].first.second);
    row.number(seconds_of(harvest.now));
    number = fmt::format("{}", numbers[i].second);
    row.text(number);
  });
}

Result<std::vector<ValuePoint>> read_value_points(Connection& connection, const PointQuery& query) {
  std::vector<ValuePoint> points;
  if (query.period.to < query.period.from) return points;
  const auto rows = select_texts(connection.sql(), query_of(query), 4, storable(query.node));
  for (const auto& row : rows) {
    LOCKSTEP_TRY(ValuePoint point, to_point(row));
    const bool meant = (query.instance.empty() || point.instance == query.instance) &&
                       (query.name.empty() || point.name == query.name);
    if (meant) points.push_back(std::move(point));
  }
  std::ranges::sort(points);
  return points;
}

std::size_t prune_value_points(Connection& connection, WallTime before) {
  const auto oldest = select_texts(connection.sql(), "SELECT MIN(slot) FROM value_points", 1);
  const auto slot = oldest.empty() ? std::nullopt : parse_number(oldest.front().front());
  if (!slot || *slot >= slot_of(before)) return 0;
  soci::statement erase =
      (connection.sql().prepare << fmt::format("DELETE FROM value_points WHERE slot = {}", *slot));
  erase.execute(true);
  return static_cast<std::size_t>(std::max(erase.get_affected_rows(), 0LL));
}

}  // namespace lockstep
