// What a scheduler said last, so that it is asked seldom and waited for never longer than agreed.
//
// All nodes are asked about together, in one round of queries at most every `interval`, whoever
// wants to know of which of them. Schedulers limit how often they answer (Slurm since 23.02), and
// one that hangs must not be asked by every node in turn. When it hangs, lies or is gone, what it
// said last stays, with its age; past `keep` nothing is known any more.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "inventory/scheduler.h"

namespace lockstep {

struct SchedulerCacheOptions {
  /// From the begin of a round to that of the next.
  std::chrono::milliseconds interval{30'000};
  /// For a round of queries together; a caller waits so long at most.
  std::chrono::milliseconds time{10'000};
  /// How old what was said may be. Longer makes a dialogue on a node more likely whose job began
  /// while the scheduler was away.
  std::chrono::milliseconds keep{300'000};
  /// Nodes a query; at most kMostNodesAQuery. A scheduler that tells of all whatever it is asked is
  /// asked about all at once.
  std::size_t batch = kMostNodesAQuery;
};

/// What is known of a node, and how old it is.
struct KnownSchedule {
  NodeSchedule schedule;
  /// Since the query that told it began; none: nothing was told, `unknown`. Up to
  /// SchedulerCacheOptions::interval it is as fresh as it gets; older, the scheduler is in trouble,
  /// and whoever is about to begin a dialogue has to decide.
  std::optional<std::chrono::milliseconds> age;
  /// When that query began; none: nothing was told.
  std::optional<std::chrono::steady_clock::time_point> asked = {};
};

/// Not for several threads at once.
class SchedulerCache {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  /// `nodes` are all that will be asked for. `clock` is read before and between queries.
  SchedulerCache(std::unique_ptr<Scheduler> scheduler, std::vector<std::string> nodes, Clock clock,
                 const SchedulerCacheOptions& options = {});

  /// What is known of `nodes`, one each and in their order, asking first where a round is due. A
  /// node that the cache was not made for is `unknown`. Never fails: see trouble().
  std::vector<KnownSchedule> states(std::span<const std::string> nodes);

  /// What is known of all its nodes, by the last answers alone; never asks.
  std::vector<KnownSchedule> last_states() const;

  /// How long until states() asks anew, whoever wants to know; 0: it would now.
  std::chrono::milliseconds until_next_round() const;

  const std::string& name() const { return scheduler_->name(); }

  /// Why the last round did not tell all; none after one that did.
  const std::optional<Error>& trouble() const { return trouble_; }

 private:
  using Time = std::chrono::steady_clock::time_point;

  struct Entry {
    NodeSchedule schedule;
    std::optional<Time> asked;
  };

  void ask_all(Time now);
  Result<void> ask(std::span<const std::string> batch, Time now, std::chrono::milliseconds time);
  KnownSchedule known(const std::string& node, Time now) const;

  std::unique_ptr<Scheduler> scheduler_;
  std::vector<std::string> nodes_;
  Clock clock_;
  SchedulerCacheOptions options_;
  std::unordered_map<std::string, Entry> entries_;
  std::size_t next_ = 0;  // where the next round begins: a slow scheduler tells of all in the end
  std::optional<Time> last_round_;
  std::optional<Error> trouble_;
};

}  // namespace lockstep
