#include "serve/http/server.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "serve/http/connection.h"

namespace lockstep::serve {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using TlsContext = std::shared_ptr<asio::ssl::context>;

Error tls_error(const std::string& file, const error_code& error, const char* what) {
  return Error(ErrorKind::invalid,
               quoted(file) + " is no " + what + " that can be used: " + error.message());
}

Result<TlsContext> load_tls(const HttpOptions& options) {
  if (options.certificate.empty()) return TlsContext();
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  error_code error;
  std::ignore =
      context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                               asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                               asio::ssl::context::no_tlsv1_1,
                           error);
  std::ignore = context->use_certificate_chain_file(options.certificate, error);
  if (error) return std::unexpected(tls_error(options.certificate, error, "certificate"));
  std::ignore = context->use_private_key_file(options.key, asio::ssl::context::pem, error);
  if (error) return std::unexpected(tls_error(options.key, error, "key of that certificate"));
  return context;
}

}  // namespace

struct HttpServer::State {
  explicit State(HttpOptions options)
      : shared(std::move(options)),
        io(std::make_unique<asio::io_context>(1)),
        acceptor(std::make_unique<tcp::acceptor>(*io)) {}

  Result<void> take_over(const tcp::endpoint& endpoint, UniqueFd socket);
  Result<void> open(const tcp::endpoint& endpoint);
  asio::awaitable<void> accept_all();
  asio::awaitable<void> serve(tcp::socket socket, asio::ip::address peer);
  bool is_one_too_many(const asio::ip::address& peer) const;
  TlsContext current_tls() {
    const std::lock_guard lock(mutex);
    return tls;
  }

  HttpShared shared;
  std::unique_ptr<asio::io_context> io;  // null: stopped
  std::unique_ptr<tcp::acceptor> acceptor;
  std::uint16_t port = 0;
  std::map<asio::ip::address, std::size_t> peers{};  // their connections; the loop's alone
  std::mutex mutex;
  TlsContext tls;
  std::jthread thread;
};

bool HttpServer::State::is_one_too_many(const asio::ip::address& peer) const {
  if (shared.open >= shared.options.most_connections) return true;
  const auto known = peers.find(peer);
  return known != peers.end() && known->second >= shared.options.most_of_one_peer;
}

asio::awaitable<void> HttpServer::State::serve(tcp::socket socket, asio::ip::address peer) {
  ++peers[peer];
  ++shared.open;
  ++shared.connections;
  try {
    co_await converse(std::move(socket), shared, current_tls());
  } catch (const std::exception&) {
    // No memory: this connection ends, the others go on.
    ++shared.refused;
  }
  --shared.open;
  if (--peers[peer] == 0) peers.erase(peer);
}

asio::awaitable<void> HttpServer::State::accept_all() {
  asio::steady_timer pause(*io);
  while (!shared.stopping) {
    error_code error;
    tcp::socket socket(*io);
    co_await acceptor->async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (error) {
      // No descriptor left, or the peer is gone already.
      pause.expires_after(std::chrono::milliseconds(50));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    const auto peer = socket.remote_endpoint(error).address();
    if (error) continue;  // it is gone already
    if (is_one_too_many(peer)) {
      ++shared.refused;
      continue;
    }
    asio::co_spawn(*io, serve(std::move(socket), peer), asio::detached);
  }
}

Result<void> HttpServer::State::take_over(const tcp::endpoint& endpoint, UniqueFd socket) {
  int domain = 0;
  int listens = 0;
  socklen_t size = sizeof domain;
  const bool known = ::getsockopt(socket.get(), SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
                     ::getsockopt(socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0;
  error_code error;
  if (known && listens != 0 && domain == endpoint.protocol().family()) {
    std::ignore = acceptor->assign(endpoint.protocol(), socket.release(), error);
    // Whether TLS is needed was decided by that address.
    if (!error && acceptor->local_endpoint(error) == endpoint && !error) return {};
  }
  return fail(ErrorKind::invalid,
              fmt::format("the socket that was handed over does not listen at {} port {}",
                          quoted(shared.options.address), shared.options.port));
}

Result<void> HttpServer::State::open(const tcp::endpoint& endpoint) {
  error_code error;
  std::ignore = acceptor->open(endpoint.protocol(), error);
  if (!error) std::ignore = acceptor->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) std::ignore = acceptor->bind(endpoint, error);
  if (!error) std::ignore = acceptor->listen(1024, error);
  if (!error) return {};
  return std::unexpected(system_error(error.value(), "listening at " +
                                                         quoted(shared.options.address) + " port " +
                                                         std::to_string(shared.options.port)));
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(HttpOptions options, UniqueFd socket) {
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) {
    return fail(ErrorKind::invalid,
                quoted(options.address) + " is no address to listen at: write one like 127.0.0.1");
  }
  // The store, sweeps and the control socket need descriptors too.
  rlimit files = {};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY) {
    options.most_connections = std::min<std::size_t>(options.most_connections, files.rlim_cur / 2);
  }
  options.most_of_one_peer = std::min(options.most_of_one_peer,
                                      std::max<std::size_t>(options.most_connections * 3 / 4, 1));
  auto state = std::make_unique<State>(std::move(options));
  LOCKSTEP_TRY(state->tls, load_tls(state->shared.options));
  const tcp::endpoint endpoint(address, state->shared.options.port);
  if (socket) {
    LOCKSTEP_CHECK(state->take_over(endpoint, std::move(socket)));
  } else {
    LOCKSTEP_CHECK(state->open(endpoint));
  }
  state->port = state->acceptor->local_endpoint(error).port();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() {
  stop();
}

std::uint16_t HttpServer::port() const {
  return state_->port;
}

EventFeed& HttpServer::feed() {
  return state_->shared.feed;
}

void HttpServer::start(Handler handler) {
  state_->shared.handler = std::move(handler);
  asio::co_spawn(*state_->io, state_->accept_all(), asio::detached);
  state_->thread = std::jthread([state = state_.get()] { state->io->run(); });
}

void HttpServer::stop() {
  if (!state_->io) return;
  state_->shared.stopping = true;
  // First who hands requests to the pool; then those that are at work, whose ends are posted to a
  // loop that does not run any more; and with the loop go the connections that wait in it.
  state_->io->stop();
  if (state_->thread.joinable()) state_->thread.join();
  state_->shared.pool.join();
  state_->acceptor.reset();
  state_->io.reset();
}

Result<void> HttpServer::reload_certificate() {
  LOCKSTEP_TRY(TlsContext tls, load_tls(state_->shared.options));
  const std::lock_guard lock(state_->mutex);
  state_->tls = std::move(tls);
  return {};
}

HttpCounts HttpServer::counts() const {
  const HttpShared& shared = state_->shared;
  return {.requests = shared.requests,
          .refused = shared.refused,
          .connections = shared.connections,
          .open_connections = shared.open,
          .listeners = shared.feed.listeners()};
}

}  // namespace lockstep::serve
