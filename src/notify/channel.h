// A way to tell people: one folder each, and one line in app/.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "notify/message.h"

namespace lockstep::notify {

enum class Outcome : std::uint8_t {
  delivered,
  retry,        ///< this message not now; others may get through
  unreachable,  ///< none gets through now
  rejected,     ///< this message never
};

struct Delivery {
  Outcome outcome = Outcome::delivered;
  /// Why not: without secrets, URLs with paths, or text from outside that was not escaped.
  std::string problem{};
  std::optional<std::chrono::seconds> retry_after{};  ///< that the other side asked for
};

/// One thread at a time. A call returns within half a minute, and soon once `stop` is set.
class Channel {
 public:
  virtual ~Channel() = default;

  virtual Delivery send(const Message& message, const std::atomic<bool>& stop) = 0;

  /// How often what is open is told again, so that the other side does not hold it to be over; 0:
  /// there is no need.
  virtual std::chrono::seconds restates_every() const { return std::chrono::seconds(0); }
  /// All that is open, with the facts as they were told last.
  virtual Delivery restate(std::span<const Message> /*open*/, const std::atomic<bool>& /*stop*/) {
    return {};
  }

  /// Nothing is wrong with Lockstep itself. `every`: how often this is said.
  virtual Delivery beat(const Message& alive, std::chrono::seconds /*every*/,
                        const std::atomic<bool>& stop) {
    return send(alive, stop);
  }
};

}  // namespace lockstep::notify
