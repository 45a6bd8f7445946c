#include "inventory/json/json_document.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <new>

#include "base/text.h"

namespace lockstep {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostDepth = 32;

std::string_view kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "true or false";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: return "a number";
    case json::kind::string: return "text";
    case json::kind::array: return "a list";
    case json::kind::object: return "an object";
  }
  return "nothing";
}

std::string member_path(const std::string& path, std::string_view key) {
  // A key that is no plain word is a stranger's.
  std::string shown(key);
  for (const char c : key) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-';
    if (plain && key.size() <= 64) continue;
    shown = fmt::format("[{}]", quoted(key, 64));
    return path + shown;
  }
  return path.empty() ? shown : path + "." + shown;
}

}  // namespace

std::unexpected<Error> JsonValue::mismatch(std::string_view expected) const {
  return fail(ErrorKind::invalid,
              fmt::format("{}: {}, where {} is expected", path_.empty() ? "the document" : path_,
                          kind_of(*value_), expected));
}

Result<JsonValue> JsonValue::member(std::string_view key) const {
  if (!value_->is_object()) return mismatch("an object");
  const json::value* found = value_->get_object().if_contains(key);
  if (found != nullptr) return JsonValue(found, member_path(path_, key));
  return fail(ErrorKind::invalid,
              fmt::format("{}: has no \"{}\"", path_.empty() ? "the document" : path_, key));
}

std::optional<JsonValue> JsonValue::find(std::string_view key) const {
  if (!value_->is_object()) return std::nullopt;
  const json::value* found = value_->get_object().if_contains(key);
  if (found == nullptr || found->is_null()) return std::nullopt;
  return JsonValue(found, member_path(path_, key));
}

Result<std::vector<std::pair<std::string, JsonValue>>> JsonValue::members() const {
  if (!value_->is_object()) return mismatch("an object");
  std::vector<std::pair<std::string, JsonValue>> result;
  for (const auto& [key, value] : value_->get_object()) {
    result.emplace_back(std::string(key), JsonValue(&value, member_path(path_, key)));
  }
  return result;
}

bool JsonValue::is_text() const {
  return value_->is_string();
}

Result<std::string> JsonValue::text() const {
  if (!value_->is_string()) return mismatch("text");
  return std::string(value_->get_string());
}

Result<std::vector<JsonValue>> JsonValue::items() const {
  if (!value_->is_array()) return mismatch("a list");
  std::vector<JsonValue> result;
  for (const json::value& item : value_->get_array()) {
    result.push_back(JsonValue(&item, fmt::format("{}[{}]", path_, result.size())));
  }
  return result;
}

Result<std::vector<std::string>> JsonValue::texts() const {
  std::vector<std::string> result;
  if (value_->is_string()) {
    result.emplace_back(value_->get_string());
    return result;
  }
  if (!value_->is_array()) return mismatch("text or a list");
  LOCKSTEP_TRY(const std::vector<JsonValue> all, items());
  for (const JsonValue& item : all) {
    LOCKSTEP_TRY(std::string text, item.text());
    result.push_back(std::move(text));
  }
  return result;
}

std::optional<std::int64_t> JsonValue::number() const {
  if (const std::int64_t* number = value_->if_int64(); number != nullptr && *number >= 0) {
    return *number;
  }
  return std::nullopt;
}

JsonDocument::JsonDocument(std::unique_ptr<json::value> value) : value_(std::move(value)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

Result<JsonDocument> JsonDocument::parse(std::string_view text) {
  try {
    json::parse_options options;
    options.max_depth = kMostDepth;
    options.allow_invalid_utf8 = true;
    json::stream_parser parser({}, options);
    boost::system::error_code error;
    std::size_t at = parser.write_some(text.data(), text.size(), error);
    // After the document white space alone may follow.
    if (!error && at < text.size() && !trimmed(text.substr(at)).empty()) {
      error = json::error::extra_data;
    }
    if (!error) {
      at = text.size();
      parser.finish(error);
    }
    if (error) {
      return fail(ErrorKind::invalid,
                  fmt::format("not JSON at byte {} of {}: {}", at, text.size(), error.message()));
    }
    return JsonDocument(std::make_unique<json::value>(parser.release()));
  } catch (const std::bad_alloc&) {
    return fail(ErrorKind::unavailable, "there is no memory for the document");
  } catch (const std::exception& failure) {
    return fail(ErrorKind::invalid, fmt::format("not JSON: {}", failure.what()));
  }
}

}  // namespace lockstep
