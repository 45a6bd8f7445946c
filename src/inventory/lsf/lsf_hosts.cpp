#include "inventory/lsf/lsf_hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/text.h"
#include "inventory/json/json_document.h"

namespace lockstep {
namespace {

using enum SchedulerState;

struct Rule {
  std::string_view word;
  SchedulerState without_jobs;
  SchedulerState with_jobs;
};

constexpr Rule kRules[] = {
    {"ok", idle, mixed},
    {"closed", drained, draining},
    {"closed_Adm", drained, draining},
    {"closed_Busy", idle, mixed},  // by its load, whoever makes it
    {"closed_Excl", allocated, allocated},
    {"closed_cu_excl", allocated, allocated},
    {"closed_Full", allocated, allocated},
    {"closed_EGO", allocated, allocated},
    {"closed_LIM", down, down},
    {"closed_Lock", drained, draining},
    {"closed_Wind", drained, draining},
    {"closed_RC", drained, draining},
    {"unavail", down, down},
    {"unreach", down, down},
    {"unlicensed", drained, draining},
};

NodeSchedule host_of(std::string_view name, std::string_view status, std::string_view jobs) {
  NodeSchedule host;
  host.node = trimmed(name);
  status = trimmed(status);
  jobs = trimmed(jobs);
  const bool held = !jobs.empty() && jobs != "0" && jobs != "-";
  for (const Rule& rule : kRules) {
    if (rule.word == status) host.state = held ? rule.with_jobs : rule.without_jobs;
  }
  host.responding = host.state != down;
  // The word tells more than we keep.
  if (status != "ok") host.reason = status;
  return host;
}

Result<std::vector<NodeSchedule>> read_hosts(const JsonValue& root) {
  LOCKSTEP_TRY(const JsonValue records, root.member("RECORDS"));
  LOCKSTEP_TRY(const std::vector<JsonValue> items, records.items());
  std::vector<NodeSchedule> result;
  for (const JsonValue& item : items) {
    LOCKSTEP_TRY(const JsonValue name, item.member("HOST_NAME"));
    LOCKSTEP_TRY(const std::string host, name.text());
    LOCKSTEP_TRY(const JsonValue status, item.member("STATUS"));
    LOCKSTEP_TRY(const std::string word, status.text());
    LOCKSTEP_TRY(const JsonValue count, item.member("NJOBS"));
    LOCKSTEP_TRY(const std::string jobs, count.text());
    result.push_back(host_of(host, word, jobs));
  }
  return result;
}

}  // namespace

Result<std::vector<NodeSchedule>> parse_lsf_json(std::string_view text) {
  LOCKSTEP_TRY(const JsonDocument document, JsonDocument::parse(text));
  return read_hosts(document.root());
}

Result<std::vector<NodeSchedule>> parse_lsf_text(std::string_view text) {
  std::vector<NodeSchedule> result;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (trimmed(line).empty() || line.starts_with("HOST_NAME|")) continue;
    const std::vector<std::string_view> fields = split(line, '|');
    if (fields.size() != 3 || trimmed(fields[0]).empty()) {
      return fail(
          ErrorKind::invalid,
          fmt::format("line {} is {}, where HOST|STATUS|JOBS is expected", number, quoted(line)));
    }
    result.push_back(host_of(fields[0], fields[1], fields[2]));
  }
  return result;
}

}  // namespace lockstep
