#include "plugin_host/keeper.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>

#include "base/text.h"
#include "plugin_host/hosts.h"
#include "plugin_host/keeper_rights.h"
#include "sender/channel.h"
#include "sender/launcher.h"

namespace lockstep::plugin_host {
namespace {

using sender::kSocket;
using sender::Message;

// A request is this, and the user; the reply is this, with a socket; or the other, and why not.
constexpr char kStart = 's';
constexpr char kStarted = 's';
constexpr char kDenied = 'd';
constexpr char kFailed = 'f';
constexpr std::chrono::seconds kLongestStart(10);
constexpr std::size_t kMostHosts = 256;

Error gone_error() {
  return {ErrorKind::unavailable,
          "the process that starts plug-in hosts is gone, so that no plug-in can run; start this "
          "program again"};
}

/// One request after the other.
class Requests {
 public:
  explicit Requests(Hosts hosts) : hosts_(std::move(hosts)) {}

  /// Until the core is gone.
  void run() {
    while (true) {
      std::array<pollfd, 2> events{pollfd{kSocket, POLLIN, 0},
                                   pollfd{hosts_.descriptor(), POLLIN, 0}};
      if (::poll(events.data(), events.size(), -1) < 0) continue;
      if (events[1].revents != 0) hosts_.look();
      if (events[0].revents == 0) continue;
      const auto request = sender::receive(kSocket, std::chrono::milliseconds(0));
      if (!request) break;
      if (*request && !answer((*request)->text)) break;
    }
    hosts_.end();
  }

 private:
  Result<void> answer(const std::string& request) {
    const std::string user = request.substr(1);
    if (request[0] != kStart) return sender::send(kSocket, std::string(1, kFailed) + "no request");
    if (user_ && *user_ != user) {
      return sender::send(kSocket, std::string(1, kDenied) + told_user(*user_));
    }
    user_ = user;
    auto socket = start();
    if (!socket) return sender::send(kSocket, kFailed + socket.error().message());
    const int theirs = socket->get();
    return sender::send(kSocket, std::string(1, kStarted), std::span(&theirs, 1));
  }

  static std::string told_user(const std::string& user) {
    return fmt::format("plug-ins of this daemon run as {}; to change that, start the daemon again",
                       user.empty() ? std::string("the usual user") : "the user " + quoted(user));
  }

  Result<UniqueFd> start() {
    if (hosts_.count() >= kMostHosts) {
      return fail(ErrorKind::unavailable, "too many plug-ins run at once");
    }
    LOCKSTEP_TRY(sender::Pair pair, sender::make_pair());
    LOCKSTEP_CHECK(hosts_.start(pair.theirs.get(), *user_));
    return std::move(pair.ours);
  }

  Hosts hosts_;
  std::optional<std::string> user_;
};

}  // namespace

Result<std::unique_ptr<Keeper>> Keeper::start(const std::vector<std::string>& command) {
  LOCKSTEP_TRY(sender::Started started, sender::start(command));
  return std::unique_ptr<Keeper>(new Keeper(started.pid, std::move(started.socket)));
}

Keeper::~Keeper() {
  end();
}

void Keeper::end() {
  const std::scoped_lock lock(mutex_);
  if (pid_ == 0) return;
  socket_ = UniqueFd();  // what it has started ends before it does
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

bool Keeper::gone() const {
  if (pid_ == 0) return false;
  pollfd look{socket_.get(), 0, 0};
  return ::poll(&look, 1, 0) > 0;
}

Result<UniqueFd> Keeper::start_host(const std::string& user) {
  const std::scoped_lock lock(mutex_);
  if (!socket_ || !sender::send(socket_.get(), kStart + user)) {
    return std::unexpected(gone_error());
  }
  auto reply = sender::receive(socket_.get(), kLongestStart);
  // A reply that comes late would be taken for that of the next request.
  if (reply && !*reply) socket_ = UniqueFd();
  if (!reply || !*reply) return std::unexpected(gone_error());
  Message& message = **reply;
  if (message.text[0] == kStarted && message.descriptors.size() == 1) {
    return std::move(message.descriptors[0]);
  }
  return fail(message.text[0] == kDenied ? ErrorKind::denied : ErrorKind::unavailable,
              message.text.substr(1));
}

Result<void> run_keeper() {
  sender::live_with_parent();
  // It learns of the core's end by the socket, and ends what its hosts run before itself.
  ::prctl(PR_SET_PDEATHSIG, 0);
  LOCKSTEP_CHECK(keep_rights_for_hosts());
  LOCKSTEP_TRY(Hosts hosts, Hosts::make());
  Requests(std::move(hosts)).run();
  return {};
}

}  // namespace lockstep::plugin_host
