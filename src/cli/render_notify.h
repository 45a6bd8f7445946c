// Messages of channels, for people and scripts.

#pragma once

#include <string>
#include <vector>

#include "model/notice.h"

namespace lockstep::cli {

struct OutboxRow {
  OutboxMessage message;
  std::string title;  ///< one line, escaped
};

/// A row a message, the newest first.
std::string outbox_text(const std::vector<OutboxRow>& rows, WallTime now);
std::string outbox_json(const std::vector<OutboxRow>& rows);

/// What became of a message that was sent by hand.
struct ChannelTest {
  std::string channel;
  std::string type;
  std::string problem;  ///< empty: it was taken
};

std::string channel_tests_text(const std::vector<ChannelTest>& tests);
std::string channel_tests_json(const std::vector<ChannelTest>& tests);

}  // namespace lockstep::cli
