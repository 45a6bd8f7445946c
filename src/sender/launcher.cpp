#include "sender/launcher.h"

#include <poll.h>
#include <sys/wait.h>

#include <cerrno>
#include <charconv>
#include <csignal>

#include "net/io/af_packet.h"
#include "net/io/xdp/xdp_programs.h"
#include "proc/rights.h"
#include "sender/channel.h"

namespace lockstep::sender {
namespace {

// A request is this; the reply is this, the number of the process, and its socket; or the other,
// and why not.
constexpr std::string_view kStart = "s";
constexpr char kStarted = 's';
constexpr char kFailed = 'f';
constexpr std::chrono::seconds kLongestStart(10);

Error gone_error() {
  return {ErrorKind::unavailable,
          "the process that starts senders is gone, so that nothing can be sent; start this "
          "program again"};
}

/// One request: what to reply, and with what.
Result<void> serve(int socket, const std::vector<std::string>& command) {
  auto started = start(command);
  if (!started) return send(socket, kFailed + started.error().message());
  const int theirs = started->socket.get();
  return send(socket, kStarted + std::to_string(started->pid), std::span(&theirs, 1));
}

}  // namespace

Result<std::unique_ptr<Launcher>> Launcher::start(const std::vector<std::string>& command) {
  LOCKSTEP_TRY(Started started, sender::start(command));
  std::unique_ptr<Launcher> launcher(new Launcher(started.pid, std::move(started.socket)));
  launcher->may_send_ = net::may_open_packet_sockets();
  launcher->may_use_xdp_ = net::may_use_xdp();
  return launcher;
}

Launcher::~Launcher() {
  ::kill(pid_, SIGKILL);  // its senders end with it
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool Launcher::gone() const {
  pollfd look{socket_.get(), 0, 0};
  return ::poll(&look, 1, 0) > 0;
}

Result<StartedSender> Launcher::start_sender() {
  const std::scoped_lock lock(mutex_);
  if (!socket_ || !send(socket_.get(), kStart)) return std::unexpected(gone_error());
  auto reply = receive(socket_.get(), kLongestStart);
  // A reply that comes late would be taken for that of the next request.
  if (reply && !*reply) socket_ = UniqueFd();
  if (!reply || !*reply) return std::unexpected(gone_error());
  Message& message = **reply;
  const std::string text = message.text.substr(1);
  if (message.text[0] != kStarted || message.descriptors.size() != 1) {
    return fail(ErrorKind::unavailable, "no process to send with: " + text);
  }
  StartedSender result{.socket = std::move(message.descriptors[0])};
  std::from_chars(text.data(), text.data() + text.size(), result.pid);
  return result;
}

Result<void> run_launcher(const std::vector<std::string>& command) {
  live_with_parent();
  // Who ends is waited for by the kernel.
  struct sigaction nobody_waits {};
  nobody_waits.sa_handler = SIG_DFL;
  nobody_waits.sa_flags = SA_NOCLDWAIT;
  ::sigaction(SIGCHLD, &nobody_waits, nullptr);
  LOCKSTEP_CHECK(keep_rights(kSenderCapabilities));
  for (;;) {
    const auto request = receive(kSocket);
    if (!request) return {};  // the core is gone
    if (*request) LOCKSTEP_CHECK(serve(kSocket, command));
  }
}

}  // namespace lockstep::sender
