#include "app/notifications.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "app/console.h"
#include "app/session.h"
#include "notify/decider.h"
#include "notify/deliverer.h"
#include "notify/direct.h"
#include "notify/message.h"

namespace lockstep {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using Steady = std::chrono::steady_clock;

constexpr milliseconds kLook(1000);
constexpr int kRetryLooks = 5;  // after an error of the store
/// A decision that is older says nothing of now.
constexpr minutes kDecided(5);

std::string reason_of(const std::string& channel) {
  return "notify " + channel;
}

std::function<double()> chances() {
  auto random = std::make_shared<std::mt19937_64>(std::random_device{}());
  return [random] { return std::uniform_real_distribution<double>(0, 1)(*random); };
}

}  // namespace

notify::Policy notify_policy(const Config& config, const Inventory& inventory) {
  notify::Policy policy;
  policy.cluster = config.cluster;
  for (const NotifyChannelConfig& channel : config.notify.channels) {
    policy.channels.push_back(channel.policy);
  }
  policy.maintenance = config.notify.maintenance;
  policy.groups = config.notify.groups;
  for (const auto& [name, node] : inventory.nodes) {
    if (!node.group.empty()) policy.group_of.emplace(name, node.group);
  }
  return policy;
}

std::vector<control::ChannelInfo> channel_infos(const Config& config) {
  std::vector<control::ChannelInfo> infos;
  for (const NotifyChannelConfig& channel : config.notify.channels) {
    const notify::ChannelPolicy& policy = channel.policy;
    infos.push_back({.name = policy.name,
                     .kind = channel.type,
                     .enabled = true,
                     .least = policy.least,
                     .kinds = {policy.kinds.begin(), policy.kinds.end()},
                     .classes = {policy.classes.begin(), policy.classes.end()},
                     .nodes = policy.nodes ? policy.nodes->fold() : "",
                     .repeat = policy.repeat});
  }
  return infos;
}

std::vector<MaintenanceWindow> maintenance_of(const Config& config) {
  std::vector<MaintenanceWindow> windows;
  for (const notify::Maintenance& each : config.notify.maintenance) {
    MaintenanceWindow window;
    window.nodes = each.nodes.fold();
    window.from = each.from;
    window.until = each.until;
    window.note = each.note;
    windows.push_back(std::move(window));
  }
  return windows;
}

control::TestDelivery send_test(const NotifyChannelConfig& config, const std::string& cluster,
                                const std::atomic<bool>& stop) {
  const WallTime now = now_in_seconds();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  const notify::Message message{.what = notify::What::test,
                                .id = fmt::format("test.{}.1", seconds.count()),
                                .cluster = cluster,
                                .cause = "test",
                                .first_seen = now,
                                .last_seen = now,
                                .at = now};
  const notify::Delivery delivery = make_channel(config)->send(message, stop);
  const bool taken = delivery.outcome == notify::Outcome::delivered;
  return {.delivered = taken, .problem = taken ? "" : delivery.problem};
}

Notifications::Notifications(World world) : world_(std::move(world)) {
  decider_ = std::jthread([this] { decide(); });
}

Notifications::~Notifications() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
    // The thread that decides may wait for the store; who delivers does not wait for it.
    if (lines_) lines_->stop = true;
  }
  changed_.notify_all();
}

void Notifications::end_lines() {
  std::unique_ptr<Lines> ended;
  {
    const std::scoped_lock lock(mutex_);
    if (lines_) lines_->stop = true;
    ended = std::move(lines_);
  }
  changed_.notify_all();
}

/// Nobody delivers over them any more, well or ill.
void Notifications::forget_gone(const Config& before, const Config& now) {
  for (const NotifyChannelConfig& channel : before.notify.channels) {
    const std::string& name = channel.policy.name;
    const bool is_there = std::ranges::any_of(
        now.notify.channels,
        [&](const NotifyChannelConfig& each) { return each.policy.name == name; });
    if (!is_there) world_.troubles.clear(FindingKind::collector_failed, reason_of(name));
  }
}

void Notifications::wait(const std::atomic<bool>& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kLook, [&] { return stop_ || stop; });
}

bool Notifications::is_alive() const {
  const auto age = Steady::now() - Steady::time_point(Steady::duration(decided_.load()));
  return age < kDecided && world_.is_alive();
}

Result<void> Notifications::turn(Store& store, notify::Decider& decider) {
  // Before the look: what is over then has been replayed by then.
  const auto outage = world_.outage();
  const bool is_blind = outage && outage->since != looked_after_;
  LOCKSTEP_CHECK(decider.turn(store, policy_, now_in_seconds(),
                              is_blind ? std::optional(outage->since) : std::nullopt));
  if (is_blind && outage->over) looked_after_ = outage->since;
  return {};
}

void Notifications::decide() {
  std::unique_ptr<Store> store;
  notify::Decider decider;
  std::string problem;
  while (!stop_) {
    const auto [setup, inventory] = world_.now();
    if (setup != setup_) take_up(setup, *inventory);
    Result<void> done;
    if (!store) {
      auto opened = make_store(setup->config);
      if (opened) {
        store = std::move(*opened);
      } else {
        done = std::unexpected(opened.error());
      }
    }
    if (std::exchange(anew_, false)) decider.decide_anew();
    if (store && !policy_.channels.empty()) {
      done = turn(*store, decider);
    }
    if (done) {
      decided_ = Steady::now().time_since_epoch().count();
      problem.clear();
      wait(stop_);
      continue;
    }
    if (done.error().message() != problem) {
      problem = done.error().message();
      warn("notifications wait: " + problem);
    }
    store.reset();
    for (int i = 0; i < kRetryLooks && !stop_; ++i) wait(stop_);
  }
  end_lines();
}

void Notifications::take_up(std::shared_ptr<const Setup> setup, const Inventory& inventory) {
  end_lines();
  if (setup_) forget_gone(setup_->config, setup->config);
  setup_ = std::move(setup);
  policy_ = notify_policy(setup_->config, inventory);
  anew_ = true;
  {
    const std::scoped_lock lock(mutex_);
    lines_ = std::make_unique<Lines>();
    lines_->stop = stop_.load();
  }
  for (const NotifyChannelConfig& config : setup_->config.notify.channels) {
    lines_->threads.emplace_back(
        [this, setup = setup_, &config, &lines = *lines_] { deliver(*setup, config, lines); });
  }
}

void Notifications::deliver(const Setup& setup, const NotifyChannelConfig& config, Lines& lines) {
  const std::string& name = config.policy.name;
  const std::unique_ptr<notify::Channel> channel = make_channel(config);
  notify::Deliverer deliverer(
      {.channel = name,
       .cluster = setup.config.cluster,
       .give_up = config.give_up,
       .heartbeat = config.heartbeat},
      *channel,
      {.chance = chances(),
       .is_alive = [this] { return is_alive(); },
       .tell =
           [this, &name](const std::optional<std::string>& problem) {
             if (problem) {
               world_.troubles.raise(FindingKind::collector_failed, reason_of(name), *problem);
             } else {
               world_.troubles.clear(FindingKind::collector_failed, reason_of(name));
             }
           }});
  const notify::Policy policy{.cluster = setup.config.cluster,
                              .channels = {},
                              .maintenance = setup.config.notify.maintenance,
                              .groups = {},
                              .group_of = {}};
  notify::DirectTeller direct(config.policy, policy, *channel);
  std::unique_ptr<Store> store;
  while (!stop_ && !lines.stop) {
    const std::vector<AlertRecord> found = world_.found_while_away();
    if (!found.empty()) {
      direct.turn(found, found.front().first_seen, now_in_seconds(), lines.stop);
    }
    if (!store) {
      // What is wrong with it, the thread that decides says.
      auto opened = make_store(setup.config);
      if (opened) store = std::move(*opened);
    }
    if (store && !deliverer.turn(*store, now_in_seconds(), lines.stop)) store.reset();
    for (int i = 0; i < (store ? 1 : kRetryLooks) && !stop_ && !lines.stop; ++i) wait(lines.stop);
  }
}

}  // namespace lockstep
