// One connection of an HTTP server; only server.cpp includes it.

#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "serve/http/server.h"

namespace lockstep::serve {

/// What all connections share.
struct HttpShared {
  HttpOptions options;
  HttpServer::Handler handler{};
  EventFeed feed{};
  boost::asio::thread_pool pool;
  std::atomic<std::size_t> at_work{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::size_t> open{0};
  std::atomic<bool> stopping{false};

  explicit HttpShared(HttpOptions given) : options(std::move(given)), pool(options.workers) {}
};

/// Serves the connection until it ends. `tls` is null: none.
boost::asio::awaitable<void> converse(boost::asio::ip::tcp::socket socket, HttpShared& shared,
                                      std::shared_ptr<boost::asio::ssl::context> tls);

}  // namespace lockstep::serve
