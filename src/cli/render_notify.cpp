#include "cli/render_notify.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/format.h"
#include "cli/table.h"
#include "documents/json_parts.h"

namespace lockstep::cli {

using namespace documents;

namespace {

constexpr std::size_t kMostProblem = 160;

}  // namespace

std::string outbox_text(const std::vector<OutboxRow>& rows, WallTime now) {
  if (rows.empty()) return "No message waits, and none was given up.\n";
  Table table({"ID", "CHANNEL", "STATE", "MADE", "TRIES", "NEXT", "WHAT"});
  for (const OutboxRow& row : rows) {
    const OutboxMessage& message = row.message;
    const bool waits = message.state == MessageState::waiting;
    table.add({fmt::format("{}", message.id), shown(message.channel),
               std::string(to_string(message.state)), format_age(now - message.made),
               fmt::format("{}", message.tries), waits ? format_age(message.due - now) : "-",
               row.title});
    if (!message.problem.empty()) table.add_note(shown_sentence(message.problem, kMostProblem));
  }
  return table.to_string();
}

std::string channel_tests_text(const std::vector<ChannelTest>& tests) {
  Table table({"CHANNEL", "TYPE", "RESULT"});
  for (const ChannelTest& test : tests) {
    table.add({test.channel, test.type,
               test.problem.empty() ? "taken" : shown_sentence(test.problem, kMostProblem)});
  }
  return table.to_string();
}

std::string channel_tests_json(const std::vector<ChannelTest>& tests) {
  LongDocument document({{"count", tests.size()}});
  document.add("channels", tests, [](const ChannelTest& test) {
    return boost::json::object{{"channel", test.channel},
                               {"type", test.type},
                               {"taken", test.problem.empty()},
                               {"problem", json_or_null(test.problem)}};
  });
  return document.take();
}

}  // namespace lockstep::cli
