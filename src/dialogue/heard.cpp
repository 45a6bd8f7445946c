#include "dialogue/heard.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace lockstep::dialogue {
namespace {

using std::chrono::steady_clock;

/// Of an answer in so many pieces not each is looked at, as each look is one at the whole.
constexpr unsigned kFewPieces = 32;
constexpr std::size_t kPart = 8;  // then, what has grown by this part

}  // namespace

void Heard::take(services::Matcher& matcher, const services::ServiceProbe& probe,
                 std::string_view answer) {
  anything = true;
  if (banner.empty() || answer.starts_with(banner)) banner = answer;
  services::Match match = matcher.match(probe, answer);
  limited = limited || match.limited;
  if (match.service.match <= best.match) return;
  best = std::move(match.service);
  told_by = &probe;
  banner = answer;
}

void Heard::close_all() {
  for (const auto& weak : conversations) {
    if (const auto conversation = weak.lock()) conversation->close();
  }
  conversations.clear();
}

asio::awaitable<void> listen(DialogueWorld& world, std::shared_ptr<Heard> heard,
                             std::shared_ptr<Exchange> exchange, TimePoint deadline) {
  std::string answer;
  bool quiet = false;
  unsigned pieces = 0;
  std::size_t looked_at = 0;
  while (!heard->sure() && answer.size() < kMostAnswerBytes) {
    const TimePoint until = answer.empty() || (quiet && looked_at == answer.size())
                                ? deadline
                                : std::min(deadline, steady_clock::now() + world.patience.rest);
    const ReadEnd end = co_await exchange->conversation->read(answer, until);
    const bool more = end == ReadEnd::data && steady_clock::now() < deadline;
    const bool worth_it = !more || ++pieces <= kFewPieces || answer.size() >= kMostAnswerBytes ||
                          answer.size() - looked_at > looked_at / kPart;
    if (answer.size() > looked_at && worth_it) {
      looked_at = answer.size();
      heard->take(world.matcher, *exchange->probe, answer);
      heard->notify();
    }
    if (end == ReadEnd::closed) --heard->held;
    if (end == ReadEnd::deadline && until != deadline) {
      // The next probe may be sent, and this goes on listening.
      quiet = true;
      exchange->over = true;
      heard->notify();
    } else if (!more) {
      break;
    }
  }
  exchange->over = true;
  heard->notify();
}

asio::awaitable<void> wait_until(Heard& heard, TimePoint end, const bool* over) {
  while (!heard.sure() && (over == nullptr || !*over) && steady_clock::now() < end) {
    boost::system::error_code ignored;
    heard.changed.expires_at(end);
    co_await heard.changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

}  // namespace lockstep::dialogue
