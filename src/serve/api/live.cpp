#include "serve/api/live.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <utility>

#include "documents/json_parts.h"
#include "serve/api/snapshot.h"

namespace lockstep::serve {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook(300);
/// Acknowledgements run out and looks get old without an event.
constexpr std::chrono::seconds kRenewal(15);
/// What was read so long ago is not told as what is.
constexpr std::chrono::seconds kOld(60);
constexpr std::size_t kEventsAtOnce = 1000;

FeedEvent to_feed(const Event& event) {
  const boost::json::object object{{"id", event.id},
                                   {"at", documents::json_time(event.at)},
                                   {"kind", to_string(event.kind)},
                                   {"subject", documents::json_or_null(event.subject)},
                                   {"nodes", documents::json_or_null(event.nodes)}};
  FeedEvent told;
  told.id = event.id;
  told.text = "id: " + std::to_string(event.id) + "\nevent: " + std::string(to_string(event.kind)) +
              "\ndata: " + boost::json::serialize(object) + "\n\n";
  return told;
}

}  // namespace

void Live::start() {
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
  const auto before = current();
  const auto now = std::chrono::steady_clock::now();
  const bool is_stale = !before || before->view->event != latest ||
                        before->view->inventory != world_.inventory() || now - made_ >= kRenewal;
  if (is_stale) {
    LOCKSTEP_CHECK(renew());
    made_ = now;
  }
  return tell();
}

Result<void> Live::renew() {
  LOCKSTEP_TRY(auto view,
               control::make_view(*store_, world_.inventory(), world_.watched(), world_.now()));
  auto next = std::make_shared<LiveView>();
  next->alert_rows.reserve(view->listing.rows.size());
  for (const AlertRow& row : view->listing.rows) {
    next->alert_rows.push_back(boost::json::serialize(documents::json_alert(row)));
  }
  next->glances = snapshot_of(*view);
  next->forgotten = std::max(first_, feed_.forgotten());
  next->view = std::move(view);
  const std::lock_guard lock(mutex_);
  current_ = std::move(next);
  return {};
}

/// No further than the view goes: who hears of an event finds it there.
Result<void> Live::tell() {
  const std::int64_t last = current()->view->event;
  while (true) {
    LOCKSTEP_TRY(const std::vector<Event> events, store_->events(told_, kEventsAtOnce));
    for (const Event& event : events) {
      if (event.id > last) return {};
      feed_.publish(to_feed(event));
      told_ = event.id;
    }
    if (events.size() < kEventsAtOnce) return {};
  }
}

}  // namespace lockstep::serve
