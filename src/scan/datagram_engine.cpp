#include "scan/datagram_engine.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <optional>

#include "base/unique_fd.h"
#include "net/frame.h"
#include "scan/passes.h"
#include "scan/socket_address.h"
#include "scan/udp_payloads.h"

namespace lockstep::scan {
namespace {

constexpr std::chrono::milliseconds kPoll(5);
/// Sockets at a time: as many as poll(2) looks through without being felt.
constexpr std::size_t kMostSockets = 512;

TimePoint now() {
  return std::chrono::steady_clock::now();
}

/// Half of what this process may open, and no more than is of use.
std::size_t sockets_at_a_time() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 64;
  return std::clamp<std::size_t>(limit.rlim_cur / 2, 1, kMostSockets);
}

/// A question that waits for its answer.
struct Question {
  Probe probe;
  UniqueFd socket;
  TimePoint deadline;
};

class Asker {
 public:
  Asker(const Plan& plan, const ResultTable& table)
      : plan_(plan), table_(table), room_(sockets_at_a_time()) {}

  Result<void> run(const Pass& pass) {
    Walk walk(pass, table_, 0, 1, now());
    while (!stopped() && !(walk.done() && waiting_.empty())) {
      while (waiting_.size() < room_ && !stopped()) {
        std::array<Probe, 1> probe;
        if (walk.next(now(), probe) == 0) break;
        LOCKSTEP_CHECK(ask(probe[0], pass.number));
      }
      const TimePoint wake = now() + kPoll;
      wait(walk.done() ? wake : std::min(wake, std::max(now(), walk.due())));
      collect();
    }
    waiting_.clear();
    return {};
  }

 private:
  bool stopped() const { return table_.run().stop.load(std::memory_order_relaxed); }

  Result<void> ask(const Probe& probe, unsigned pass) {
    const IpAddress& address = plan_.targets[probe.target].address;
    const SocketAddress to = socket_address(address, probe.port);
    Question question{.probe = probe,
                      .socket = UniqueFd(::socket(address.is_v4() ? AF_INET : AF_INET6,
                                                  SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
                      .deadline = now() + plan_.quiet_time};
    if (!question.socket) return std::unexpected(system_error(errno, "socket"));
    LOCKSTEP_CHECK(choose_source(question, address));
    count_sent(table_, std::span(&probe, 1));
    if (::connect(question.socket.get(), to.get(), to.size) != 0) {
      note(probe, answer_of_error(errno));
      return {};
    }
    const auto payloads = udp_payloads(probe.port);
    const UdpPayload& payload = payloads[(pass - 1) % payloads.size()];
    const lockstep_u64 words[2] = {probe.target, probe.port};
    std::array<std::byte, net::kMaxDatagramPayload> bytes;
    const auto used = std::span(bytes).first(payload.bytes.size());
    stamp(payload, lockstep_siphash_words(&plan_.key, words, 2), used);
    // What cannot be sent now is a try without an answer.
    if (::send(question.socket.get(), used.data(), used.size(), 0) < 0) {
      note(probe, answer_of_error(errno));
      return {};
    }
    waiting_.push_back(std::move(question));
    return {};
  }

  Result<void> choose_source(const Question& question, const IpAddress& target) const {
    const auto mine = [&](const IpAddress& source) { return source.is_v4() == target.is_v4(); };
    const auto count = static_cast<std::size_t>(std::ranges::count_if(plan_.sources, mine));
    if (count == 0) return {};
    std::size_t turn = question.probe.round % count;
    for (const IpAddress& source : plan_.sources) {
      if (!mine(source) || turn-- > 0) continue;
      const SocketAddress from = socket_address(source, 0);
      if (::bind(question.socket.get(), from.get(), from.size) == 0) return {};
      return std::unexpected(system_error(
          errno, "source address " + source.to_string() + " ([scan] source_addresses)"));
    }
    return {};
  }

  void note(const Probe& probe, Answer answer) const {
    if (answer != Answer::none) table_.record(probe.target, probe.port, answer);
  }

  void wait(TimePoint deadline) {
    polled_.clear();
    for (const Question& question : waiting_) polled_.push_back({question.socket.get(), POLLIN, 0});
    const auto left = std::max(deadline - now(), std::chrono::nanoseconds(0));
    const timespec timeout{0, left.count()};
    ::ppoll(polled_.data(), polled_.size(), &timeout, nullptr);
  }

  void collect() {
    const TimePoint at = now();
    for (std::size_t i = 0; i < polled_.size(); ++i) {
      if (polled_[i].revents != 0 && is_answered(waiting_[i])) waiting_[i].socket = UniqueFd();
    }
    std::erase_if(waiting_, [&](const Question& question) {
      return !question.socket || question.deadline <= at;
    });
  }

  /// Reads what came; false where it was no answer and the waiting goes on.
  bool is_answered(const Question& question) const {
    std::array<std::byte, 2048> bytes;
    const ssize_t size = ::recv(question.socket.get(), bytes.data(), bytes.size(), 0);
    if (size < 0) {
      if (errno == EAGAIN || errno == EINTR) return false;
      note(question.probe, answer_of_error(errno));
      return true;
    }
    // The kernel knows that it came from the port asked; what it says is another matter.
    note(question.probe, Answer::open);
    return true;
  }

  const Plan& plan_;
  const ResultTable& table_;
  std::size_t room_;
  std::deque<Question> waiting_;
  std::vector<pollfd> polled_;  // as waiting_, until that changes
};

}  // namespace

Result<void> ask_by_sockets(const Plan& plan, const ResultTable& table,
                            std::vector<std::uint32_t> targets) {
  Passes passes(plan, table, std::move(targets));
  Asker asker(plan, table);
  while (!table.run().stop) {
    const auto pass = passes.next({});
    if (!pass) break;
    LOCKSTEP_CHECK(asker.run(*pass));
  }
  return {};
}

}  // namespace lockstep::scan
