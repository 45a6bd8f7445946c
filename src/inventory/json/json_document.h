// JSON that other programs write, read with bounds, and with the place in every message.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace boost::json {
class value;
}

namespace lockstep {

/// A value within a document, valid as long as that is. Errors are `invalid` and begin with the
/// path: "nodes[3].state: a number, where text is expected".
class JsonValue {
 public:
  /// "nodes[3].state".
  const std::string& path() const { return path_; }

  /// A member of an object; `invalid` if this is none, or has none of that name.
  Result<JsonValue> member(std::string_view key) const;
  /// The same where it may be missing: nothing if this is no object, has no such member, or null.
  std::optional<JsonValue> find(std::string_view key) const;
  /// All members, in their order.
  Result<std::vector<std::pair<std::string, JsonValue>>> members() const;

  bool is_text() const;
  Result<std::string> text() const;
  Result<std::vector<JsonValue>> items() const;
  /// An array of texts, or one text.
  Result<std::vector<std::string>> texts() const;
  /// Nothing if it is no whole number of 0 to 2^63-1.
  std::optional<std::int64_t> number() const;

 private:
  friend class JsonDocument;
  JsonValue(const boost::json::value* value, std::string path)
      : value_(value), path_(std::move(path)) {}

  std::unexpected<Error> mismatch(std::string_view expected) const;

  const boost::json::value* value_;
  std::string path_;
};

class JsonDocument {
 public:
  /// Reads a whole document, nested at most 32 deep. `text` may go afterwards; bytes that are not
  /// UTF-8 are kept within texts. `invalid` says at which byte it is wrong.
  static Result<JsonDocument> parse(std::string_view text);
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  JsonValue root() const { return JsonValue(value_.get(), ""); }

 private:
  explicit JsonDocument(std::unique_ptr<boost::json::value> value);

  std::unique_ptr<boost::json::value> value_;
};

}  // namespace lockstep
