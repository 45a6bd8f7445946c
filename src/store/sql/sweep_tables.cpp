#include "store/sql/sweep_tables.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "model/nodeset.h"
#include "store/sql/numbers.h"
#include "store/sql/rows.h"
#include "store/sql/text.h"

namespace lockstep {
namespace {

constexpr Column kColumns[] = {{"id"},         {"state", 20}, {"started", 20}, {"ended", 20},
                               {"nodes"},      {"port_set"},  {"owner", 255},  {"host", 255},
                               {"method", 60}, {"probes"},    {"node_count"},  {"proven"},
                               {"problem"},    {"run"}};
constexpr BulkTable kSweeps = {"sweeps", kColumns, 1};
constexpr Column kPortSetColumns[] = {{"id"}, {"ports"}};
constexpr BulkTable kPortSets = {"port_sets", kPortSetColumns, 1};

/// More nodes than the parser of what people type allows; all of these were names before.
constexpr std::uint64_t kMostNodes = std::numeric_limits<std::int32_t>::max();

std::unexpected<Error> corrupt_sweep(Fields row, std::string_view complaint) {
  return corrupt_row("sweeps", fmt::format("id {}", quoted(row[0].value_or(""))), complaint);
}

Result<StoredSweep> to_sweep(Fields row) {
  const auto text = [&](std::size_t i) { return row[i].value_or(""); };
  const auto id = parse_number(text(0));
  const auto state = parse_sweep_state(text(1));
  const auto started = parse_time(text(2));
  const auto ended = parse_time(text(3));
  const auto port_set = parse_number(text(5));
  const auto probes = parse_number(text(9));
  const auto node_count = parse_number(text(10));
  const auto proven = parse_number(text(11));
  if (!id || !state || !started || !ended || !port_set) {
    return corrupt_sweep(row, "its state or one of its times has no sense");
  }
  if (!probes || *probes < 0 || !node_count || *node_count < 0 || !proven || *proven < 0) {
    return corrupt_sweep(row, "one of its counts has no sense");
  }
  StoredSweep sweep;
  sweep.port_set = *port_set;
  sweep.info.id = *id;
  sweep.info.state = *state;
  sweep.info.started = *started;
  sweep.info.ended = *ended;
  sweep.info.nodes = text(4);
  sweep.info.owner = text(6);
  sweep.info.host = text(7);
  sweep.info.method = text(8);
  sweep.info.probes = static_cast<std::uint64_t>(*probes);
  sweep.info.node_count = static_cast<std::size_t>(*node_count);
  sweep.info.proven = static_cast<std::size_t>(*proven);
  sweep.info.problem = text(12);
  sweep.info.run = parse_number(text(13)).value_or(0);
  sweep.info.ports = text(14);
  return sweep;
}

/// `which` is a condition, an order, or both.
Result<std::vector<StoredSweep>> select_sweeps(Connection& connection, std::string_view which) {
  std::vector<StoredSweep> sweeps;
  const std::string query = fmt::format(
      "SELECT s.id, state, started, ended, nodes, port_set, owner, host, method, probes, "
      "node_count, proven, problem, run, ports FROM sweeps s JOIN port_sets p ON p.id = port_set "
      "{}",
      which);
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    LOCKSTEP_TRY(StoredSweep sweep, to_sweep(row));
    sweeps.push_back(std::move(sweep));
    return {};
  }));
  return sweeps;
}

/// The id of the set of ports, written if it is new. There are few sets, and their texts can be
/// too long for an index.
Result<std::int64_t> intern_ports(Connection& connection, const PortSets& ports) {
  const std::string text = ports.to_string();
  std::optional<std::int64_t> found;
  LOCKSTEP_CHECK(connection.bulk().read("SELECT id, ports FROM port_sets ORDER BY id DESC",
                                        [&](Fields row) -> Result<void> {
                                          if (!found && row[1] == text)
                                            found = parse_number(row[0].value_or(""));
                                          return {};
                                        }));
  if (found) return *found;
  const std::int64_t id = next_id(connection, "port_sets");
  LOCKSTEP_CHECK(connection.bulk().upsert(kPortSets, 1, [&](std::size_t, BulkRow& row) {
    row.number(id);
    row.text(text);
  }));
  return id;
}

Result<Nodeset> unfold(std::string_view text) {
  NodesetOptions options;
  options.max_nodes = kMostNodes;
  return parse_nodeset(text, options);
}

/// The folded nodes of a claim, which name the same nodes when they are read again.
Result<std::string> fold(const Nodeset& nodes) {
  std::string text = nodes.fold();
  const Result<Nodeset> again = unfold(text);
  if (again && *again == nodes) return text;
  return fail(ErrorKind::invalid,
              fmt::format("one of the nodes {} has a name that a nodeset cannot hold; rename it",
                          quoted(text)));
}

/// A slow sweep by UDP holds up none by TCP.
bool share_a_protocol(const PortSets& a, const PortSets& b) {
  return std::ranges::any_of(kProtocols, [&](Protocol protocol) {
    return !a.of(protocol).empty() && !b.of(protocol).empty();
  });
}

Result<void> check_apart(const StoredSweep& other, const SweepClaim& claim, const Nodeset& nodes) {
  const Result<PortSets> ports = parse_port_sets(other.info.ports);
  if (ports && !share_a_protocol(*ports, claim.ports)) return {};
  const Result<Nodeset> busy = unfold(other.info.nodes);
  if (!busy) {
    return corrupt_row("sweeps", fmt::format("id {}", other.info.id), busy.error().message());
  }
  const Nodeset common = *busy & nodes;
  if (common.empty()) return {};
  return fail(
      ErrorKind::unavailable,
      fmt::format("sweep {}, which {} on {} began at {}, still asks {} of these nodes, {} "
                  "among them: wait for it, or end it",
                  other.info.id, quoted(other.info.owner), quoted(other.info.host),
                  to_text(other.info.started), common.size(), quoted(common.sorted().front())));
}

Result<void> write_lost(Connection& connection, StoredSweep sweep) {
  sweep.info.state = SweepState::lost;
  return write_sweep(connection, sweep);
}

/// Takes the dead for lost, and finds the living in the way.
Result<void> clear_way(Connection& connection, const SweepClaim& claim, const Nodeset& nodes,
                       const std::function<bool(const SweepInfo&)>& is_alive) {
  LOCKSTEP_TRY(const std::vector<StoredSweep> running,
               select_sweeps(connection, "WHERE state = 'running' ORDER BY s.id"));
  for (const StoredSweep& other : running) {
    if (is_alive(other.info)) {
      LOCKSTEP_CHECK(check_apart(other, claim, nodes));
    } else {
      LOCKSTEP_CHECK(write_lost(connection, other));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<SweepInfo>> read_sweeps(Connection& connection, std::size_t limit,
                                           std::int64_t below) {
  LOCKSTEP_TRY(const auto stored,
               select_sweeps(connection, fmt::format("WHERE s.id < {} ORDER BY s.id DESC LIMIT {}",
                                                     below, to_number(limit))));
  std::vector<SweepInfo> sweeps;
  for (const StoredSweep& each : stored) sweeps.push_back(each.info);
  return sweeps;
}

Result<std::vector<SweepInfo>> read_finished_sweeps(Connection& connection, const Period& period,
                                                    std::int64_t below, std::size_t limit) {
  LOCKSTEP_TRY(
      const auto stored,
      select_sweeps(connection, fmt::format("WHERE state = 'finished' AND s.id < {} AND ended "
                                            "BETWEEN '{}' AND '{}' ORDER BY s.id DESC LIMIT {}",
                                            below, to_text(period.from), to_text(period.to),
                                            to_number(limit))));
  std::vector<SweepInfo> sweeps;
  for (const StoredSweep& each : stored) sweeps.push_back(each.info);
  return sweeps;
}

Result<StoredSweep> running_sweep(Connection& connection, std::int64_t id) {
  LOCKSTEP_TRY(auto found, select_sweeps(connection, fmt::format("WHERE s.id = {}", id)));
  if (found.empty()) return fail(ErrorKind::not_found, fmt::format("there is no sweep {}", id));
  if (found.front().info.state == SweepState::running) return std::move(found.front());
  return fail(ErrorKind::not_found, fmt::format("sweep {} is not running: it is {}", id,
                                                to_string(found.front().info.state)));
}

Result<std::int64_t> add_sweep(Connection& connection, const SweepClaim& claim,
                               const std::function<bool(const SweepInfo&)>& is_alive) {
  const auto has_zero = [&](Protocol protocol) { return claim.ports.of(protocol).contains(0); };
  if (std::ranges::any_of(kProtocols, has_zero))
    return fail(ErrorKind::invalid, "port 0 is never scanned");
  const Nodeset nodes(claim.nodes);
  LOCKSTEP_TRY(std::string folded, fold(nodes));
  LOCKSTEP_CHECK(clear_way(connection, claim, nodes, is_alive));
  StoredSweep sweep;
  LOCKSTEP_TRY(sweep.port_set, intern_ports(connection, claim.ports));
  sweep.info.id = next_id(connection, "sweeps");
  sweep.info.started = sweep.info.ended = claim.started;
  sweep.info.nodes = std::move(folded);
  sweep.info.owner = claim.owner;
  sweep.info.host = claim.host;
  sweep.info.node_count = nodes.size();
  sweep.info.run = claim.run;
  LOCKSTEP_CHECK(write_sweep(connection, sweep));
  return sweep.info.id;
}

Result<void> write_sweep(Connection& connection, const StoredSweep& sweep) {
  return connection.bulk().upsert(kSweeps, 1, [&](std::size_t, BulkRow& row) {
    row.number(sweep.info.id);
    row.text(to_string(sweep.info.state));
    row.time(sweep.info.started);
    row.time(sweep.info.ended);
    row.text(sweep.info.nodes);
    row.number(sweep.port_set);
    row.text(sweep.info.owner);
    row.text(sweep.info.host);
    row.text(sweep.info.method);
    row.number(to_number(sweep.info.probes));
    row.number(to_number(sweep.info.node_count));
    row.number(to_number(sweep.info.proven));
    row.text(sweep.info.problem);
    if (sweep.info.run > 0) {
      row.number(sweep.info.run);
    } else {
      row.null();
    }
  });
}

}  // namespace lockstep
