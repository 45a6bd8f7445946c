// What the connections of one dialogue hear, and the reading of one of them to its end.

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialogue/conversation.h"
#include "dialogue/dialogue.h"
#include "model/service.h"
#include "services/probe.h"

namespace lockstep::dialogue {

/// More of an answer is not read: what tells a service stands at its front.
inline constexpr std::size_t kMostAnswerBytes = 65536;

/// What all connections of one dialogue have heard. Of one thread.
struct Heard {
  explicit Heard(asio::io_context& io) : changed(io, TimePoint::max()) {}

  Service best;
  const services::ServiceProbe* told_by = nullptr;  ///< what `best` is the answer to
  std::string banner;
  std::optional<Certificate> certificate;
  bool limited = false;   ///< a pattern was given up at a limit
  bool anything = false;  ///< a byte came
  unsigned held = 0;      ///< connections that the other side has not ended
  std::vector<std::weak_ptr<Conversation>> conversations;
  asio::steady_timer changed;  ///< cancelled at each change: it is a condition to wait for

  bool sure() const { return best.match == ServiceMatch::hard; }
  void notify() { changed.cancel(); }
  /// Takes what `answer`, all that a connection has said to `probe` so far, tells.
  void take(services::Matcher& matcher, const services::ServiceProbe& probe,
            std::string_view answer);
  void close_all();
};

/// One connection, and what was asked over it last.
struct Exchange {
  std::shared_ptr<Conversation> conversation;
  const services::ServiceProbe* probe = nullptr;
  bool over = false;  ///< it has said what it wanted to
};

/// Reads one connection to its end, until something is sure, or until the deadline, and writes down
/// what it tells. Outlives the dialogue by a moment, so that it has no part of it.
asio::awaitable<void> listen(DialogueWorld& world, std::shared_ptr<Heard> heard,
                             std::shared_ptr<Exchange> exchange, TimePoint deadline);

/// Until a sure answer, `over`, or `end`.
asio::awaitable<void> wait_until(Heard& heard, TimePoint end, const bool* over = nullptr);

}  // namespace lockstep::dialogue
