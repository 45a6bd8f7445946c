#include "serve/api/api.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <utility>

#include "documents/json_parts.h"
#include "serve/api/account.h"
#include "serve/api/metrics.h"
#include "serve/auth/secrets.h"
#include "serve/http/compression.h"

namespace lockstep::serve {
namespace {

constexpr std::size_t kMostIdleStores = 8;
constexpr std::string_view kBearer = "Bearer ";
constexpr const char* kAway = "the store cannot be reached now: try again";

HttpResponse refusal(unsigned status, const char* kind, const std::string& message) {
  HttpResponse response;
  response.status = status;
  response.body = documents::json_document(
      {{"error", boost::json::object{{"kind", kind}, {"message", documents::json_text(message)}}}});
  return response;
}

HttpResponse plain(unsigned status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.type = "text/plain; charset=utf-8";
  response.body = std::move(body);
  return response;
}

bool changes_something(const HttpRequest& request) {
  return request.method != "GET" && request.method != "HEAD";
}

/// A request that changes something by a cookie has to come from our own pages: another site's can
/// neither set this header nor hide its origin.
bool is_own_page(const HttpRequest& request) {
  if (request.header("x-lockstep-request").empty()) return false;
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return true;
  const std::string own =
      fmt::format("{}://{}", request.secure ? "https" : "http", request.header("host"));
  return origin == own;
}

/// Below this, compression saves no packet.
constexpr std::size_t kLeastPacked = 1024;

/// Smaller, where the client takes it so. Never what answers a change: that may hold a secret, and
/// the size of what is compressed tells of what it holds.
bool pack(const HttpRequest& request, HttpResponse& response) {
  if (response.body.size() < kLeastPacked) return false;
  response.headers.emplace_back("Vary", "Accept-Encoding");
  return takes_gzip(request.header("accept-encoding"));
}

/// Whoever has this answer already gets no other.
void add_tag(const HttpRequest& request, HttpResponse& response) {
  if (request.method != "GET" && request.method != "HEAD") return;
  if (response.status != 200 || response.body.empty() || response.events_after) return;
  const bool is_packed = pack(request, response);
  if (response.tag.empty()) response.tag = hash_of_secret(response.body).substr(0, 32);
  // Each form of a body has a tag of its own.
  const std::string tag = fmt::format("\"{}{}\"", response.tag, is_packed ? "-gzip" : "");
  response.headers.emplace_back("ETag", tag);
  if (request.header("if-none-match").find(tag) != std::string_view::npos) {
    response.status = 304;
    response.body.clear();
  } else if (is_packed) {
    if (response.gzip.empty()) response.gzip = gzip(response.body, GzipEffort::least);
    if (response.gzip.empty()) return;  // it cannot be done now
    response.body = std::move(response.gzip);
    response.headers.emplace_back("Content-Encoding", "gzip");
  }
}

/// Beside a request that waits for too many failures.
void add_wait(const Error& error, HttpResponse& response) {
  constexpr std::string_view kStart = "too many failures: try again in ";
  if (!error.message().starts_with(kStart)) return;
  response.status = 429;
  std::string seconds = error.message().substr(kStart.size());
  seconds.resize(seconds.find_first_not_of("0123456789"));
  response.headers.emplace_back("Retry-After", seconds);
}

}  // namespace

Result<std::unique_ptr<Store>> Api::take_store() {
  {
    const std::lock_guard lock(mutex_);
    if (!stores_.empty()) {
      auto store = std::move(stores_.back());
      stores_.pop_back();
      return store;
    }
  }
  return world_.open_store();
}

void Api::give_back(std::unique_ptr<Store> store) {
  const std::lock_guard lock(mutex_);
  if (stores_.size() < kMostIdleStores) stores_.push_back(std::move(store));
}

HttpResponse Api::health(bool ready) {
  if (!world_.is_alive()) return plain(503, "a thread of the daemon hangs\n");
  if (ready && live_.current() == nullptr) return plain(503, "nothing was read yet\n");
  if (ready && (live_.is_old() || !live_.problem().empty())) {
    return plain(503, "the store cannot be read\n");
  }
  return plain(200, ready ? "ready\n" : "healthy\n");
}

HttpResponse Api::answer(const HttpRequest& request) {
  const auto& path = request.target.path;
  const bool is_health = path.size() == 2 && path[0] == "-";
  if (is_health && path[1] == "healthy") return health(false);
  if (is_health && path[1] == "ready") return health(true);
  if (auto page = page_of(options_.pages, request)) return std::move(*page);
  const bool is_metrics = path.size() == 1 && path[0] == "metrics";
  if (is_metrics && options_.open_metrics) return metrics();
  auto store = take_store();
  if (!store) {
    // Not the message: it may tell a stranger where the store is.
    return refusal(503, "unavailable", kAway);
  }
  HttpResponse response = answer_path(request, **store);
  // A connection that failed is not used again.
  if (response.status < 500) give_back(std::move(*store));
  response.headers.emplace_back("Cache-Control", "private, no-cache");
  add_tag(request, response);
  return response;
}

Result<std::optional<Identity>> Api::identify(const HttpRequest& request, Access& access) {
  const std::string_view authorization = request.header("authorization");
  if (authorization.starts_with(kBearer)) {
    return access.identify(authorization.substr(kBearer.size()), world_.now());
  }
  const auto cookie = request.cookie(kSessionCookie);
  if (!cookie) return std::nullopt;
  LOCKSTEP_TRY(auto identity, access.identify(*cookie, world_.now()));
  // Of a script's token nobody knows that a browser sends it by itself.
  if (identity && identity->via != TokenKind::session) return std::nullopt;
  return identity;
}

HttpResponse Api::metrics() {
  const auto live = live_.is_old() ? nullptr : live_.current();
  HttpResponse response = plain(200, metrics_text(world_, live.get(), server_.counts()));
  response.type = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

void Api::limit_events(const ApiCall& call, HttpResponse& response) {
  response.event_text = [this, classes = call.identity->classes](const FeedEvent& event) {
    return partial_events_.text_of(event.about, classes, *live_.current()->view);
  };
}

HttpResponse Api::answer_path(const HttpRequest& request, Store& store) {
  const auto& path = request.target.path;
  if (path.size() == 1 && path[0] == "metrics") {
    Access access(store, throttle_, options_.access);
    const auto identity = identify(request, access);
    if (!identity) return refusal(503, "unavailable", kAway);
    if (!*identity) return refusal(401, "denied", "a token is needed");
    if (!(*identity)->classes.empty()) {
      return refusal(403, "denied", "this is for those who see all classes");
    }
    return metrics();
  }
  if (path.size() < 2 || path[0] != "api" || path[1] != "v1") {
    return refusal(404, "not-found", "there is nothing here; the API is below /api/v1");
  }
  const Match match = find_route(request.method, std::span(path).subspan(2));
  if (match.allowed.empty()) {
    return refusal(404, "not-found", "there is no such path; see /api/v1/openapi.json");
  }
  if (match.route == nullptr) {
    HttpResponse response = refusal(405, "invalid", "this path takes " + match.allowed);
    response.headers.emplace_back("Allow", match.allowed);
    return response;
  }
  return answer_route(request, match, store);
}

HttpResponse Api::answer_route(const HttpRequest& request, const Match& match, Store& store) {
  const Route& route = *match.route;
  Access access(store, throttle_, options_.access);
  ApiCall call{.request = request,
               .world = world_,
               .store = store,
               .access = access,
               .live = nullptr,
               .path = match.path};
  const bool is_foreign = !request.header("origin").empty() && !is_own_page(request);
  if (route.is_open && changes_something(request) && is_foreign) {
    return refusal(403, "denied", "this comes from another site's page");
  }
  if (!route.is_open) {
    auto identity = identify(request, access);
    // Not the message: it may tell a stranger where the store is.
    if (!identity) return refusal(503, "unavailable", kAway);
    if (!*identity) {
      HttpResponse response = refusal(401, "denied", "log in, or bring a token");
      response.headers.emplace_back("WWW-Authenticate", "Bearer");
      return response;
    }
    call.identity = std::move(*identity);
    const bool by_cookie = call.identity->via == TokenKind::session;
    if (by_cookie && changes_something(request) && !is_own_page(request)) {
      return refusal(
          403, "denied",
          "a change by a session needs the header X-Lockstep-Request, from our own page");
    }
    if (!call.identity->may(route.role)) {
      return refusal(403, "denied", fmt::format("this is for the role {}", to_string(route.role)));
    }
    if (route.needs_all && !call.sees_all()) {
      return refusal(403, "denied", "this is for those who see all classes");
    }
  }
  if (live_.is_old()) {
    return refusal(503, "unavailable", "the store cannot be read: what is known of it is old");
  }
  call.live = live_.current();  // there is one, once it is not old
  auto answer = route.handle(call);
  if (!answer) {
    HttpResponse response = error_answer(answer.error());
    add_wait(answer.error(), response);
    return response;
  }
  if (answer->events_after && !call.sees_all()) limit_events(call, *answer);
  // Who changed something sees it in what he asks next.
  if (changes_something(request)) live_.catch_up();
  return std::move(*answer);
}

}  // namespace lockstep::serve
