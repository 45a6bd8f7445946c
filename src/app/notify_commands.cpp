#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "app/commands.h"
#include "app/console.h"
#include "app/notifications.h"
#include "app/session.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/render_notify.h"
#include "documents/documents.h"
#include "notify/message.h"

namespace lockstep {
namespace {

cli::ChannelTest test(const NotifyChannelConfig& config, const std::string& cluster) {
  const std::atomic<bool> stop{false};
  const control::TestDelivery sent = send_test(config, cluster, stop);
  return {config.policy.name, config.type, sent.problem};
}

}  // namespace

Result<int> run_command(const cli::NotifyTestCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const Setup setup, setup_of(call));
  LOCKSTEP_CHECK(require_file(setup));
  std::vector<cli::ChannelTest> tests;
  for (const NotifyChannelConfig& config : setup.config.notify.channels) {
    const bool meant = command.channel.empty() || command.channel == config.policy.name;
    if (meant) tests.push_back(test(config, setup.config.cluster));
  }
  if (tests.empty()) {
    return fail(
        command.channel.empty() ? ErrorKind::invalid : ErrorKind::not_found,
        command.channel.empty()
            ? fmt::format("{} has no channel; add a table [notify.NAME]", setup.path)
            : fmt::format("there is no channel {} in {}", quoted(command.channel), setup.path));
  }
  LOCKSTEP_CHECK(call.console.print(command.json ? cli::channel_tests_json(tests)
                                                 : cli::channel_tests_text(tests)));
  const bool good =
      std::ranges::all_of(tests, [](const auto& each) { return each.problem.empty(); });
  return good ? cli::kInStep : cli::kIncomplete;
}

Result<int> run_command(const cli::NotifyListCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  std::vector<cli::OutboxRow> rows;
  for (const MessageState state : kMessageStates) {
    if (state == MessageState::delivered && !command.all) continue;
    LOCKSTEP_TRY(const std::vector<OutboxMessage> messages,
                 opened.store->outbox({.channel = "", .state = state, .limit = command.limit}));
    for (const OutboxMessage& message : messages) {
      const auto read = notify::read_message(message.payload);
      rows.push_back({message, read ? notify::title_of(*read) : read.error().message()});
    }
  }
  std::ranges::sort(rows, std::greater{}, [](const cli::OutboxRow& row) { return row.message.id; });
  if (rows.size() > command.limit) rows.resize(command.limit);
  LOCKSTEP_CHECK(call.console.print(command.json ? documents::outbox_json(rows)
                                                 : cli::outbox_text(rows, now_in_seconds())));
  return cli::kInStep;
}

}  // namespace lockstep
