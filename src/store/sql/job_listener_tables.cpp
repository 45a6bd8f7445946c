#include "store/sql/job_listener_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "store/sql/rows.h"
#include "store/sql/text.h"

namespace lockstep {
namespace {

constexpr std::string_view kBetweenJobs = ", ";

constexpr Column kColumns[] = {{"node", 255}, {"network", 255}, {"protocol", 5},
                               {"port"},      {"jobs"},         {"since", 20}};
constexpr BulkTable kJobListeners = {"job_listeners", kColumns, 4};

std::vector<std::string> jobs_in(std::string_view text) {
  std::vector<std::string> jobs;
  while (!text.empty()) {
    const std::size_t end = text.find(kBetweenJobs);
    jobs.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + kBetweenJobs.size());
  }
  return jobs;
}

Result<JobListener> to_listener(Fields row) {
  const auto text = [&](std::size_t i) { return row[i].value_or(""); };
  const auto protocol = parse_protocol(text(2));
  const auto port = parse_port_number(text(3));
  const auto since = parse_time(text(5));
  if (!protocol || !port || !since) {
    return corrupt_row("job_listeners",
                       fmt::format("node {}, port {}", quoted(text(0)), quoted(text(3))),
                       "one of its values has no sense");
  }
  return JobListener{.node = std::string(text(0)),
                     .network = std::string(text(1)),
                     .protocol = *protocol,
                     .port = *port,
                     .jobs = jobs_in(text(4)),
                     .since = *since};
}

/// As they stand in the table, one a place: the last one.
std::vector<JobListener> stored_form(std::span<const JobListener> listeners) {
  std::map<std::tuple<std::string, std::string, Protocol, Port>, JobListener> by_place;
  for (const JobListener& each : listeners) {
    JobListener row = each;
    row.node = storable(each.node);
    row.network = storable(each.network);
    by_place.insert_or_assign({row.node, row.network, row.protocol, row.port}, row);
  }
  std::vector<JobListener> rows;
  for (auto& [place, row] : by_place) rows.push_back(std::move(row));
  return rows;
}

void fill_place(const JobListener& listener, BulkRow& row) {
  row.text(listener.node);
  row.text(listener.network);
  row.text(to_string(listener.protocol));
  row.number(listener.port);
}

}  // namespace

Result<std::vector<JobListener>> read_job_listeners(Connection& connection) {
  std::vector<JobListener> listeners;
  const std::string query = fmt::format("SELECT {} FROM job_listeners", names_of(kColumns));
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    LOCKSTEP_TRY(JobListener listener, to_listener(row));
    listeners.push_back(std::move(listener));
    return {};
  }));
  if (!std::ranges::is_sorted(listeners)) std::ranges::sort(listeners);
  return listeners;
}

Result<void> change_job_listeners(Connection& connection, std::span<const JobListener> gone,
                                  std::span<const JobListener> tied) {
  const std::vector<JobListener> away = stored_form(gone);
  LOCKSTEP_CHECK(connection.bulk().erase(
      kJobListeners, away.size(), [&](std::size_t i, BulkRow& row) { fill_place(away[i], row); }));
  const std::vector<JobListener> rows = stored_form(tied);
  std::string jobs;
  return connection.bulk().upsert(kJobListeners, rows.size(), [&](std::size_t i, BulkRow& row) {
    fill_place(rows[i], row);
    jobs = fmt::format("{}", fmt::join(rows[i].jobs, kBetweenJobs));
    row.text(jobs);
    row.time(rows[i].since);
  });
}

}  // namespace lockstep
