#include <utility>

#include "documents/documents.h"
#include "documents/json_parts.h"
#include "model/nodeset.h"

namespace lockstep::documents {
namespace {

namespace json = boost::json;

json::object of_channel(const control::ChannelInfo& channel) {
  const auto word_of = [](FindingKind kind) { return json::value(to_string(kind)); };
  return {
      {"name", json_text(channel.name)},
      {"kind", json_text(channel.kind)},
      {"enabled", channel.enabled},
      {"severity", to_string(channel.least)},
      {"kinds", json_array(channel.kinds, word_of)},
      {"classes", json_texts(channel.classes)},
      {"nodes", json_or_null(channel.nodes)},
      {"repeat_s", channel.repeat ? json::value(channel.repeat->count()) : json::value(nullptr)}};
}

json::object of_notice(const Notice& notice) {
  return {{"channel", json_text(notice.channel)},
          {"cause", json_text(notice.cause)},
          {"state", to_string(notice.state)},
          {"since", json_time(notice.since)},
          {"first_told", json_time(notice.first_told)},
          {"last_told", json_time(notice.last_told)},
          {"due", json_time(notice.due)},
          {"messages", notice.messages},
          {"updates", notice.updates},
          {"severity", to_string(notice.severity)},
          {"nodes", json_text(notice.nodes)}};
}

json::object of_message(const control::OutboxRow& row) {
  const OutboxMessage& message = row.message;
  return {{"id", message.id},
          {"channel", json_text(message.channel)},
          {"state", to_string(message.state)},
          {"made", json_time(message.made)},
          {"due", json_time(message.due)},
          {"tries", message.tries},
          {"title", json_text(row.title)},
          {"problem", json_or_null(message.problem)}};
}

}  // namespace

std::string notices_json(const std::vector<control::ChannelInfo>& channels,
                         const std::vector<Notice>& notices,
                         const std::map<std::string, std::size_t>& waiting) {
  json::object counts;
  for (const control::ChannelInfo& channel : channels) counts[channel.name] = 0;
  for (const auto& [channel, count] : waiting) counts[json_text(channel)] = count;
  LongDocument document(
      {{"channels", json_array(channels, of_channel)}, {"waiting", std::move(counts)}});
  document.add("notices", notices, of_notice);
  return document.take();
}

std::string outbox_json(const std::vector<control::OutboxRow>& rows) {
  LongDocument document({{"count", rows.size()}});
  document.add("messages", rows, of_message);
  return document.take();
}

json::object json_maintenance(const MaintenanceWindow& window) {
  const bool configured = window.id == 0;
  return {{"id", configured ? json::value(nullptr) : json::value(window.id)},
          {"nodes", json_text(window.nodes)},
          {"from", json_time(window.from)},
          {"until", json_time(window.until)},
          {"note", json_text(window.note)},
          {"source", configured ? json::string("configuration") : json_text(window.by)},
          {"made", configured ? json::value(nullptr) : json_time(window.made)}};
}

std::string maintenance_json(const std::vector<MaintenanceWindow>& windows) {
  LongDocument document({{"count", windows.size()}});
  document.add("maintenance", windows, json_maintenance);
  return document.take();
}

}  // namespace lockstep::documents
