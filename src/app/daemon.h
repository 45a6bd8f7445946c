// The daemon: what `lockstep serve` holds while it runs. Threads: one asks ports and services
// (daemon/sweeper.h), one for each instance that measures, one watches the job scheduler, those of
// the control socket, and those that tell people (app/notifications.h).

#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/compose.h"
#include "app/daemon_link.h"
#include "app/daemon_plan.h"
#include "app/measures.h"
#include "app/notifications.h"
#include "app/session.h"
#include "daemon/board.h"
#include "daemon/job_watch.h"
#include "daemon/sweeper.h"
#include "daemon/troubles.h"
#include "plugin_host/keeper.h"
#include "store/spool/outage.h"

namespace lockstep {

class Daemon final : public DaemonLink {
 public:
  /// `launcher` and `keeper` outlive it; `config` is the file that --config named.
  Daemon(std::string config, Setup setup, Inventory inventory, sender::Launcher& launcher,
         plugin_host::Keeper& keeper);
  ~Daemon() override;

  void start();
  /// Ends all work; what it has is kept. Takes less than 5 s.
  void stop();
  /// The sweeping thread does things, or waits: it does not hang.
  bool is_alive() const override;
  /// To be called each second or so: looks after what no thread does.
  void look_around();
  const std::atomic<bool>& stopping() const { return stop_; }
  /// What takes long ends early from now on, such as a question to a scheduler that hangs: stop(),
  /// and whoever else is to end, waits for that no more.
  void end_soon() { stop_ = true; }

  std::shared_ptr<const Setup> setup() const override;
  std::shared_ptr<const Inventory> inventory() const override;
  Result<control::DaemonStatus> status() override;
  Result<void> reload(const std::string& person) override;
  std::size_t leave(const std::vector<std::string>& nodes, const std::string& job) override;
  Result<void> run_now(const std::string& instance) override;
  void instances_changed() override;
  Result<int> between_steps(const std::function<Result<int>()>& work,
                            const StopSource& stop) override;
  bool has_scheduler() const override;
  std::vector<NodeSchedule> schedules(const std::vector<std::string>& nodes) override;
  bool wait_for_schedules(const std::atomic<bool>& stop) override;
  const LeaveList* leave_list() const override { return &board_.leave(); }
  void ask_by_hand(const std::vector<std::string>& nodes) override { jobs_.ask_by_hand(nodes); }
  sender::Launcher& launcher() override { return launcher_; }
  void note_sweeping(const std::string& engine, const CollectProgress& progress) override;
  std::optional<control::Sweeping> sweeping() const override;

 private:
  struct World {
    std::shared_ptr<const Setup> setup;
    Inventory inventory;
  };
  struct Work {
    const std::function<Result<int>()>* run = nullptr;
    const StopSource* stop = nullptr;
    std::optional<Result<int>> result{};
    bool taken = false;
  };

  std::shared_ptr<const World> world() const;
  void renew_scheduler(const World& world, const World* before);
  void sweep(const std::stop_token& token);
  void watch_jobs(const std::stop_token& token);
  void do_work();
  void forget_sweeping();
  /// False: it could not be read what instances there are.
  bool take_up(Store& store);
  // While the store is away (daemon_spool.cpp).
  void open_spool();
  void prime(Store& store);
  void come_back(Store& store);
  Replay replay();
  Result<void> replay_record(const SpoolRecord& record, Store& store, const SpoolMark& mark);
  Finding outage_finding(const OutageStory& story) const;
  std::vector<AlertRecord> found_while_away() const;
  Result<void> tell_outage(Store& store, const OutageStory& story, bool over);
  control::SweepWorld world_of(const Session& session);
  SweeperWorld sweeper_world();
  Result<control::SweepReport> step(const StepOrder& order, Store& store);
  Result<std::vector<control::SweepReport>> turn(const TurnOrder& order, Store& store);
  void wait(std::chrono::milliseconds time);

  std::string config_;
  sender::Launcher& launcher_;
  plugin_host::Keeper& keeper_;
  WallTime since_;
  std::atomic<bool> stop_{false};

  mutable std::mutex mutex_;  // of what follows
  std::shared_ptr<const World> world_;
  std::string reload_problem_;
  bool instances_changed_ = true;
  std::vector<std::string> run_now_;
  std::deque<Work*> works_;
  std::condition_variable changed_;
  std::optional<control::Sweeping> sweeping_;

  Board board_;
  Troubles troubles_;
  JobWatch jobs_{board_, troubles_};
  Outage outage_;
  std::chrono::steady_clock::time_point next_return_;  // of the sweeping thread
  ServiceRounds rounds_;
  std::atomic<std::chrono::steady_clock::rep> alive_{0};
  std::chrono::system_clock::time_point wall_seen_;
  std::chrono::steady_clock::time_point steady_seen_;
  std::chrono::steady_clock::time_point stepped_;
  std::vector<Instance> instances_;  // of the sweeping thread
  std::unique_ptr<Measures> measures_;
  std::unique_ptr<Notifications> notifications_;
  std::jthread sweeper_;
  std::jthread watcher_;
};

}  // namespace lockstep
