// The API over HTTP, as the daemon runs it.

#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include "app/commands.h"
#include "app/daemon_link.h"
#include "serve/api/api.h"
#include "serve/api/live.h"
#include "serve/http/server.h"

namespace lockstep {

class HttpService final : public serve::ApiWorld {
 public:
  /// Listens, where the configuration says so; null: it does not. `daemon` outlives it. `socket`
  /// was handed over by who started us; none: it opens one. Errors: those of HttpServer::listen(),
  /// and `invalid` for a socket that the configuration knows nothing of.
  static Result<std::unique_ptr<HttpService>> listen(DaemonLink& daemon, std::string config,
                                                     UniqueFd socket);
  ~HttpService() override;

  void start();
  void stop();
  /// Takes up a certificate that was renewed; to be called each second or so, by one thread.
  void look_at_certificate();
  /// "http://127.0.0.1:7480"
  std::string url() const;

  Result<std::unique_ptr<Store>> open_store() override;
  WallTime now() override;
  std::shared_ptr<const Inventory> inventory() override { return daemon_.inventory(); }
  std::vector<std::string> watched() override;
  Result<control::DaemonStatus> status() override;
  std::optional<control::Sweeping> sweeping() override { return daemon_.sweeping(); }
  bool is_alive() override { return daemon_.is_alive(); }
  std::vector<NodeSchedule> schedules(const std::vector<std::string>& nodes) override {
    return daemon_.schedules(nodes);
  }
  Result<void> reload(const std::string& person) override { return daemon_.reload(person); }
  Result<void> run_now(const std::string& instance) override { return daemon_.run_now(instance); }
  std::vector<Instance> configured_instances() override;
  void instances_changed() override { daemon_.instances_changed(); }
  Result<void> check_instance(const Instance& instance) override;
  Result<std::int64_t> order_sweep(const serve::SweepOrder& order,
                                   const std::string& person) override;
  Result<void> order_learning(const serve::LearnOrder& order, const std::string& person) override;
  std::vector<control::ChannelInfo> channels() override;
  Result<control::TestDelivery> test_channel(const std::string& name) override;
  std::string title_of(const OutboxMessage& message) override;
  std::vector<MaintenanceWindow> configured_maintenance() override;

 private:
  /// What is done between two steps of instances, one after the other.
  struct Ordered {
    std::variant<serve::SweepOrder, serve::LearnOrder> order;
    std::string person;
    std::int64_t number = 0;  ///< of a sweep; 0: of none
  };

  HttpService(DaemonLink& daemon, std::string config)
      : daemon_(daemon), config_(std::move(config)) {}
  /// Returns the number of a sweep; 0 for other orders. Errors: `unavailable`.
  Result<std::int64_t> take(Ordered ordered);
  /// Changes what is known of an ordered sweep, where it still is.
  void update(std::int64_t number, const std::function<void(control::OrderedSweep&)>& change);
  void do_sweep(const Ordered& ordered);
  void learn(const Ordered& ordered);
  Invocation invocation(Console& console, const std::string& person);
  void do_ordered();
  void do_one(const Ordered& ordered);
  void give_up(const Ordered& ordered);
  void note_not_learned(const serve::LearnOrder& order, const std::string& person,
                        const std::string& why);

  DaemonLink& daemon_;
  std::string config_;
  std::unique_ptr<serve::HttpServer> server_;
  std::unique_ptr<serve::Live> live_;
  std::unique_ptr<serve::Api> api_;
  std::filesystem::file_time_type certificate_seen_{};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable ordered_;
  std::deque<Ordered> orders_;
  std::deque<control::OrderedSweep> sweeps_;  // the newest first
  std::int64_t latest_sweep_ = 0;
  std::jthread sweeper_;
  std::mutex testing_;  // held while a message is sent by hand
};

}  // namespace lockstep
