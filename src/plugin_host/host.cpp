#include "plugin_host/host.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>

#include "base/unique_fd.h"
#include "plugin_host/become.h"
#include "plugin_host/messages.h"
#include "proc/packets.h"

namespace lockstep::plugin_host {
namespace {

/// A core that has connected says at once what it wants.
constexpr int kLongestOrderMs = 10'000;

struct Request {
  Order order;
  std::string input;
};

/// The kernel takes it before others when memory runs out; what it starts goes before it.
void offer_to_be_killed() {
  const UniqueFd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  [[maybe_unused]] const ssize_t written = ::write(file.get(), "900", 3);
}

Result<ToHost> next_message(int socket, std::span<std::byte> buffer) {
  while (true) {
    pollfd waiting{socket, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, kLongestOrderMs);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return fail(ErrorKind::unavailable, "no order came");
    LOCKSTEP_TRY(const auto packet, receive_packet(socket, buffer));
    if (packet) return read_to_host(packet->bytes);
  }
}

Result<Request> read_request(int socket) {
  std::array<std::byte, kMostPacketBytes> buffer;
  Request request;
  const auto first = next_message(socket, buffer);
  if (!first) return std::unexpected(first.error());
  const auto* const order = std::get_if<Order>(&*first);
  if (order == nullptr) return fail(ErrorKind::corrupt, "what came first is no order");
  request.order = *order;
  while (request.input.size() < order->input_bytes) {
    const auto message = next_message(socket, buffer);
    if (!message) return std::unexpected(message.error());
    const auto* const piece = std::get_if<Piece>(&*message);
    if (piece == nullptr) return fail(ErrorKind::unavailable, "stopped");
    if (piece->bytes.size() > order->input_bytes - request.input.size()) {
      return fail(ErrorKind::corrupt, "more input came than was ordered");
    }
    request.input += piece->bytes;
  }
  return request;
}

/// Sets `stop` when the core says so, or is gone.
class Watcher {
 public:
  Watcher(int socket, std::atomic<bool>& stop)
      : wake_(::eventfd(0, EFD_CLOEXEC)), thread_([this, socket, &stop] { watch(socket, stop); }) {}
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  ~Watcher() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  }

 private:
  void watch(int socket, std::atomic<bool>& stop) const {
    std::array<std::byte, kMostPacketBytes> buffer;
    while (true) {
      std::array<pollfd, 2> events{pollfd{socket, POLLIN, 0}, pollfd{wake_.get(), POLLIN, 0}};
      if (::poll(events.data(), events.size(), -1) < 0 && errno == EINTR) continue;
      if (events[1].revents != 0) return;
      const auto packet = receive_packet(socket, buffer);
      if (packet && !*packet) continue;
      // Its end, its stop, or what does not belong here.
      stop = true;
      return;
    }
  }

  UniqueFd wake_;
  std::jthread thread_;  // last: it needs the other
};

Result<void> tell(int socket, const ToCore& message) {
  return send_packet_waiting(socket, write(message));
}

Result<GuardedOutcome> run_one(int socket, const Request& request) {
  std::atomic<bool> stop{false};
  const Watcher watcher(socket, stop);
  const auto pass_on = [&](std::string_view text) {
    for (; !text.empty(); text.remove_prefix(std::min(text.size(), kMostPieceBytes))) {
      if (!tell(socket, Piece{text.substr(0, kMostPieceBytes)})) return false;
    }
    return true;
  };
  return run_guarded({request.order.words}, request.input, request.order.limits, pass_on, &stop);
}

/// The kernel forgets it with a change of the user.
Result<void> end_with(pid_t parent) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent) return {};
  return fail(ErrorKind::unavailable, "who started this plug-in host has ended");
}

Result<GuardedOutcome> serve(int socket, pid_t parent, const std::string& user) {
  LOCKSTEP_CHECK(become_plugin_user(user));
  LOCKSTEP_CHECK(end_with(parent));
  LOCKSTEP_TRY(const Request request, read_request(socket));
  return run_one(socket, request);
}

}  // namespace

void run_host(int socket, pid_t parent, const std::string& user) {
  offer_to_be_killed();
  const auto outcome = serve(socket, parent, user);
  // Nobody there any more: then nobody wants to know.
  if (outcome) {
    std::ignore = tell(socket, *outcome);
  } else {
    std::ignore = tell(socket, Failure{outcome.error().kind(), outcome.error().message()});
  }
}

}  // namespace lockstep::plugin_host
