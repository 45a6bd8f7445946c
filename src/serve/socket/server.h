// The daemon's end of the local control socket. Who may connect is a matter of the socket's
// permissions: its owner, and the members of its group.

#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"
#include "base/unique_fd.h"
#include "serve/socket/line_socket.h"
#include "serve/socket/messages.h"

namespace lockstep::serve {

/// One command that somebody gave.
class Call {
 public:
  Call(LineSocket& socket, std::string person) : socket_(socket), person_(std::move(person)) {}

  const std::string& person() const { return person_; }  ///< the user's name, by the kernel
  /// Set when the caller has gone, or the server ends.
  const std::atomic<bool>& gone() const { return gone_; }
  void hang_up() { gone_ = true; }

  /// From any thread. Errors: `unavailable` where the caller is gone.
  Result<void> send(const Message& message);

 private:
  LineSocket& socket_;
  std::string person_;
  std::mutex mutex_;
  std::atomic<bool> gone_{false};
};

/// Answers all but the status, which it returns. Called from several threads at once.
using Handler = std::function<int(const Request&, Call&)>;

struct ServerOptions {
  std::string path;     ///< of the socket; at most 107 bytes
  std::string group{};  ///< that may connect; empty: only the owner
  unsigned most_calls = 32;
};

class Server {
 public:
  /// Listens from now on; serves from start() on. A socket that is left from an earlier process is
  /// replaced; one that somebody serves is not. Errors: `unavailable` where another process serves
  /// it, `denied`, `not_found` (the folder, the group), `invalid` (the path).
  static Result<std::unique_ptr<Server>> listen(ServerOptions options);
  /// Ends all calls, and removes the socket.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void start(Handler handler);
  /// No further call; those that there are, are told to end.
  void stop();

 private:
  struct Connection;

  Server(ServerOptions options, UniqueFd socket);
  void accept_all(const std::stop_token& token);
  void serve(Connection& connection);
  void reap();

  ServerOptions options_;
  UniqueFd socket_;
  Handler handler_;
  std::mutex mutex_;
  std::list<std::unique_ptr<Connection>> connections_;
  std::jthread thread_;
};

}  // namespace lockstep::serve
