#include "inventory/pbs/pbs_nodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "base/text.h"
#include "inventory/json/json_document.h"

namespace lockstep {
namespace {

using enum SchedulerState;

/// The words of a state that decide, the first that is there does.
struct Rule {
  std::string_view word;
  SchedulerState without_jobs;
  SchedulerState with_jobs;
};

constexpr Rule kRules[] = {
    {"sleep", powered_down, powered_down},
    {"provisioning", rebooting, rebooting},
    {"wait-provisioning", rebooting, rebooting},
    {"initializing", rebooting, rebooting},
    {"down", down, down},
    {"stale", down, down},
    {"unresolvable", down, down},
    {"state-unknown", unknown, unknown},
    {"unknown", unknown, unknown},
    {"maintenance", maintenance, maintenance},
    {"offline", drained, draining},
    {"job-exclusive", allocated, allocated},
    {"job-busy", allocated, allocated},
    {"resv-exclusive", reserved, mixed},
    {"busy", mixed, mixed},
    {"free", idle, mixed},
};

SchedulerState state_of(std::string_view text, bool jobs) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split(text, ',')) words.push_back(trimmed(word));
  for (const Rule& rule : kRules) {
    if (std::ranges::find(words, rule.word) == words.end()) continue;
    return jobs ? rule.with_jobs : rule.without_jobs;
  }
  return unknown;
}

bool is_free(SchedulerState state) {
  return state == idle || state == reserved || state == drained;
}

bool is_held(SchedulerState state) {
  return state == mixed || state == allocated || state == draining;
}

/// Of two parts of a host: what is held counts, and what is out of order.
SchedulerState together(SchedulerState a, SchedulerState b) {
  if (a == b) return a;
  if (is_held(a) || is_held(b)) return mixed;
  return is_free(a) ? b : a;
}

/// The hosts of an answer, of their parts.
class Hosts {
 public:
  void add(const std::string& part, std::string_view state, NodeSchedule said) {
    said.node = part.substr(0, part.find('['));
    said.state = state_of(state, !said.jobs.empty());
    said.responding = said.state != down && said.state != unknown;
    const auto [place, is_new] = hosts_.try_emplace(said.node, said);
    if (is_new) return;
    NodeSchedule& host = place->second;
    host.state = together(host.state, said.state);
    host.responding = host.responding && said.responding;
    host.jobs.insert(host.jobs.end(), said.jobs.begin(), said.jobs.end());
    host.partitions.insert(host.partitions.end(), said.partitions.begin(), said.partitions.end());
    if (host.reason.empty()) host.reason = said.reason;
    host.since = std::max(host.since, said.since);
  }

  std::vector<NodeSchedule> all() const {
    std::vector<NodeSchedule> result;
    for (const auto& [name, host] : hosts_) result.push_back(host);
    return result;
  }

 private:
  std::map<std::string, NodeSchedule> hosts_;
};

/// "12.server/3" is the third core of job 12.
SchedulerJob job_of(std::string_view text) {
  text = trimmed(text);
  return {std::string(text.substr(0, text.find('/'))), ""};
}

Result<void> read_part(const std::string& name, const JsonValue& part, Hosts& hosts) {
  NodeSchedule said;
  LOCKSTEP_TRY(const JsonValue state, part.member("state"));
  LOCKSTEP_TRY(const std::string words, state.text());
  if (const auto jobs = part.find("jobs")) {
    LOCKSTEP_TRY(const std::vector<std::string> items, jobs->texts());
    for (const std::string& item : items) said.jobs.push_back(job_of(item));
  }
  if (const auto queue = part.find("queue")) {
    LOCKSTEP_TRY(said.partitions, queue->texts());
  }
  if (const auto comment = part.find("comment")) {
    LOCKSTEP_TRY(said.reason, comment->text());
  }
  if (const auto changed = part.find("last_state_change_time")) {
    constexpr std::int64_t kLatest = 1LL << 40;
    const std::int64_t seconds = changed->number().value_or(0);
    said.since = std::chrono::sys_seconds(std::chrono::seconds(seconds < kLatest ? seconds : 0));
  }
  hosts.add(name, words, std::move(said));
  return {};
}

Result<std::vector<NodeSchedule>> read_nodes(const JsonValue& root) {
  Hosts hosts;
  LOCKSTEP_TRY(const JsonValue nodes, root.member("nodes"));
  LOCKSTEP_TRY(const auto parts, nodes.members());
  for (const auto& [name, part] : parts) LOCKSTEP_CHECK(read_part(name, part, hosts));
  return hosts.all();
}

/// A node of the text form while its attributes are read.
struct Paragraph {
  std::string name;
  std::string state;
  NodeSchedule said;

  void take(std::string_view key, std::string_view value) {
    if (key == "state") state = value;
    if (key == "queue") said.partitions.emplace_back(value);
    if (key == "comment") said.reason = value;
    if (key != "jobs") return;
    for (const std::string_view job : split(value, ',')) {
      if (!trimmed(job).empty()) said.jobs.push_back(job_of(job));
    }
  }
};

}  // namespace

Result<std::vector<NodeSchedule>> parse_pbs_json(std::string_view text) {
  LOCKSTEP_TRY(const JsonDocument document, JsonDocument::parse(text));
  return read_nodes(document.root());
}

Result<std::vector<NodeSchedule>> parse_pbs_text(std::string_view text) {
  Hosts hosts;
  Paragraph node;
  std::size_t number = 0;
  const auto finish = [&] {
    if (!node.name.empty()) hosts.add(node.name, node.state, std::move(node.said));
    node = {};
  };
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const std::string_view words = trimmed(line);
    if (words.empty()) continue;
    const bool indented = line[0] == ' ' || line[0] == '\t';
    const std::size_t equals = words.find(" = ");
    if (!indented && words.find_first_of(" \t=") == std::string_view::npos) {
      finish();
      node.name = words;
    } else if (indented && !node.name.empty()) {
      // An attribute without a value, or a line that goes on with the last one, says nothing to us.
      if (equals != std::string_view::npos) {
        node.take(words.substr(0, equals), trimmed(words.substr(equals + 3)));
      }
    } else {
      return fail(ErrorKind::invalid,
                  fmt::format("line {} is {}, where the name of a node or an indented attribute of "
                              "one is expected",
                              number, quoted(line)));
    }
  }
  finish();
  return hosts.all();
}

}  // namespace lockstep
