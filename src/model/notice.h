// What is told of alerts, and what waits to be told (notify/).

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/finding.h"

namespace lockstep {

enum class NoticeState : std::uint8_t {
  gathering,  ///< nothing was told yet: more nodes may come
  told,
  held,  ///< told, and muted on all nodes since: who unmutes it wants to hear of it again
  over,  ///< its end was told; kept for a while, so that what comes and goes is not told each time
};

inline constexpr std::array kNoticeStates = {NoticeState::gathering, NoticeState::told,
                                             NoticeState::held, NoticeState::over};

std::string_view to_string(NoticeState state);
std::optional<NoticeState> parse_notice_state(std::string_view text);

/// The longest name of a channel, in bytes.
inline constexpr std::size_t kMostChannelBytes = 60;

/// How far one cause was told by one channel. Times are whole seconds.
struct Notice {
  std::string channel{};
  std::string cause{};  ///< "A-17", or "group rack7" of nodes that are away together
  NoticeState state = NoticeState::gathering;
  WallTime since{};                      ///< when it was news
  std::optional<WallTime> first_told{};  ///< since it was over last; none: not yet
  std::optional<WallTime> last_told{};
  std::optional<WallTime> due{};  ///< when there is something to tell; none: only if it changes
  int messages = 0;               ///< how many were made, ever: numbers them
  int updates = 0;                ///< since it was raised last
  int raised = 0;                 ///< how often, since it was last quiet for long
  Severity severity = Severity::informational;  ///< as it was told
  std::string nodes{};                          ///< those that were told, folded
  std::string facts{};  ///< the latest message, as notify/message.h writes it; empty: none

  friend bool operator==(const Notice&, const Notice&) = default;
};

enum class MessageState : std::uint8_t { waiting, delivered, given_up };

inline constexpr std::array kMessageStates = {MessageState::waiting, MessageState::delivered,
                                              MessageState::given_up};

std::string_view to_string(MessageState state);  ///< "given-up"
std::optional<MessageState> parse_message_state(std::string_view text);

/// A message that a channel is to deliver, or has. Times are whole seconds.
struct OutboxMessage {
  std::int64_t id = 0;    ///< from 1, ascending as they were made
  std::string channel{};  ///< of the configuration
  std::string dedup{};    ///< the same whenever it is sent, and of no other message
  WallTime made{};
  WallTime due{};  ///< when it is tried next; of one that is done, when that was
  int tries = 0;
  MessageState state = MessageState::waiting;
  std::string payload{};  ///< as notify/message.h writes it
  std::string problem{};  ///< of the latest try; empty: none

  friend bool operator==(const OutboxMessage&, const OutboxMessage&) = default;
};

}  // namespace lockstep
