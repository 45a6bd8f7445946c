// HTTP/1.1 over TCP or TLS, for the API: whole requests in, whole responses out, and streams of
// events.
//
// One thread does all input and output; handlers run in a pool, since they wait for databases. What
// a client may cost is bounded: bytes of headers and bodies, time for each part of a request and of
// a response, requests at work, connections, events that wait for a slow listener.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"
#include "serve/http/event_feed.h"
#include "serve/http/message.h"

namespace lockstep::serve {

struct HttpOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;     ///< 0: any that is free
  std::string certificate{};  ///< a PEM file with its chain; empty: no TLS
  std::string key{};          ///< a PEM file
  std::size_t most_header_bytes = 16 << 10;
  std::size_t most_body_bytes = 1 << 20;
  std::size_t most_connections = 4096;
  std::size_t most_of_one_peer = 3072;  ///< connections; three quarters of all at most
  std::size_t most_at_work = 1024;      ///< requests; further ones get status 503
  std::size_t most_waiting = 4096;      ///< events of one listener; who is slower is cut off
  std::chrono::milliseconds request_time{10'000};  ///< for the headers, and again for the body
  std::chrono::milliseconds idle_time{60'000};     ///< between two requests
  std::chrono::milliseconds write_time{30'000};
  std::chrono::milliseconds longest_stream{300'000};  ///< then the listener has to ask anew
  std::chrono::milliseconds heartbeat{15'000};        ///< of a stream in which nothing happens
  unsigned workers = 4;
};

/// What the server counted since it started.
struct HttpCounts {
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;  ///< not well formed, too large, too slow, or one too many
  std::uint64_t connections = 0;
  std::size_t open_connections = 0;
  std::size_t listeners = 0;
};

class HttpServer {
 public:
  /// From several threads at once. It must not throw.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  /// Listens from now on, serves from start() on. Errors: `invalid` (the address, the certificate),
  /// `unavailable` (the port is taken), `denied`.
  static Result<std::unique_ptr<HttpServer>> listen(HttpOptions options) {
    return listen(std::move(options), UniqueFd());
  }
  /// Takes over a socket that listens already, at the address and the port of `options`; none: as
  /// above. Errors: also `invalid` where it is another socket.
  static Result<std::unique_ptr<HttpServer>> listen(HttpOptions options, UniqueFd socket);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  EventFeed& feed();
  void start(Handler handler);
  /// Ends all connections; returns when the handlers at work are through.
  void stop();
  /// Takes the certificate and the key from their files again; connections that there are keep
  /// theirs. Errors: `invalid`, and the former ones stay.
  Result<void> reload_certificate();
  HttpCounts counts() const;

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace lockstep::serve
