#include "model/notice.h"

#include "model/words.h"

namespace lockstep {
std::string_view to_string(NoticeState state) {
  switch (state) {
    case NoticeState::gathering: return "gathering";
    case NoticeState::told: return "told";
    case NoticeState::held: return "held";
    case NoticeState::over: return "over";
  }
  return "unknown";
}

std::optional<NoticeState> parse_notice_state(std::string_view text) {
  return parse_word(text, kNoticeStates);
}

std::string_view to_string(MessageState state) {
  switch (state) {
    case MessageState::waiting: return "waiting";
    case MessageState::delivered: return "delivered";
    case MessageState::given_up: return "given-up";
  }
  return "unknown";
}

std::optional<MessageState> parse_message_state(std::string_view text) {
  return parse_word(text, kMessageStates);
}

}  // namespace lockstep
