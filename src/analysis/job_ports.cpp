#include "analysis/job_ports.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"

namespace lockstep {
namespace {

/// As many jobs as a person reads at once.
constexpr std::size_t kMostNamedJobs = 2;

bool is_plain(std::string_view word) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-+@[]$\\").contains(c);
  };
  return std::ranges::all_of(word, plain);
}

/// ", " stands between jobs, where they are kept.
std::string word_of(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  std::string word = quoted(text);
  std::ranges::replace(word, ',', ';');
  return word;
}

/// A text that was kept may have been written by somebody else.
std::string shown(const std::string& job) {
  const std::size_t space = job.find(' ');
  const bool plain = is_plain(std::string_view(job).substr(0, space)) &&
                     (space == std::string::npos || is_plain(job.substr(space + 1)));
  return plain ? job : quoted(job);
}

void add_sorted(std::vector<std::string>& jobs, std::string job) {
  const auto place = std::ranges::lower_bound(jobs, job);
  if (place == jobs.end() || *place != job) jobs.insert(place, std::move(job));
}

bool share_one(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::any_of(
      a, [&](const std::string& each) { return std::ranges::find(b, each) != b.end(); });
}

}  // namespace

void JobsSeen::note(std::span<const NodeSchedule> answer) {
  for (const NodeSchedule& schedule : answer) {
    NodeJobs& node = nodes_[schedule.node];
    node.stranger = schedule.stranger;
    node.known = node.known && (schedule.stranger || schedule.state != SchedulerState::unknown);
    node.held = node.held || is_held(schedule);
    node.state = to_string(schedule.state);
    for (const SchedulerJob& job : schedule.jobs) {
      if (node.jobs.size() < kMostTiedJobs) add_sorted(node.jobs, job_text(job));
    }
  }
}

void JobsSeen::note_silence() {
  for (auto& [name, node] : nodes_) node.known = node.stranger;
}

const NodeJobs& JobsSeen::of(std::string_view node) const {
  static const NodeJobs kNotKnown{.known = false, .jobs = {}, .state = "unknown"};
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? kNotKnown : found->second;
}

std::string job_text(const SchedulerJob& job) {
  return job.user.empty() ? word_of(job.id)
                          : fmt::format("{} {}", word_of(job.id), word_of(job.user));
}

std::string jobs_text(std::span<const std::string> jobs) {
  if (jobs.empty()) return "a job";
  std::vector<std::string> named;
  for (const std::string& job : jobs.first(std::min(jobs.size(), kMostNamedJobs))) {
    named.push_back(shown(job));
  }
  const std::size_t more = jobs.size() - named.size();
  return fmt::format("job{} {}{}", jobs.size() > 1 ? "s" : "", fmt::join(named, ", "),
                     more > 0 ? fmt::format(" and {} more", more) : "");
}

JobPorts::JobPorts(const JobFacts* facts) : facts_(facts) {
  if (facts == nullptr) return;
  for (const JobListener& each : facts->tied) {
    ties_[{each.node, each.network, each.protocol, each.port}] = &each;
  }
}

JobPorts::Verdict JobPorts::of(const Place& place, const PortSet& of_rules) const {
  const auto& [node, network, protocol, port] = place;
  if (facts_ == nullptr || port < kFirstJobPort) return Verdict::no_job_port;
  const NodeJobs& jobs = facts_->seen.of(node);
  const bool of_site = !jobs.stranger && facts_->ports.contains(port);
  const bool left_behind = jobs.free() && ties_.contains(place);
  if (left_behind) return Verdict::orphan;
  if (!of_site && !of_rules.contains(port)) return Verdict::no_job_port;
  if (jobs.held) return Verdict::permitted;
  return jobs.known ? Verdict::unexpected : Verdict::not_known;
}

const JobListener* JobPorts::tie(const Place& place) const {
  const auto found = ties_.find(place);
  return found == ties_.end() ? nullptr : found->second;
}

std::vector<const JobListener*> JobPorts::ties(std::string_view node, std::string_view network,
                                               Protocol protocol) const {
  std::vector<const JobListener*> result;
  for (auto tie = ties_.lower_bound({node, network, protocol, 0}); tie != ties_.end(); ++tie) {
    const JobListener& each = *tie->second;
    if (each.node != node || each.network != network || each.protocol != protocol) break;
    result.push_back(&each);
  }
  return result;
}

JobListener JobPorts::tied(const Place& place, WallTime now) const {
  const auto& [node, network, protocol, port] = place;
  const std::vector<std::string>& holders = facts_->seen.of(node).jobs;
  JobListener listener{.node = std::string(node),
                       .network = std::string(network),
                       .protocol = protocol,
                       .port = port,
                       .jobs = holders,
                       .since = now};
  const JobListener* const before = tie(place);
  if (before == nullptr) return listener;
  // Where nobody says which jobs hold the node, the listener is as it was.
  if (holders.empty() || before->jobs.empty()) {
    listener.since = before->since;
    if (holders.empty()) listener.jobs = before->jobs;
    return listener;
  }
  if (!share_one(before->jobs, holders)) return listener;
  // It may be any of theirs; a job that came later has not opened it.
  listener.since = before->since;
  std::erase_if(listener.jobs, [&](const std::string& job) {
    return std::ranges::find(before->jobs, job) == before->jobs.end();
  });
  return listener;
}

std::string JobPorts::orphan_text(const Place& place) const {
  const JobListener* const listener = tie(place);
  if (listener == nullptr) return "";
  return fmt::format("left behind by {}, seen first {:%Y-%m-%d %H:%M}Z", jobs_text(listener->jobs),
                     fmt::gmtime(std::chrono::system_clock::to_time_t(listener->since)));
}

}  // namespace lockstep
