#include "store/sql/notice_tables.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "store/sql/alert_tables.h"
#include "store/sql/event_tables.h"
#include "store/sql/maintenance_tables.h"
#include "store/sql/numbers.h"
#include "store/sql/rows.h"
#include "store/sql/text.h"

namespace lockstep {
namespace {

constexpr Column kCursorColumns[] = {{"id"}, {"last_event"}};
constexpr BulkTable kCursor = {"notice_cursor", kCursorColumns, 1};

constexpr Column kNoticeColumns[] = {{"channel", kMostChannelBytes},
                                     {"cause", 255},
                                     {"state", 20},
                                     {"since", 20},
                                     {"first_told", 20},
                                     {"last_told", 20},
                                     {"due", 20},
                                     {"messages"},
                                     {"updates"},
                                     {"raised"},
                                     {"severity", 20},
                                     {"nodes"},
                                     {"facts"}};
constexpr BulkTable kNotices = {"notices", kNoticeColumns, 2};

constexpr Column kOutboxColumns[] = {{"id"},         {"channel", kMostChannelBytes},
                                     {"dedup", 255}, {"made", 20},
                                     {"due", 20},    {"tries"},
                                     {"state", 20},  {"payload"},
                                     {"problem"}};
constexpr BulkTable kOutbox = {"outbox", kOutboxColumns, 1};

std::optional<int> parse_count(std::string_view text) {
  const auto number = parse_number(text);
  if (!number || *number < 0 || *number > 1'000'000'000) return std::nullopt;
  return static_cast<int>(*number);
}

Result<Notice> to_notice(Fields row) {
  const auto text = [&](std::size_t i) { return std::string(row[i].value_or("")); };
  const auto time = [&](std::size_t i) { return row[i] ? parse_time(*row[i]) : std::nullopt; };
  const auto state = parse_notice_state(text(2));
  const auto since = time(3);
  const auto messages = parse_count(text(7));
  const auto updates = parse_count(text(8));
  const auto raised = parse_count(text(9));
  const auto severity = parse_severity(text(10));
  if (!state || !since || !messages || !updates || !raised || !severity) {
    return corrupt_row(kNotices.name, fmt::format("cause {}", quoted(text(1))),
                       "one of its values has no sense");
  }
  return Notice{.channel = text(0),
                .cause = text(1),
                .state = *state,
                .since = *since,
                .first_told = time(4),
                .last_told = time(5),
                .due = time(6),
                .messages = *messages,
                .updates = *updates,
                .raised = *raised,
                .severity = *severity,
                .nodes = text(11),
                .facts = text(12)};
}

Result<OutboxMessage> to_message(Fields row) {
  const auto text = [&](std::size_t i) { return std::string(row[i].value_or("")); };
  const auto id = parse_number(text(0));
  const auto made = parse_time(text(3));
  const auto due = parse_time(text(4));
  const auto tries = parse_count(text(5));
  const auto state = parse_message_state(text(6));
  if (!id || !made || !due || !tries || !state) {
    return corrupt_row(kOutbox.name, fmt::format("id {}", quoted(text(0))),
                       "one of its values has no sense");
  }
  return OutboxMessage{.id = *id,
                       .channel = text(1),
                       .dedup = text(2),
                       .made = *made,
                       .due = *due,
                       .tries = *tries,
                       .state = *state,
                       .payload = text(7),
                       .problem = text(8)};
}

Result<void> write_messages(Connection& connection, std::span<const OutboxMessage> messages) {
  return connection.bulk().upsert(kOutbox, messages.size(), [&](std::size_t i, BulkRow& row) {
    const OutboxMessage& message = messages[i];
    row.number(message.id);
    row.text(message.channel);
    row.text(message.dedup);
    row.time(message.made);
    row.time(message.due);
    row.number(message.tries);
    row.text(to_string(message.state));
    row.text(message.payload);
    row.text(message.problem);
  });
}

Result<void> write_notices(Connection& connection, std::span<const Notice> notices) {
  return connection.bulk().upsert(kNotices, notices.size(), [&](std::size_t i, BulkRow& row) {
    const Notice& notice = notices[i];
    row.text(notice.channel);
    row.text(notice.cause);
    row.text(to_string(notice.state));
    row.time(notice.since);
    row.time(notice.first_told);
    row.time(notice.last_told);
    row.time(notice.due);
    row.number(notice.messages);
    row.number(notice.updates);
    row.number(notice.raised);
    row.text(to_string(notice.severity));
    row.text(notice.nodes);
    row.text(notice.facts);
  });
}

Result<std::int64_t> read_cursor(Connection& connection) {
  std::int64_t cursor = 0;
  const std::string query = "SELECT last_event FROM notice_cursor WHERE id = 1";
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    cursor = parse_number(row[0].value_or("")).value_or(0);
    return {};
  }));
  return cursor;
}

/// Of the alerts that count now, and of those that something was told of.
Result<std::vector<AlertRecord>> relevant_alerts(Connection& connection,
                                                 const std::vector<Notice>& notices) {
  std::set<std::int64_t> told;
  for (const Notice& notice : notices) {
    const auto id = parse_alert_name(notice.cause);
    if (id) told.insert(*id);
  }
  std::string where = "status NOT IN ('pending', 'resolved')";
  if (!told.empty()) where += fmt::format(" OR id IN ({})", fmt::join(told, ", "));
  return read_alerts(connection, where);
}

}  // namespace

Result<std::map<std::string, std::size_t>> count_waiting(Connection& connection) {
  std::map<std::string, std::size_t> waiting;
  const std::string query =
      "SELECT channel, COUNT(*) FROM outbox WHERE state = 'waiting' GROUP BY channel";
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    const auto count = parse_number(row[1].value_or("")).value_or(0);
    waiting.emplace(row[0].value_or(""),
                    static_cast<std::size_t>(std::max<std::int64_t>(count, 0)));
    return {};
  }));
  return waiting;
}

Result<std::vector<Notice>> read_notices(Connection& connection) {
  std::vector<Notice> notices;
  const std::string query = fmt::format("SELECT {} FROM notices", names_of(kNoticeColumns));
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    LOCKSTEP_TRY(Notice notice, to_notice(row));
    notices.push_back(std::move(notice));
    return {};
  }));
  std::ranges::sort(notices, {},
                    [](const Notice& notice) { return std::tie(notice.channel, notice.cause); });
  return notices;
}

Result<void> decide_notices(Connection& connection, const DecideNotices& decide) {
  NoticeBook book;
  LOCKSTEP_TRY(const std::int64_t cursor, read_cursor(connection));
  book.latest_event = read_latest_event(connection);
  book.is_news = book.latest_event != cursor;
  LOCKSTEP_TRY(book.notices, read_notices(connection));
  LOCKSTEP_TRY(book.alerts, relevant_alerts(connection, book.notices));
  LOCKSTEP_TRY(book.waiting, count_waiting(connection));
  LOCKSTEP_TRY(book.maintenance, read_maintenance(connection, Unreadable::is_none));
  LOCKSTEP_TRY(NoticeChanges changes, decide(book));
  LOCKSTEP_CHECK(
      connection.bulk().erase(kNotices, changes.forgotten.size(), [&](std::size_t i, BulkRow& row) {
        row.text(changes.forgotten[i].first);
        row.text(changes.forgotten[i].second);
      }));
  LOCKSTEP_CHECK(write_notices(connection, changes.written));
  std::int64_t id = next_id(connection, kOutbox.name);
  for (OutboxMessage& message : changes.messages) message.id = id++;
  LOCKSTEP_CHECK(write_messages(connection, changes.messages));
  if (!book.is_news) return {};
  return connection.bulk().upsert(kCursor, 1, [&](std::size_t, BulkRow& row) {
    row.number(1);
    row.number(book.latest_event);
  });
}

Result<std::vector<OutboxMessage>> read_outbox(Connection& connection, const OutboxFilter& filter) {
  std::string where = "1 = 1";
  if (filter.state) where += fmt::format(" AND state = '{}'", to_string(*filter.state));
  if (!filter.channel.empty()) {
    if (!is_harmless(filter.channel)) return std::vector<OutboxMessage>{};
    where += fmt::format(" AND channel = '{}'", filter.channel);
  }
  const bool oldest = filter.state == MessageState::waiting;
  std::vector<OutboxMessage> messages;
  const std::string query = fmt::format("SELECT {} FROM outbox WHERE {} ORDER BY id {} LIMIT {}",
                                        names_of(kOutboxColumns), where, oldest ? "ASC" : "DESC",
                                        to_number(filter.limit));
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    LOCKSTEP_TRY(OutboxMessage message, to_message(row));
    messages.push_back(std::move(message));
    return {};
  }));
  return messages;
}

Result<void> write_deliveries(Connection& connection, std::span<const OutboxMessage> messages) {
  for (const OutboxMessage& message : messages) {
    const std::string due = to_text(message.due);
    const std::string state(to_string(message.state));
    const std::string problem = storable(message.problem);
    connection.sql() << fmt::format(
        "UPDATE outbox SET due = :due, tries = {}, state = :state, problem = :problem WHERE id = "
        "{}",
        message.tries, message.id),
        soci::use(due), soci::use(state), soci::use(problem);
  }
  return {};
}

}  // namespace lockstep
