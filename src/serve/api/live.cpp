#include "serve/api/live.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "serve/api/partial_events.h"

namespace lockstep::serve {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook(300);
/// Acknowledgements run out, and looks get old, without an event.
constexpr std::chrono::seconds kRenewal(15);
/// Of the time that passes between two views, making one takes a half at most.
constexpr int kPausePerCost = 2;
/// Some things change without an event: everything is read again after so long, or so many times
/// as long as it takes.
constexpr std::chrono::seconds kWhole(15);
constexpr int kWholePerCost = 60;
/// What was read so long ago is not told as what is.
constexpr std::chrono::seconds kOld(60);
constexpr std::size_t kEventsAtOnce = 1000;

/// The scheduler says of the nodes what the view does not say yet.
bool has_news(const LiveView& live, const std::shared_ptr<const Schedules>& schedules) {
  return schedules && schedules != live.schedules && schedules->inventory == live.view->inventory;
}

}  // namespace

void Live::start() {
  schedules_.start();
  thread_ = std::jthread([this](const std::stop_token& token) { run(token); });
}

void Live::stop() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  wake_.notify_all();
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  schedules_.stop();
}

bool Live::is_awaited() const {
  const std::lock_guard lock(mutex_);
  return asked_ > done_;
}

std::shared_ptr<const LiveView> Live::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::string Live::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void Live::catch_up() {
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = ++asked_;
  wake_.notify_all();
  wake_.wait_for(lock, std::chrono::seconds(2), [&] { return ended_ || done_ >= wanted; });
}

bool Live::is_old() const {
  const std::lock_guard lock(mutex_);
  return current_ == nullptr || std::chrono::steady_clock::now() - seen_ > kOld;
}

void Live::run(const std::stop_token& token) {
  while (!token.stop_requested()) {
    std::uint64_t wanted = 0;
    {
      const std::lock_guard lock(mutex_);
      wanted = asked_;
    }
    const auto done = try_look();
    if (!done) store_.reset();  // it may be what failed
    std::unique_lock lock(mutex_);
    problem_ = done ? "" : done.error().message();
    if (done) seen_ = std::chrono::steady_clock::now();
    done_ = wanted;
    wake_.notify_all();
    wake_.wait_for(lock, token, kLook, [&] { return asked_ > wanted; });
  }
}

Result<void> Live::try_look() {
  try {
    return look();
  } catch (const std::exception& error) {
    return fail(ErrorKind::unavailable, error.what());  // no memory, most likely
  }
}

Result<void> Live::look() {
  if (!store_) {
    LOCKSTEP_TRY(store_, world_.open_store());
  }
  LOCKSTEP_TRY(const std::int64_t latest, store_->latest_event());
  if (told_ < 0) first_ = told_ = latest;
  if (latest < told_) begin_anew(latest);
  const auto before = current();
  const auto now = std::chrono::steady_clock::now();
  const auto schedules = schedules_.current();
  const bool is_stale = !before || before->view->event != latest ||
                        before->view->inventory != world_.inventory() ||
                        has_news(*before, schedules) || now - made_ >= kRenewal;
  const bool is_time = !before || now - made_ >= cost_ * kPausePerCost || is_awaited();
  if (is_stale && is_time) LOCKSTEP_CHECK(renew(schedules));
  return tell();
}

void Live::begin_anew(std::int64_t latest) {
  first_ = told_ = latest;
  whole_ = {};
  feed_.restart(latest);
}

Result<void> Live::renew(const std::shared_ptr<const Schedules>& schedules) {
  made_ = std::chrono::steady_clock::now();
  auto some = renewed();
  // Whatever was wrong with reading a part: all of it may be read.
  std::shared_ptr<const control::ClusterView> view = some ? std::move(*some) : nullptr;
  if (view == nullptr) {
    LOCKSTEP_TRY(view, read_all());
  }
  auto next = next_view(current(), std::move(view), schedules, std::max(first_, feed_.forgotten()));
  const std::lock_guard lock(mutex_);
  current_ = std::move(next);
  cost_ = std::chrono::steady_clock::now() - made_;
  return {};
}

Result<std::shared_ptr<const control::ClusterView>> Live::renewed() {
  const auto before = current();
  const bool is_due = made_ - whole_ >= std::max<std::chrono::steady_clock::duration>(
                                            kWhole, whole_cost_ * kWholePerCost);
  if (!before || is_due || before->view->inventory != world_.inventory()) return nullptr;
  return control::renew_view(*store_, *before->view, world_.now());
}

Result<std::shared_ptr<const control::ClusterView>> Live::read_all() {
  const auto begun = std::chrono::steady_clock::now();
  LOCKSTEP_TRY(auto view,
               control::make_view(*store_, world_.inventory(), world_.watched(), world_.now()));
  whole_ = begun;
  whole_cost_ = std::chrono::steady_clock::now() - begun;
  return view;
}

/// No further than the view goes: who hears of an event finds it there.
Result<void> Live::tell() {
  const std::int64_t last = current()->view->event;
  while (true) {
    LOCKSTEP_TRY(const std::vector<Event> events, store_->events(told_, kEventsAtOnce));
    for (const Event& event : events) {
      if (event.id > last) return {};
      feed_.publish({.id = event.id, .text = event_text(event), .about = event});
      told_ = event.id;
    }
    if (events.size() < kEventsAtOnce) return {};
  }
}

}  // namespace lockstep::serve
