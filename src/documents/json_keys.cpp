#include "documents/documents.h"
#include "documents/json_parts.h"

namespace lockstep::documents {
namespace {

namespace json = boost::json;

json::object of_row(const control::KeyRow& row) {
  return {{"node", json_text(row.key.node)},
          {"network", json_text(row.key.network)},
          {"protocol", to_string(row.key.protocol)},
          {"port", row.key.port},
          {"type", json_text(row.key.type)},
          {"sha256", json_text(row.key.sha256)},
          {"known", row.known},
          {"seen", row.seen},
          {"since", json_time(row.key.since)},
          {"accepted_by", json_or_null(row.key.by)}};
}

}  // namespace

std::string keys_json(const std::vector<control::KeyRow>& rows, const std::string* next) {
  LongDocument document(list_head(rows.size(), next));
  document.add("keys", rows, of_row);
  return document.take();
}

std::string accept_json(const control::AcceptReport& report) {
  json::array resolved;
  for (const std::int64_t id : report.resolved) resolved.emplace_back(alert_name(id));
  LongDocument document({{"accepted", report.accepted},
                         {"forgotten", report.forgotten},
                         {"resolved", std::move(resolved)}});
  document.add("keys", report.rows, of_row);
  return document.take();
}

}  // namespace lockstep::documents
