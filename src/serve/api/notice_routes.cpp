// /notices, /outbox

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "documents/documents.h"
#include "documents/json_parts.h"
#include "serve/api/routes.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostRows = 1000;
constexpr std::size_t kUsualRows = 100;

Result<HttpResponse> notices(ApiCall& call) {
  LOCKSTEP_TRY(const auto notices, call.store.notices());
  LOCKSTEP_TRY(const auto waiting, call.store.waiting_messages());
  return json_answer(documents::notices_json(call.world.channels(), notices, waiting));
}

Result<HttpResponse> outbox(ApiCall& call) {
  OutboxFilter filter;
  LOCKSTEP_TRY(filter.limit, call.number("limit", kUsualRows, kMostRows));
  filter.channel = call.text("channel");
  const std::string state = call.text("state");
  filter.state = parse_message_state(state);
  if (!state.empty() && !filter.state) {
    return fail(ErrorKind::invalid, "state: waiting, delivered or given-up");
  }
  LOCKSTEP_TRY(const auto messages, call.store.outbox(filter));
  std::vector<control::OutboxRow> rows;
  rows.reserve(messages.size());
  for (const OutboxMessage& message : messages) {
    rows.push_back({message, call.world.title_of(message)});
  }
  return json_answer(documents::outbox_json(rows));
}

Result<HttpResponse> test(ApiCall& call) {
  LOCKSTEP_TRY(const json::object body, call.body({"channel"}));
  LOCKSTEP_TRY(const std::string channel, text_of(body, "channel"));
  if (channel.empty()) return fail(ErrorKind::invalid, "\"channel\": its name");
  LOCKSTEP_TRY(const control::TestDelivery sent, call.world.test_channel(channel));
  AuditEntry entry;
  entry.at = call.world.now();
  entry.person = call.identity->user;
  entry.action = "notify test";
  entry.subject = channel;
  entry.detail = sent.delivered ? "delivered" : sent.problem;
  LOCKSTEP_CHECK(call.store.add_audit(entry));
  return json_answer(documents::json_document(
      {{"delivered", sent.delivered}, {"problem", documents::json_or_null(sent.problem)}}));
}

constexpr Parameter kOutboxQuery[] = {
    {"channel", "string", "of this one alone"},
    {"state", "string", "waiting (then the oldest first), delivered or given-up"},
    {"limit", "integer", "the latest so many, up to 1,000"}};

constexpr Route kRoutes[] = {
    {"GET",
     "/notices",
     Role::operating,
     false,
     true,
     "Channels, how far each cause was told, and how many messages wait",
     {},
     nullptr,
     "Notices",
     notices},
    {"POST",
     "/notices/test",
     Role::admin,
     false,
     true,
     "Sends a message by a channel, and says what became of it",
     {},
     "ChannelTest",
     "TestDelivery",
     test},
    {"GET", "/outbox", Role::operating, false, true,
     "Messages that wait, were delivered, or were given up", kOutboxQuery, nullptr, "Outbox",
     outbox},
};

}  // namespace

std::span<const Route> notice_routes() {
  return kRoutes;
}

}  // namespace lockstep::serve
