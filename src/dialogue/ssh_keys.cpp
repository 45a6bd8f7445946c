#include "dialogue/ssh_keys.h"

#include <fmt/format.h>
#include <libssh/libssh.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>

namespace lockstep::dialogue {
namespace {

using boost::system::error_code;
using std::chrono::steady_clock;

constexpr std::string_view kBegin = "SSH-";
constexpr std::size_t kMostGreetingBytes = 4096;
/// Bytes that are left where they are cannot be waited for, so a greeting that comes in pieces is
/// looked at so often.
constexpr std::chrono::milliseconds kBetweenPieces(5);

struct FreeSession {
  void operator()(ssh_session session) const {
    ssh_disconnect(session);
    ssh_free(session);
  }
};
using Session = std::unique_ptr<ssh_session_struct, FreeSession>;

/// A session that reads no file, over a socket that outlives it.
Session make_session(socket_t fd, const std::string& algorithm) {
  Session session(ssh_new());
  if (!session) return session;
  const int no = 0;
  const int quiet = SSH_LOG_NOLOG;
  ssh_options_set(session.get(), SSH_OPTIONS_PROCESS_CONFIG, &no);
  ssh_options_set(session.get(), SSH_OPTIONS_LOG_VERBOSITY, &quiet);
  ssh_options_set(session.get(), SSH_OPTIONS_HOST, "node");
  ssh_options_set(session.get(), SSH_OPTIONS_USER, "lockstep");
  ssh_options_set(session.get(), SSH_OPTIONS_SSH_DIR, "/nonexistent");
  ssh_options_set(session.get(), SSH_OPTIONS_KNOWNHOSTS, "/nonexistent/known");
  ssh_options_set(session.get(), SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/nonexistent/known");
  ssh_options_set(session.get(), SSH_OPTIONS_HOSTKEYS, algorithm.c_str());
  ssh_options_set(session.get(), SSH_OPTIONS_FD, &fd);
  ssh_set_blocking(session.get(), 0);
  return session;
}

Result<ServiceKey> key_of(ssh_session session) {
  ssh_key shown = nullptr;
  if (ssh_get_server_publickey(session, &shown) != SSH_OK) {
    return fail(ErrorKind::unavailable, "the server showed no key");
  }
  const std::unique_ptr<ssh_key_struct, decltype(&ssh_key_free)> key(shown, ssh_key_free);
  unsigned char* hash = nullptr;
  std::size_t size = 0;
  if (ssh_get_publickey_hash(key.get(), SSH_PUBLICKEY_HASH_SHA256, &hash, &size) != 0) {
    return fail(ErrorKind::unavailable, "the server's key cannot be hashed");
  }
  char* const text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, size);
  ServiceKey result{.type = ssh_key_type_to_char(ssh_key_type(key.get())),
                    .sha256 = text != nullptr ? text : ""};
  ssh_string_free_char(text);
  ssh_clean_pubkey_hash(&hash);
  return result;
}

/// Waits until the socket can be read, or the deadline.
asio::awaitable<bool> wait_for_bytes(asio::posix::stream_descriptor& socket, TimePoint deadline) {
  const Deadline end(socket, deadline);
  error_code error;
  co_await socket.async_wait(asio::posix::stream_descriptor::wait_read,
                             asio::redirect_error(asio::use_awaitable, error));
  co_return !error;
}

/// May more bytes make a greeting of it?
bool may_become_greeting(std::string_view said) {
  const std::size_t size = std::min(said.size(), kBegin.size());
  return said.size() < kMostGreetingBytes && said.substr(0, size) == kBegin.substr(0, size) &&
         said.find('\n') == said.npos;
}

}  // namespace

std::string_view ssh_greeting(std::string_view said) {
  if (!said.starts_with(kBegin)) return {};
  const std::size_t end = said.find('\n');
  if (end == said.npos) return {};
  const std::string_view line = said.substr(0, end);
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

SshLine::SshLine(asio::io_context& io, UniqueFd socket, std::function<void()> reading)
    : socket_(io, socket.release()), reading_(std::move(reading)) {}

SshLine::~SshLine() = default;

asio::awaitable<std::string> SshLine::listen(TimePoint deadline) {
  std::array<char, kMostGreetingBytes> bytes;
  std::string said;
  for (;;) {
    if (!socket_.is_open()) co_return said;
    const ssize_t size =
        ::recv(socket_.native_handle(), bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
    const bool waits = size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (size <= 0 && !waits) co_return said;
    if (size > 0) {
      reading_();
      said.assign(bytes.data(), static_cast<std::size_t>(size));
      if (!may_become_greeting(said)) co_return said;
    }
    if (steady_clock::now() >= deadline) co_return said;
    if (said.empty()) {
      const bool more = co_await wait_for_bytes(socket_, deadline);
      if (!more) co_return said;
    } else {
      asio::steady_timer pause(socket_.get_executor(), kBetweenPieces);
      error_code ignored;
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }
}

asio::awaitable<Result<ServiceKey>> SshLine::exchange(std::string algorithms, TimePoint deadline) {
  // libssh leaves a socket that it was given open.
  const Session session = make_session(socket_.native_handle(), algorithms);
  if (!session) co_return fail(ErrorKind::unavailable, "no memory for a session");
  for (;;) {
    reading_();
    const int status = ssh_connect(session.get());
    if (status == SSH_OK) co_return key_of(session.get());
    if (status != SSH_AGAIN) break;
    // Who sends without end is not waited for, and must not be heard without end.
    const bool more = co_await wait_for_bytes(socket_, deadline);
    if (!more || steady_clock::now() >= deadline)
      co_return fail(ErrorKind::unavailable, "the key exchange took too long");
  }
  const std::string_view why = ssh_get_error(session.get());
  // libssh tells it in words alone.
  const bool no_such_key = why.find("no match for method server host key") != why.npos;
  co_return fail(no_such_key ? ErrorKind::not_found : ErrorKind::unavailable, std::string(why));
}

UniqueFd SshLine::take() {
  return UniqueFd(socket_.is_open() ? socket_.release() : -1);
}

void SshLine::cancel() {
  error_code error;
  [[maybe_unused]] const error_code cancelled = socket_.cancel(error);
}

}  // namespace lockstep::dialogue
