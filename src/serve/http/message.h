// A request and its response, as those see them who know nothing of sockets.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "serve/http/event_feed.h"

namespace lockstep::serve {

using HttpFields = std::vector<std::pair<std::string, std::string>>;

/// Where a request goes: "/api/v1/nodes/n%2F1?limit=5" is {"api", "v1", "nodes", "n/1"} and
/// {{"limit", "5"}}.
struct HttpTarget {
  std::vector<std::string> path;  ///< decoded, without empty segments
  HttpFields query;               ///< decoded, in the order of the request

  friend bool operator==(const HttpTarget&, const HttpTarget&) = default;
};

/// Errors: `invalid` for what is no absolute path (RFC 9112, 3.2.1): percent signs without two
/// digits, NUL, control characters, and segments "." and "..", which no honest client sends.
Result<HttpTarget> parse_target(std::string_view text);

struct HttpRequest {
  std::string method;  ///< "GET"
  HttpTarget target;
  HttpFields headers;  ///< names in lower case
  std::string body;
  std::string peer;  ///< the address of the other end
  bool secure = false;

  /// The first of that name, in lower case; empty: there is none.
  std::string_view header(std::string_view name) const;
  /// The first of that name in the query.
  std::optional<std::string_view> parameter(std::string_view name) const;
  /// Of the Cookie header.
  std::optional<std::string_view> cookie(std::string_view name) const;
};

struct HttpResponse {
  unsigned status = 200;
  std::string type = "application/json";  ///< of the body
  std::string body{};
  HttpFields headers{};
  /// What tells the body from others, where somebody knows already; empty: nobody does.
  std::string tag{};
  /// The same body compressed (compression.h), where somebody has it already; empty: nobody has.
  std::string gzip{};
  /// The body is the beginning of a stream of events, which goes on with those of the feed that
  /// come after this one (event_feed.h).
  std::optional<std::int64_t> events_after{};
  /// What this listener is told of an event, as it goes over the wire; empty: nothing. Null: he is
  /// told all. Called by the thread of input and output.
  std::function<std::string(const FeedEvent&)> event_text{};
};

}  // namespace lockstep::serve
