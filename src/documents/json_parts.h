// What documents are made of: values of the documents, and how a document is written. The
// library stays in those files.

#pragma once

#include <fmt/format.h>

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/alert_use_cases.h"
#include "control/use_cases.h"
#include "control/value_use_cases.h"
#include "model/maintenance.h"
#include "model/user.h"
#include "model/value.h"

namespace lockstep::documents {

/// `text` as JSON can hold it: bytes that are not UTF-8 become U+FFFD.
boost::json::string json_text(std::string_view text);

std::string time_text(WallTime time);  ///< RFC 3339 in UTC, to the second
boost::json::value json_time(const std::optional<WallTime>& time);  ///< null: none
boost::json::value json_or_null(const std::string& text);           ///< null: empty

/// The keys protocol, port and state, null where there is none.
void add_subject(boost::json::object& object, std::optional<Protocol> protocol,
                 std::optional<Port> port, std::optional<PortState> state);

boost::json::value json_value(const Value& value);
boost::json::object json_value_row(const control::ValueRow& row);
boost::json::object json_service(const Service& service);
boost::json::object json_coverage(const Coverage& coverage);
boost::json::object json_alert(const AlertRow& row);
boost::json::array json_classes(const std::set<std::string>& classes);
boost::json::object json_user(const User& user);
boost::json::object json_token(const AccessToken& token);
boost::json::object json_node(const Node& node);
boost::json::object json_maintenance(const MaintenanceWindow& window);

/// What `scan`, `sweep` and `learn` say of the look itself.
boost::json::object json_record(const SweepRecord& record);

template <typename T, typename Row>
boost::json::array json_array(const std::vector<T>& values, Row row) {
  boost::json::array array;
  array.reserve(values.size());
  for (const T& value : values) array.emplace_back(row(value));
  return array;
}

boost::json::array json_texts(const std::vector<std::string>& texts);

/// One document, one line.
std::string json_document(const boost::json::object& object);

/// A document whose long arrays are written row by row: as one tree of values they would take many
/// times the memory of the sweep itself.
/// How a list begins: `next` is the cursor of the next page, empty on the last one; null: it has no
/// pages.
boost::json::object list_head(std::size_t count, const std::string* next);

class LongDocument {
 public:
  /// `head` has a key at least.
  explicit LongDocument(const boost::json::object& head) : text_(boost::json::serialize(head)) {
    text_.pop_back();  // the closing brace
  }

  template <typename T, typename Row>
  void add(std::string_view name, const std::vector<T>& values, Row row) {
    text_ += fmt::format(",\"{}\":[", name);
    for (const T& value : values) {
      text_ += boost::json::serialize(row(value));
      text_ += ',';
    }
    if (!values.empty()) text_.pop_back();
    text_ += ']';
  }

  std::string take() { return std::move(text_) + "}\n"; }

 private:
  std::string text_;
};

}  // namespace lockstep::documents
