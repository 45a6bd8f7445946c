#include "dialogue/worker.h"

#include <libssh/libssh.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "dialogue/conversation.h"
#include "dialogue/message_socket.h"

namespace lockstep::dialogue {
namespace {

using boost::system::error_code;

class Worker {
 public:
  Worker(int socket, services::Matcher& matcher, const WorkerOptions& options)
      : socket_(socket),
        watched_(io_, socket),
        tls_(lenient_tls()),
        world_{.io = io_,
               .tls = tls_,
               .matcher = matcher,
               .connect = [this](std::uint32_t task) { return connect(task); },
               .reading = [this](std::uint32_t task) { note_reading(task); },
               .patience = options.patience} {}
  ~Worker() { watched_.release(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  Result<void> run() {
    asio::co_spawn(io_, receive_all(), asio::detached);
    io_.run();
    return result_;
  }

  /// What libraries make of themselves on first use, they make now, when files can be read.
  void warm_up() {
    ssh_init();
    const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(tls_.native_handle()),
                                                            SSL_free);
    // A timer makes the reactor's descriptors.
    asio::steady_timer timer(io_, std::chrono::milliseconds(0));
    timer.async_wait([](const error_code&) {});
    io_.run();
    io_.restart();
  }

 private:
  /// Somebody waits for a connection.
  struct Waiting {
    explicit Waiting(asio::io_context& io) : arrived(io, TimePoint::max()) {}
    asio::steady_timer arrived;  // cancelled when it has
    std::optional<Result<Link>> link;
  };
  /// A socket that a task was given. By its number in the kernel, since the task may have closed it
  /// and another may have its descriptor.
  struct Given {
    int descriptor = -1;
    std::uint64_t cookie = 0;
  };
  using Place = std::pair<std::uint32_t, std::uint32_t>;  // task, connection

  asio::awaitable<void> receive_all() {
    for (;;) {
      error_code error;
      co_await watched_.async_wait(asio::posix::stream_descriptor::wait_read,
                                   asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
      for (;;) {
        auto received = receive(socket_);
        if (!received) {
          if (received.error().kind() == ErrorKind::corrupt) {
            result_ = std::unexpected(received.error());
          }
          io_.stop();
          co_return;
        }
        if (!*received) break;
        handle(std::move(**received));
      }
    }
    io_.stop();
  }

  void handle(Received received) {
    if (auto* const task = std::get_if<Task>(&received.message)) {
      asio::co_spawn(io_, run_task(std::move(*task)), asio::detached);
    } else if (const auto* const connected = std::get_if<Connected>(&received.message)) {
      const auto waiting = waiting_.find({connected->task, connected->connection});
      if (waiting == waiting_.end()) return;
      if (connected->error != 0 || !received.descriptor) {
        waiting->second->link = std::unexpected(system_error(connected->error, "connect"));
      } else {
        note_given(connected->task, received.descriptor.get());
        waiting->second->link =
            Link{.socket = std::move(received.descriptor), .round_trip = connected->round_trip};
      }
      waiting->second->arrived.cancel();
    } else if (const auto* const ping = std::get_if<Ping>(&received.message)) {
      if (!send_waiting(socket_, *ping)) io_.stop();
    } else if (const auto* const left = std::get_if<Leave>(&received.message)) {
      leave(left->task);
    }
  }

  static std::uint64_t cookie_of(int descriptor) {
    std::uint64_t cookie = 0;
    socklen_t size = sizeof cookie;
    return ::getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
  }

  void note_given(std::uint32_t task, int descriptor) {
    given_[task].push_back({.descriptor = descriptor, .cookie = cookie_of(descriptor)});
  }

  /// Ends the task's connections here and now, whoever holds them; the dialogue finds out.
  void leave(std::uint32_t task) {
    if (!connections_.contains(task)) return;
    left_.insert(task);
    for (const Given& given : given_[task]) {
      if (given.cookie != 0 && cookie_of(given.descriptor) == given.cookie) {
        ::shutdown(given.descriptor, SHUT_RDWR);
      }
    }
    for (const auto& [place, waiting] : waiting_) {
      if (place.first != task || waiting->link) continue;
      waiting->link = std::unexpected(system_error(ECANCELED, "connect"));
      waiting->arrived.cancel();
    }
  }

  /// Tells whose bytes are looked at next, before they are.
  void note_reading(std::uint32_t task) {
    if (task == reading_) return;
    reading_ = task;
    if (!send_waiting(socket_, Reading{.task = task})) io_.stop();
  }

  asio::awaitable<void> run_task(Task task) {
    const std::uint32_t id = task.id;
    connections_[id] = 0;
    Outcome outcome;
    try {
      outcome = co_await run_dialogue(world_, std::move(task));
    } catch (const std::exception& error) {
      outcome.service.answer = ServiceAnswer::lost;
      outcome.note = "gave up: out of memory, or a mistake of ours";
    }
    outcome.task = id;
    connections_.erase(id);
    given_.erase(id);
    left_.erase(id);
    if (!send_waiting(socket_, outcome)) io_.stop();
  }

  asio::awaitable<Result<Link>> connect(std::uint32_t task) {
    if (left_.contains(task)) co_return std::unexpected(system_error(ECANCELED, "connect"));
    const Place place{task, connections_[task]++};
    const auto waiting = std::make_shared<Waiting>(io_);
    waiting_.emplace(place, waiting);
    if (!send_waiting(socket_, ConnectRequest{.task = task, .connection = place.second}))
      io_.stop();
    while (!waiting->link) {
      error_code ignored;
      co_await waiting->arrived.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    waiting_.erase(place);
    co_return std::move(*waiting->link);
  }

  int socket_;
  asio::io_context io_{1};
  asio::posix::stream_descriptor watched_;
  asio::ssl::context tls_;
  DialogueWorld world_;
  std::map<std::uint32_t, std::uint32_t> connections_;  // of each task, so far
  std::map<std::uint32_t, std::vector<Given>> given_;   // to each task
  std::set<std::uint32_t> left_;                        // tasks that get no more connections
  std::map<Place, std::shared_ptr<Waiting>> waiting_;
  std::uint32_t reading_ = 0;  // whose bytes are looked at; ids count from 1
  Result<void> result_{};
};

}  // namespace

Result<void> serve_tasks(int socket, services::Matcher& matcher, const WorkerOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  Worker worker(socket, matcher, options);
  worker.warm_up();
  if (options.lock_down) LOCKSTEP_CHECK(options.lock_down());
  return worker.run();
}

}  // namespace lockstep::dialogue
