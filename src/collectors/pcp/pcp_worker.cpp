#include "collectors/pcp/pcp_worker.h"

#include <poll.h>
#include <sys/select.h>

#include <array>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "collectors/pcp/node_context.h"
#include "collectors/pcp/pcp_messages.h"
#include "proc/packets.h"

namespace lockstep::pcp {
namespace {

class Worker {
 public:
  explicit Worker(int socket) : socket_(socket) {}
  ~Worker() {
    {
      const std::scoped_lock lock(mutex_);
      ends_ = true;
    }
    asked_.notify_all();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start_threads() {
    for (std::size_t i = 0; i < kWorkerThreads; ++i)
      threads_.emplace_back([this] { answer_all(); });
  }

  /// Until the other side is gone.
  Result<void> receive_all() {
    std::vector<std::byte> buffer(kMostMessageBytes);
    for (;;) {
      pollfd polled{socket_, POLLIN, 0};
      ::poll(&polled, 1, -1);
      auto packet = receive_packet(socket_, buffer);
      if (!packet && packet.error().kind() == ErrorKind::corrupt) {
        return std::unexpected(packet.error());
      }
      if (!packet) return {};
      if (!*packet) continue;
      auto message = decode((*packet)->bytes);
      if (!message) return fail(ErrorKind::corrupt, "the other side sent what is no message");
      handle(*message, std::move((*packet)->descriptor));
    }
  }

 private:
  struct Connection {
    std::unique_ptr<NodeContext> context;
    bool closes = false;  // as soon as nobody uses it
  };

  void handle(Message& message, UniqueFd descriptor) {
    if (auto* const settings = std::get_if<Settings>(&message)) {
      // Contexts refer to it: once.
      if (!std::exchange(has_settings_, true)) settings_ = std::move(*settings);
    } else if (const auto* const open = std::get_if<Open>(&message)) {
      if (!descriptor || descriptor.get() >= FD_SETSIZE) return;  // told when it is asked
      auto context =
          std::make_unique<NodeContext>(std::move(descriptor), open->connection, settings_);
      const std::scoped_lock lock(mutex_);
      connections_[open->connection].context = std::move(context);
    } else if (const auto* const ask = std::get_if<Ask>(&message)) {
      {
        const std::scoped_lock lock(mutex_);
        questions_.push_back(*ask);
      }
      asked_.notify_one();
    } else if (const auto* const close = std::get_if<Close>(&message)) {
      forget(close->connection);
    } else if (std::holds_alternative<Ping>(message)) {
      tell(Ping{});
    }
  }

  void forget(std::uint32_t number) {
    std::unique_ptr<NodeContext> gone;  // outside of the lock
    const std::scoped_lock lock(mutex_);
    const auto found = connections_.find(number);
    if (found == connections_.end()) return;
    found->second.closes = true;
    gone = std::move(found->second.context);
    // Whoever uses it has taken the context, and takes the place away.
    if (gone) connections_.erase(found);
  }

  void answer_all() {
    for (;;) {
      Ask ask;
      std::unique_ptr<NodeContext> context;
      {
        std::unique_lock lock(mutex_);
        asked_.wait(lock, [this] { return ends_ || !questions_.empty(); });
        if (ends_) return;
        ask = questions_.front();
        questions_.pop_front();
        const auto found = connections_.find(ask.connection);
        if (found != connections_.end()) context = std::move(found->second.context);
      }
      const Done done = answer(ask, context.get());
      if (done.problem.empty()) {
        const std::scoped_lock lock(mutex_);
        const auto found = connections_.find(ask.connection);
        if (found != connections_.end() && found->second.closes) {
          connections_.erase(found);
        } else if (found != connections_.end()) {
          found->second.context = std::move(context);
        }
      } else {
        const std::scoped_lock lock(mutex_);
        connections_.erase(ask.connection);
      }
      context.reset();
      tell(done);
    }
  }

  Done answer(const Ask& ask, NodeContext* context) {
    Done done{.connection = ask.connection, .problem = {}};
    if (context == nullptr) {
      done.problem = "no room for its connection";
      return done;
    }
    try {
      const auto measured = context->measure(ask.patience);
      if (!measured) {
        done.problem = measured.error().message();
        return done;
      }
      Values values{.connection = ask.connection, .values = {}};
      for (const Measured& each : *measured) {
        values.values.push_back(each);
        if (values.values.size() < kMostValuesAMessage) continue;
        tell(values);
        values.values.clear();
      }
      if (!values.values.empty()) tell(values);
    } catch (const std::exception&) {
      done.problem = "gave up: out of memory, or a mistake of ours";
    }
    return done;
  }

  /// From any thread. Where nobody listens any more, receive_all() finds it too.
  void tell(const Message& message) {
    [[maybe_unused]] const auto sent = send_packet_waiting(socket_, encode(message));
  }

  int socket_;
  Settings settings_;
  bool has_settings_ = false;
  std::mutex mutex_;  // of all below
  std::condition_variable asked_;
  std::deque<Ask> questions_;
  std::map<std::uint32_t, Connection> connections_;
  bool ends_ = false;
  std::vector<std::jthread> threads_;  // the first to go
};

}  // namespace

Result<void> serve_questions(int socket, const WorkerOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  LOCKSTEP_CHECK(warm_up());
  if (options.give_up_rights) LOCKSTEP_CHECK(options.give_up_rights());
  Worker worker(socket);
  worker.start_threads();
  if (options.lock_down) LOCKSTEP_CHECK(options.lock_down());
  return worker.receive_all();
}

}  // namespace lockstep::pcp
