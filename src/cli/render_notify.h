// Messages of channels, for people and scripts.

#pragma once

#include <string>
#include <vector>

#include "control/notification_view.h"

namespace lockstep::cli {

using control::OutboxRow;

/// A row a message, the newest first.
std::string outbox_text(const std::vector<OutboxRow>& rows, WallTime now);

/// What became of a message that was sent by hand.
struct ChannelTest {
  std::string channel;
  std::string type;
  std::string problem;  ///< empty: it was taken
};

std::string channel_tests_text(const std::vector<ChannelTest>& tests);
std::string channel_tests_json(const std::vector<ChannelTest>& tests);

}  // namespace lockstep::cli
