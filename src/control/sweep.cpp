#include <algorithm>
#include <deque>
#include <map>

#include "control/shared_sweep.h"
#include "control/sweep_parts.h"
#include "control/sweep_run.h"
#include "control/use_cases.h"

namespace lockstep::control {
namespace {

/// What was seen, to the records of those whose share it is.
class SharingSink final : public ObservationSink {
 public:
  SharingSink(std::deque<SweepRecord>& records, const std::map<std::string, std::size_t>& share_of)
      : records_(records), share_of_(share_of) {}
  void observe(PortObservation seen) override {
    records_[share_of_.at(seen.node)].observations.push_back(std::move(seen));
  }
  void cover(Coverage coverage) override {
    records_[share_of_.at(coverage.node)].coverage.push_back(std::move(coverage));
  }

 private:
  std::deque<SweepRecord>& records_;
  const std::map<std::string, std::size_t>& share_of_;
};

/// Sweeps that go through their steps together.
class SharedSweep {
 public:
  SharedSweep(const SweepSetting& setting, Store& store, const std::vector<SweepShare>& shares,
              const SweepPolicy& policy, const SweepWorld& world)
      : setting_(setting), store_(store), shares_(shares), policy_(policy), world_(world) {
    // The scheduler is waited for once: all were asked before.
    if (world_.wait_for_schedules) {
      world_.wait_for_schedules = [this, wait = world.wait_for_schedules] {
        if (!schedules_came_) schedules_came_ = wait();
        return *schedules_came_;
      };
    }
    for (std::size_t i = 0; i < shares.size(); ++i) {
      const SweepSetting& own =
          settings_.emplace_back(SweepSetting{setting.inventory, setting.unresolved, setting.policy,
                                              setting.collector, shares[i].ports, setting.control});
      runs_.emplace_back(own, store, policy, world_);
      for (const std::string& node : shares[i].nodes) share_of_.emplace(node, i);
    }
  }

  Result<std::vector<SweepReport>> run() {
    std::vector<std::string> nodes;
    for (const auto& [node, share] : share_of_) nodes.push_back(node);
    LOCKSTEP_CHECK(prepare_store(setting_, store_, policy_, nodes, world_.now()));
    for (; begun_ < runs_.size(); ++begun_) {
      const auto begun = runs_[begun_].begin(shares_[begun_].nodes);
      if (!begun) return give_up(begun.error());
    }
    if (const auto done = look(nodes); !done) return give_up(done.error());
    look_again();
    std::vector<SweepReport> reports;
    for (SweepRun& run : runs_) run.settle_jobs();
    for (; finished_ < runs_.size(); ++finished_) {
      auto report = runs_[finished_].finish();
      if (!report) return give_up(report.error());
      reports.push_back(std::move(*report));
    }
    return reports;
  }

 private:
  /// Those that are neither finished nor not begun.
  std::unexpected<Error> give_up(const Error& error) {
    for (std::size_t i = finished_; i < begun_; ++i) std::ignore = runs_[i].give_up(error);
    return std::unexpected(error);
  }

  Result<void> look(const std::vector<std::string>& nodes) {
    std::deque<SweepRecord> records(runs_.size());
    TargetSelection selection =
        select_targets(setting_.inventory, nodes, setting_.unresolved, setting_.policy);
    std::vector<std::vector<CollectTarget>> targets(runs_.size());
    for (CollectTarget& target : selection.targets) {
      const std::size_t share = share_of_.at(target.node);
      target.ports = &shares_[share].ports;
      targets[share].push_back(target);
    }
    SharingSink sink(records, share_of_);
    for (Coverage& gap : selection.left_out) sink.cover(std::move(gap));
    CollectSummary summary;
    summary.method = "none";
    const WallTime started = world_.now();
    if (!selection.targets.empty()) {
      LOCKSTEP_TRY(summary, setting_.collector.collect(selection.targets, sink, setting_.control));
    }
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      records[i].started = started;
      records[i].summary = summary;
      summary.probes_sent = 0;  // they are counted once
      LOCKSTEP_CHECK(runs_[i].take(std::move(records[i]), std::move(targets[i])));
    }
    return {};
  }

  void look_again() {
    std::vector<SweepRun*> suspicious;
    for (SweepRun& run : runs_) suspicious.push_back(&run);
    for (unsigned round = 0;; ++round) {
      std::erase_if(suspicious, [](const SweepRun* run) { return !run->is_suspicious(); });
      if (suspicious.empty()) return;
      if (round > 0) world_.wait_for_reask();
      std::erase_if(suspicious, [](SweepRun* run) { return !run->ask_again(); });
    }
  }

  const SweepSetting& setting_;
  Store& store_;
  const std::vector<SweepShare>& shares_;
  const SweepPolicy& policy_;
  SweepWorld world_;
  std::optional<bool> schedules_came_;
  std::deque<SweepSetting> settings_;
  std::deque<SweepRun> runs_;  // one a share
  std::map<std::string, std::size_t> share_of_;
  std::size_t begun_ = 0;
  std::size_t finished_ = 0;
};

}  // namespace

bool SweepReport::deviates() const {
  return std::ranges::any_of(rows, [](const SweepRow& row) {
    return row.finding.subject.kind != FindingKind::coverage_gap;
  });
}

Result<SweepReport> sweep(const SweepSetting& setting, Store& store, std::vector<std::string> nodes,
                          const SweepPolicy& policy, const SweepWorld& world) {
  const Nodeset& excluded = setting.policy.excluded_nodes;
  std::erase_if(nodes, [&](const std::string& name) { return excluded.contains(name); });
  return SweepRun(setting, store, policy, world).run(nodes);
}

Result<std::vector<SweepReport>> sweep_shares(const SweepSetting& setting, Store& store,
                                              const std::vector<SweepShare>& shares,
                                              const SweepPolicy& policy, const SweepWorld& world) {
  return SharedSweep(setting, store, shares, policy, world).run();
}

}  // namespace lockstep::control
