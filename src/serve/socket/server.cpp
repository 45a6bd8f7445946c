#include "serve/socket/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "base/local_address.h"
#include "base/text.h"

namespace lockstep::serve {
namespace {

constexpr std::chrono::seconds kRequestTimeout(5);
constexpr std::chrono::seconds kSendTimeout(30);
constexpr std::chrono::milliseconds kPoll(100);
constexpr int kBacklog = 16;

Result<UniqueFd> make_socket() {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(system_error(errno, "make a socket"));
  return socket;
}

bool is_served(const sockaddr_un& address) {
  const auto probe = make_socket();
  return probe &&
         ::connect(probe->get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Result<gid_t> group_id(const std::string& name) {
  std::array<char, 4096> buffer;
  group entry{};
  group* found = nullptr;
  ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return found->gr_gid;
  return fail(
      ErrorKind::not_found,
      fmt::format("there is no group {}; make it: groupadd --system {}", quoted(name), name));
}

std::string user_name(uid_t user) {
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? found->pw_name : fmt::format("uid {}", user);
}

/// Who is at the other end, says the kernel.
std::string person_at(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return "?";
  return user_name(peer.uid);
}

}  // namespace

struct Server::Connection {
  explicit Connection(UniqueFd socket)
      : lines(std::move(socket)), call(lines, person_at(lines.fd())) {}

  LineSocket lines;
  Call call;
  std::atomic<bool> done{false};
  std::jthread thread;
};

Result<void> Call::send(const Message& message) {
  if (gone_) return fail(ErrorKind::unavailable, "the caller is gone");
  const std::scoped_lock lock(mutex_);
  auto sent = socket_.write(to_line(message), kSendTimeout);
  if (!sent) gone_ = true;
  return sent;
}

Result<std::unique_ptr<Server>> Server::listen(ServerOptions options) {
  const std::string path = options.path;
  LOCKSTEP_TRY(const sockaddr_un address, local_address(path));
  if (is_served(address)) {
    return fail(ErrorKind::unavailable, fmt::format("another daemon serves {}", quoted(path)));
  }
  gid_t group = static_cast<gid_t>(-1);
  if (!options.group.empty()) {
    LOCKSTEP_TRY(group, group_id(options.group));
  }
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());
  LOCKSTEP_TRY(UniqueFd socket, make_socket());
  // Before anybody can connect it has its permissions: umask() is of the whole process.
  ::fchmod(socket.get(), S_IRUSR | S_IWUSR);
  const mode_t before = ::umask(S_IRWXG | S_IRWXO);
  const int bound =
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int problem = errno;
  ::umask(before);
  if (bound != 0) return std::unexpected(system_error(problem, fmt::format("make {}", path)));
  if (!options.group.empty()) {
    const mode_t mode = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP;
    if (::chown(path.c_str(), static_cast<uid_t>(-1), group) != 0 ||
        ::chmod(path.c_str(), mode) != 0) {
      const Error error =
          system_error(errno, fmt::format("give {} to the group {}", path, options.group));
      ::unlink(path.c_str());
      return std::unexpected(error);
    }
  }
  if (::listen(socket.get(), kBacklog) != 0) {
    return std::unexpected(system_error(errno, fmt::format("listen on {}", path)));
  }
  return std::unique_ptr<Server>(new Server(std::move(options), std::move(socket)));
}

Server::Server(ServerOptions options, UniqueFd socket)
    : options_(std::move(options)), socket_(std::move(socket)) {}

Server::~Server() {
  stop();
  ::unlink(options_.path.c_str());
}

void Server::start(Handler handler) {
  handler_ = std::move(handler);
  thread_ = std::jthread([this](const std::stop_token& token) { accept_all(token); });
}

void Server::stop() {
  thread_ = {};
  const std::scoped_lock lock(mutex_);
  for (const auto& connection : connections_) connection->call.hang_up();
  for (const auto& connection : connections_) connection->thread = {};
  connections_.clear();
}

void Server::accept_all(const std::stop_token& token) {
  while (!token.stop_requested()) {
    pollfd poller{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    const bool ready = ::poll(&poller, 1, static_cast<int>(kPoll.count())) > 0;
    reap();
    if (!ready) continue;
    UniqueFd socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) {
      // Out of descriptors, it may be: others will be closed.
      std::this_thread::sleep_for(kPoll);
      continue;
    }
    const std::scoped_lock lock(mutex_);
    auto connection = std::make_unique<Connection>(std::move(socket));
    if (connections_.size() >= options_.most_calls) {
      std::ignore = connection->call.send(WarnMessage{"too many commands at once; try again"});
      std::ignore = connection->call.send(StatusMessage{3});
      continue;
    }
    Connection& placed = *connections_.emplace_back(std::move(connection));
    placed.thread = std::jthread([this, &placed] {
      serve(placed);
      placed.done = true;
    });
  }
}

void Server::serve(Connection& connection) {
  const auto line = connection.lines.read(kMostRequestBytes, kRequestTimeout);
  if (!line || !*line) return;
  constexpr int kUsage = 2;
  const auto request = parse_request(**line);
  if (!request) {
    std::ignore = connection.call.send(WarnMessage{request.error().message()});
    std::ignore = connection.call.send(StatusMessage{kUsage});
    return;
  }
  // Nothing more is to come from the caller, so that whatever comes is his end.
  const std::jthread watcher([&connection](const std::stop_token& token) {
    while (!token.stop_requested()) {
      const auto more = connection.lines.read(kMostRequestBytes, kPoll);
      if (more && !*more) return connection.call.hang_up();
      if (!more && more.error().kind() != ErrorKind::unavailable) return connection.call.hang_up();
    }
  });
  const int status = handler_(*request, connection.call);
  std::ignore = connection.call.send(StatusMessage{status});
}

void Server::reap() {
  const std::scoped_lock lock(mutex_);
  std::erase_if(connections_, [](const auto& connection) { return connection->done.load(); });
}

}  // namespace lockstep::serve
