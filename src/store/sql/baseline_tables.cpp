#include "store/sql/baseline_tables.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "base/text.h"
#include "store/sql/profile_tables.h"
#include "store/sql/rows.h"
#include "store/sql/text.h"

namespace lockstep {
namespace {

constexpr Column kBaselineColumns[] = {
    {"host_type", kMaxHostTypeBytes}, {"origin"}, {"made", 20}, {"maker", 255}};
constexpr BulkTable kBaselines = {"baselines", kBaselineColumns, 1};
constexpr Column kPortColumns[] = {
    {"host_type", kMaxHostTypeBytes}, {"port"}, {"protocol", 5}, {"service", kMaxServiceBytes}};
constexpr BulkTable kPorts = {"baseline_ports", kPortColumns, 3};
constexpr Column kOutlierColumns[] = {
    {"host_type", kMaxHostTypeBytes}, {"line_number"}, {"outlier"}};
constexpr BulkTable kOutliers = {"baseline_outliers", kOutlierColumns, 2};
constexpr Column kApprovalColumns[] = {{"host_type", kMaxHostTypeBytes},
                                       {"line_number"},
                                       {"line"},
                                       {"approved_at", 20},
                                       {"approved_by", 255}};
constexpr BulkTable kApprovals = {"approvals", kApprovalColumns, 2};

using Baselines = std::map<std::string, Baseline>;

std::unexpected<Error> corrupt_of(const char* table, std::string_view host_type,
                                  std::string_view complaint) {
  return corrupt_row(table, fmt::format("host_type {}", quoted(host_type)), complaint);
}

Result<void> read_heads(Connection& connection, Baselines& baselines) {
  return connection.bulk().read(
      "SELECT host_type, origin, made, maker FROM baselines", [&](Fields row) -> Result<void> {
        Baseline& baseline = baselines[std::string(row[0].value_or(""))];
        baseline.profile.host_type = row[0].value_or("");
        baseline.origin = row[1].value_or("");
        const std::optional<WallTime> made = parse_time(row[2].value_or(""));
        if (!made) return corrupt_of("baselines", row[0].value_or(""), "the time has no sense");
        baseline.made = *made;
        baseline.maker = row[3].value_or("");
        return {};
      });
}

Result<void> read_ports(Connection& connection, Baselines& baselines) {
  return connection.bulk().read(
      "SELECT host_type, port, protocol, service FROM baseline_ports",
      [&](Fields row) -> Result<void> {
        const std::string_view type = row[0].value_or("");
        const auto baseline = baselines.find(std::string(type));
        const std::optional<Port> port = parse_port_number(row[1].value_or(""));
        const std::optional<Protocol> protocol = parse_protocol(row[2].value_or(""));
        if (baseline == baselines.end() || !port || !protocol) {
          return corrupt_of("baseline_ports", type, "it is no port of a baseline");
        }
        baseline->second.profile.ports.push_back(
            {*port, *protocol, std::string(row[3].value_or("")), {}});
        return {};
      });
}

Result<void> read_outliers(Connection& connection, Baselines& baselines) {
  return connection.bulk().read(
      "SELECT host_type, outlier FROM baseline_outliers ORDER BY line_number",
      [&](Fields row) -> Result<void> {
        const std::string_view type = row[0].value_or("");
        const auto baseline = baselines.find(std::string(type));
        if (baseline == baselines.end()) {
          return corrupt_of("baseline_outliers", type, "there is no such baseline");
        }
        baseline->second.outliers.emplace_back(row[1].value_or(""));
        return {};
      });
}

}  // namespace

Result<std::vector<Baseline>> read_baselines(Connection& connection) {
  Baselines baselines;
  LOCKSTEP_CHECK(read_heads(connection, baselines));
  LOCKSTEP_CHECK(read_ports(connection, baselines));
  LOCKSTEP_CHECK(read_outliers(connection, baselines));
  std::vector<Baseline> result;
  for (auto& [type, baseline] : baselines) {
    std::ranges::sort(baseline.profile.ports);
    LOCKSTEP_CHECK(name_service_rules(connection, baseline.profile.ports));
    result.push_back(std::move(baseline));
  }
  return result;
}

Result<void> write_baseline(Connection& connection, const Baseline& baseline) {
  remove_baseline(connection, baseline.profile.host_type);
  Bulk& bulk = connection.bulk();
  LOCKSTEP_CHECK(bulk.upsert(kBaselines, 1, [&](std::size_t, BulkRow& row) {
    row.text(baseline.profile.host_type);
    row.text(baseline.origin);
    row.time(baseline.made);
    row.text(baseline.maker);
  }));
  const auto& ports = baseline.profile.ports;
  LOCKSTEP_CHECK(bulk.upsert(kPorts, ports.size(), [&](std::size_t i, BulkRow& row) {
    row.text(baseline.profile.host_type);
    row.number(ports[i].port);
    row.text(to_string(ports[i].protocol));
    row.text(ports[i].service);
  }));
  const auto& outliers = baseline.outliers;
  return bulk.upsert(kOutliers, outliers.size(), [&](std::size_t i, BulkRow& row) {
    row.text(baseline.profile.host_type);
    row.number(static_cast<std::int64_t>(i) + 1);
    row.text(outliers[i]);
  });
}

void remove_baseline(Connection& connection, const std::string& host_type) {
  const std::string type = storable(host_type);
  for (const char* const table : {"baseline_outliers", "baseline_ports", "baselines"}) {
    connection.sql() << "DELETE FROM " << table << " WHERE host_type = :type", soci::use(type);
  }
}

Result<std::vector<Approval>> read_approvals(Connection& connection) {
  std::map<std::string, Approval> approvals;
  LOCKSTEP_CHECK(connection.bulk().read(
      "SELECT host_type, line_number, line, approved_at, approved_by FROM approvals "
      "ORDER BY line_number",
      [&](Fields row) -> Result<void> {
        const std::string_view type = row[0].value_or("");
        Approval& approval = approvals[std::string(type)];
        approval.host_type = type;
        const std::optional<WallTime> at = parse_time(row[3].value_or(""));
        if (!at) return corrupt_of("approvals", type, "the time has no sense");
        approval.at = *at;
        approval.by = row[4].value_or("");
        if (row[1] != "0") approval.lines.emplace_back(row[2].value_or(""));
        return {};
      }));
  std::vector<Approval> result;
  for (auto& [type, approval] : approvals) result.push_back(std::move(approval));
  return result;
}

Result<void> write_approval(Connection& connection, const Approval& approval) {
  remove_approval(connection, approval.host_type);
  // Lines are numbered from 1; number 0 says that there is none.
  const bool none = approval.lines.empty();
  return connection.bulk().upsert(kApprovals, none ? 1 : approval.lines.size(),
                                  [&](std::size_t i, BulkRow& row) {
                                    row.text(approval.host_type);
                                    row.number(none ? 0 : static_cast<std::int64_t>(i) + 1);
                                    row.text(none ? std::string_view() : approval.lines[i]);
                                    row.time(approval.at);
                                    row.text(approval.by);
                                  });
}

void remove_approval(Connection& connection, const std::string& host_type) {
  const std::string type = storable(host_type);
  connection.sql() << "DELETE FROM approvals WHERE host_type = :type", soci::use(type);
}

}  // namespace lockstep
