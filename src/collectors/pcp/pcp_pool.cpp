#include "collectors/pcp/pcp_pool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <optional>

#include "collectors/pcp/pcp_peers.h"
#include "collectors/pcp/pcp_worker.h"
#include "proc/packets.h"
#include "scan/socket_address.h"

namespace lockstep::pcp {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using End = Answer::End;

constexpr milliseconds kTick(50);
constexpr milliseconds kLongestStart(60000);
/// Later than a process itself gives up a question, it is cut off; later still, the process hangs.
constexpr milliseconds kCutOffAfter(500);
constexpr milliseconds kHangsAfter(5000);
constexpr unsigned kMostStartsInARow =
    5;  // of processes that end before they have answered anything
/// Who does not answer so often in a row is left out for a while, so that it costs others no time.
constexpr unsigned kMostFailures = 3;
constexpr milliseconds kFailureHeldOff(60000);

struct Connecting {
  UniqueFd socket;
  Peer* peer = nullptr;
  TimePoint begun{};
};

/// Of a process that has closed its socket. Its status comes a moment later.
std::string how_ended(ConfinedChild& child) {
  constexpr int kMostMilliseconds = 200;
  for (int i = 0; i < kMostMilliseconds; ++i) {
    if (auto how = child.ended()) return *how;
    ::poll(nullptr, 0, 1);
  }
  return "it said no more";
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

void allow_many_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

class Pool::Run {
 public:
  Run(State& state, const std::vector<Target>& targets, const Report& report,
      const CollectControl& control)
      : state_(state), targets_(targets), report_(report), control_(control) {
    for (const std::string& metric : state.options.settings.metrics) metrics_.insert(metric);
  }

  Result<void> run() {
    prepare();
    auto worked = work();
    for (auto& [target, peer] : state_.peers) {
      if (peer.target == Peer::kNone) continue;
      state_.disconnect(peer);
      finish(peer, {.end = End::interrupted});
    }
    return worked;
  }

 private:
  void prepare() {
    const auto now = steady_clock::now();
    // What changes from now on is seen by the difference.
    if (control_.leave != nullptr) leave_version_ = control_.leave->version();
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      Peer& peer = state_.peers[targets_[i]];
      peer.last_in_round = now;
      if (peer.target != Peer::kNone) {
        report_(i, {.end = End::no_answer, .note = "it is in this round already"});
        continue;
      }
      peer.target = i;
      peer.is_new = false;
      ++unfinished_;
      begin(peer, now);
    }
    // Who did not answer last time waits until those who did are done.
    // (Not stable_sort: clang does not compile that of libstdc++ 12 without a warning.)
    std::ranges::sort(to_connect_, {},
                      [](const Peer* peer) { return std::pair(peer->failures, peer->target); });
    for (auto each = state_.peers.begin(); each != state_.peers.end();) {
      if (now - each->second.last_in_round < state_.options.kept_unused) {
        ++each;
      } else {
        state_.disconnect(each->second);
        each = state_.peers.erase(each);
      }
    }
    if (control_.leave != nullptr) leave_alone();
  }

  void begin(Peer& peer, TimePoint now) {
    if (!state_.options.fence.permits(targets_[peer.target].address)) {
      state_.disconnect(peer);
      finish(peer, {.end = End::outside, .note = "outside [scan] allow, or excluded"});
    } else if (peer.held_until > now) {
      finish(peer, {.end = End::held_off, .note = peer.held_why});
    } else if (peer.suspect) {
      suspects_.push_back(&peer);
    } else if (peer.socket) {
      peer.worker->to_ask.push_back(&peer);
    } else {
      to_connect_.push_back(&peer);
    }
  }

  Result<void> work() {
    while (unfinished_ > 0 && !control_.stopped()) {
      next_suspect();
      begin_connections();
      for (const auto& worker : state_.workers) feed(*worker);
      wait();
      LOCKSTEP_CHECK(finish_connections());
      for (const auto& worker : state_.workers) listen_to(*worker);
      cut_off_who_is_late();
      if (control_.leave != nullptr && control_.leave->version() != leave_version_) {
        leave_version_ = control_.leave->version();
        leave_alone();
      }
      LOCKSTEP_CHECK(bury());
    }
    return {};
  }

  /// One at a time, so that it is known who it was.
  void next_suspect() {
    if (suspected_ != nullptr || suspects_.empty()) return;
    suspected_ = suspects_.front();
    suspects_.pop_front();
    to_connect_.push_back(suspected_);
  }

  void begin_connections() {
    const std::size_t most = std::max(1U, state_.options.most_connecting);
    while (!to_connect_.empty() && connecting_.size() < most) {
      Peer& peer = *to_connect_.front();
      if (peer.target != Peer::kNone && !begin_connection(peer)) return;
      to_connect_.pop_front();
    }
  }

  /// False where there is no room for it now.
  bool begin_connection(Peer& peer) {
    const IpAddress& address = targets_[peer.target].address;
    if (!state_.options.fence.permits(address)) {
      finish(peer, {.end = End::outside, .note = "outside [scan] allow, or excluded"});
      return true;
    }
    const scan::SocketAddress to = scan::socket_address(address, state_.options.port);
    UniqueFd socket(::socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket && !connecting_.empty()) return false;
    if (!socket || (::connect(socket.get(), to.get(), to.size) != 0 && errno != EINPROGRESS)) {
      no_connection(peer, errno);
      return true;
    }
    connecting_.push_back(
        {.socket = std::move(socket), .peer = &peer, .begun = steady_clock::now()});
    return true;
  }

  void no_connection(Peer& peer, int error) {
    ++peer.failures;
    peer.unanswered = 0;
    if (error == ECONNREFUSED) {
      finish(peer, {.end = End::refused, .note = "no pmcd listens there"});
    } else {
      finish(peer, {.end = End::silent, .note = system_error(error, "connect").message()});
    }
  }

  /// Questions, as many as it answers side by side.
  void feed(Worker& worker) {
    if (!worker.has_settings) {
      const auto told = send_packet(worker.child.socket(), encode(state_.options.settings));
      const auto pinged = send_packet(worker.child.socket(), encode(Ping{}));
      worker.has_settings = told && *told && pinged && *pinged;
    }
    if (!worker.ready || !worker.lost.empty()) return;
    state_.tell_closings(worker);
    const std::size_t most = worker.for_suspects ? 1 : kWorkerThreads;
    while (!worker.to_ask.empty() && worker.asked.size() < most) {
      Peer& peer = *worker.to_ask.front();
      if (!peer.handed_over) {
        const auto given =
            send_packet(worker.child.socket(), encode(Open{peer.connection}), peer.socket.get());
        if (!given || !*given) return;
        peer.handed_over = true;
      }
      const auto asked = send_packet(
          worker.child.socket(),
          encode(Ask{.connection = peer.connection, .patience = state_.options.timeout}));
      if (!asked || !*asked) return;
      worker.to_ask.pop_front();
      worker.asked[peer.connection] = {.peer = &peer, .at = steady_clock::now()};
    }
  }

  void wait() {
    polled_.clear();
    for (const auto& worker : state_.workers)
      polled_.push_back({worker->child.socket(), POLLIN, 0});
    for (const Connecting& each : connecting_) polled_.push_back({each.socket.get(), POLLOUT, 0});
    // What ended without a wait need not be waited for.
    const milliseconds tick = unfinished_ > 0 ? kTick : milliseconds(0);
    ::poll(polled_.data(), polled_.size(), static_cast<int>(tick.count()));
  }

  Result<void> finish_connections() {
    const auto now = steady_clock::now();
    const std::size_t workers = polled_.size() - connecting_.size();
    std::vector<Connecting> rest;
    for (std::size_t i = 0; i < connecting_.size(); ++i) {
      Connecting& each = connecting_[i];
      if (each.peer->target == Peer::kNone) continue;  // it was told why
      const bool ready = polled_[workers + i].revents != 0;
      if (!ready && now - each.begun <= state_.options.timeout) {
        rest.push_back(std::move(each));
        continue;
      }
      int error = ready ? 0 : ETIMEDOUT;
      socklen_t size = sizeof error;
      if (ready) ::getsockopt(each.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) {
        no_connection(*each.peer, error);
      } else {
        LOCKSTEP_CHECK(hand_to_worker(*each.peer, std::move(each.socket)));
      }
    }
    connecting_ = std::move(rest);
    return {};
  }

  Result<void> hand_to_worker(Peer& peer, UniqueFd socket) {
    // libpcp waits by itself.
    ::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) & ~O_NONBLOCK);
    LOCKSTEP_TRY(Worker* const worker, state_.worker_for(peer.suspect));
    peer.socket = std::move(socket);
    peer.connection = ++state_.last_connection;
    peer.worker = worker;
    peer.handed_over = false;
    peer.is_new = true;
    ++worker->connections;
    worker->to_ask.push_back(&peer);
    return {};
  }

  void listen_to(Worker& worker) {
    while (worker.lost.empty()) {
      auto packet = receive_packet(worker.child.socket(), buffer_);
      if (!packet) {
        const bool lies = packet.error().kind() == ErrorKind::corrupt;
        worker.lost = lies ? "it said what is no message" : how_ended(worker.child);
        return;
      }
      if (!*packet) return;
      auto message = decode((*packet)->bytes);
      if (!message) {
        worker.lost = "it said what is no message";
        return;
      }
      worker.ready = true;
      handle(worker, *message);
    }
  }

  /// A worker speaks for what it was asked alone.
  void handle(Worker& worker, Message& message) {
    if (auto* const values = std::get_if<Values>(&message)) {
      const auto asked = worker.asked.find(values->connection);
      if (asked == worker.asked.end() || asked->second.peer == nullptr) return;
      for (Measured& each : values->values) take(*asked->second.peer, std::move(each));
    } else if (auto* const done = std::get_if<Done>(&message)) {
      const auto asked = worker.asked.find(done->connection);
      if (asked == worker.asked.end()) return;
      const Asked ended = asked->second;
      worker.asked.erase(asked);
      starts_in_a_row_ = 0;
      if (ended.peer != nullptr) end_question(*ended.peer, std::move(done->problem), ended.at);
    }
  }

  void take(Peer& peer, Measured measured) {
    const std::string_view metric =
        std::string_view(measured.name).substr(0, measured.name.find('['));
    if (peer.values.size() >= kMaxValuesANode || !metrics_.contains(metric) ||
        !is_value_of(measured.name, metric) || !is_plain(measured.unit) ||
        !peer.names.insert(measured.name).second) {
      return;
    }
    peer.values.push_back(std::move(measured));
  }

  void end_question(Peer& peer, std::string problem, TimePoint asked) {
    const auto now = steady_clock::now();
    if (problem.empty()) {
      peer.failures = peer.unanswered = 0;
      // Next time it is one like others.
      if (std::exchange(peer.suspect, false)) state_.disconnect(peer);
      finish(peer, {.end = End::answered, .note = {}, .values = std::move(peer.values)});
      return;
    }
    state_.disconnect(peer);
    // A pmcd that was started anew does not know the connection of last time.
    if (!peer.is_new && now - asked < state_.options.timeout) {
      forget_values(peer);
      to_connect_.push_back(&peer);
      return;
    }
    ++peer.failures;
    if (++peer.unanswered >= kMostFailures) {
      hold_off(peer, kFailureHeldOff,
               fmt::format("did not answer {} times: {}", peer.unanswered, problem));
    }
    finish(peer, {.end = End::no_answer, .note = std::move(problem)});
  }

  void hold_off(Peer& peer, milliseconds time, std::string why) {
    peer.held_until = steady_clock::now() + time;
    peer.held_why =
        fmt::format("not asked for {} s: {}",
                    std::chrono::duration_cast<std::chrono::seconds>(time).count(), why);
  }

  void cut_off_who_is_late() {
    const auto now = steady_clock::now();
    for (const auto& worker : state_.workers) {
      for (auto& [connection, asked] : worker->asked) {
        const auto late = now - asked.at - state_.options.timeout;
        if (late > kCutOffAfter && !asked.cut_off) {
          asked.cut_off = true;
          if (asked.peer != nullptr) ::shutdown(asked.peer->socket.get(), SHUT_RDWR);
        }
        if (late > kHangsAfter && worker->lost.empty()) {
          worker->lost = "it hung";
          hangs_on_ = connection;
        }
      }
      if (!worker->ready && now - worker->heard > kLongestStart) worker->lost = "it did not begin";
    }
  }

  void leave_alone() {
    for (auto& [target, peer] : state_.peers) {
      if (!control_.leave->contains(target.node)) continue;
      state_.disconnect(peer);
      if (peer.target != Peer::kNone) finish(peer, {.end = End::left});
    }
    // Those that were about to be.
    std::erase_if(connecting_,
                  [](const Connecting& each) { return each.peer->target == Peer::kNone; });
    std::erase_if(suspects_, [](const Peer* peer) { return peer->target == Peer::kNone; });
  }

  /// Processes that are gone: who they were on, and who only lost a connection.
  Result<void> bury() {
    for (std::size_t i = 0; i < state_.workers.size();) {
      if (state_.workers[i]->lost.empty()) {
        ++i;
        continue;
      }
      const std::unique_ptr<Worker> gone = std::move(state_.workers[i]);
      state_.workers.erase(state_.workers.begin() + static_cast<std::ptrdiff_t>(i));
      LOCKSTEP_CHECK(settle(*gone));
    }
    return {};
  }

  Result<void> settle(Worker& gone) {
    const std::optional<std::uint32_t> hangs_on = std::exchange(hangs_on_, {});
    const auto is_guilty = [&](std::uint32_t connection) {
      return hangs_on ? connection == *hangs_on : gone.asked.size() == 1;
    };
    const bool explains = !gone.asked.empty();
    for (auto& [target, peer] : state_.peers) {
      if (peer.worker != &gone) continue;
      const bool was_asked = gone.asked.contains(peer.connection);
      const bool guilty = was_asked && is_guilty(peer.connection);
      if (was_asked && !guilty && !hangs_on) peer.suspect = true;
      state_.disconnect(peer);
      forget_values(peer);
      if (peer.target == Peer::kNone) continue;
      if (guilty) {
        const std::string why =
            fmt::format("the process that reads its answers was lost on this one: {}", gone.lost);
        ++peer.failures;
        hold_off(peer, state_.options.held_off, why);
        finish(peer, {.end = End::no_answer, .note = why});
      } else {
        (peer.suspect ? suspects_ : to_connect_).push_back(&peer);
      }
    }
    starts_in_a_row_ = explains ? 0 : starts_in_a_row_ + 1;
    if (starts_in_a_row_ > kMostStartsInARow) {
      return fail(
          ErrorKind::unavailable,
          fmt::format("processes that talk to pmcd end before they have asked one: {}", gone.lost));
    }
    return {};
  }

  void forget_values(Peer& peer) {
    peer.values.clear();
    peer.names.clear();
  }

  void finish(Peer& peer, Answer answer) {
    const std::size_t target = std::exchange(peer.target, Peer::kNone);
    if (&peer == suspected_) suspected_ = nullptr;
    forget_values(peer);
    --unfinished_;
    report_(target, std::move(answer));
  }

  State& state_;
  const std::vector<Target>& targets_;
  const Report& report_;
  const CollectControl& control_;
  std::set<std::string, std::less<>> metrics_;
  std::deque<Peer*> to_connect_;
  std::deque<Peer*> suspects_;
  Peer* suspected_ = nullptr;  // the one that is asked now
  std::vector<Connecting> connecting_;
  std::vector<pollfd> polled_;  // the workers, then `connecting_`
  std::vector<std::byte> buffer_ = std::vector<std::byte>(kMostMessageBytes);
  std::size_t unfinished_ = 0;
  std::uint64_t leave_version_ = 0;
  std::optional<std::uint32_t> hangs_on_;  // the connection
  unsigned starts_in_a_row_ = 0;
};

Pool::Pool(PoolOptions options) : state_(std::make_unique<State>(std::move(options))) {
  allow_many_descriptors();
}
Pool::~Pool() = default;

Result<void> Pool::run(const std::vector<Target>& targets, const Report& report,
                       const CollectControl& control) {
  return Run(*state_, targets, report, control).run();
}

}  // namespace lockstep::pcp
