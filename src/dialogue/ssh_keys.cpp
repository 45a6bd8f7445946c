#include "dialogue/ssh_keys.h"

#include <fmt/format.h>
#include <libssh/libssh.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

namespace lockstep::dialogue {
namespace {

using boost::system::error_code;

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

}  // namespace

asio::awaitable<Result<ServiceKey>> exchange_keys(asio::io_context& io, UniqueFd socket,
                                                  std::string algorithm, TimePoint deadline) {
  // libssh leaves a socket that it was given open.
  asio::posix::stream_descriptor watched(io, socket.release());
  const Session session = make_session(watched.native_handle(), algorithm);
  if (!session) co_return fail(ErrorKind::unavailable, "no memory for a session");
  for (;;) {
    const int status = ssh_connect(session.get());
    if (status == SSH_OK) co_return key_of(session.get());
    if (status != SSH_AGAIN) break;
    const bool more = co_await wait_for_bytes(watched, deadline);
    if (!more) {
      co_return fail(ErrorKind::unavailable, "the key exchange took too long");
    }
  }
  const std::string_view why = ssh_get_error(session.get());
  // libssh tells it in words alone.
  const bool no_such_key = why.find("no match for method server host key") != why.npos;
  co_return fail(no_such_key ? ErrorKind::not_found : ErrorKind::unavailable, std::string(why));
}

}  // namespace lockstep::dialogue
