#include "collectors/services/dialogue_pool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <expected>
#include <map>
#include <optional>
#include <ranges>
#include <set>

#include "collectors/services/dialogue_pace.h"
#include "dialogue/message_socket.h"
#include "proc/confined_child.h"
#include "scan/socket_address.h"

namespace lockstep {

using dialogue::Outcome;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// A process, and what it has to do.
struct DialoguePool::Worker {
  explicit Worker(ConfinedChild started) : child(std::move(started)) {}

  ConfinedChild child;
  bool ready = false;         // it has said something: what it needs to work is there
  std::uint32_t reading = 0;  // the task whose bytes it looked at last
  std::chrono::steady_clock::time_point heard =
      std::chrono::steady_clock::now();                           // a message of it
  std::optional<std::chrono::steady_clock::time_point> pinged{};  // since then nothing was heard
  std::uint32_t leaves = 0;  // nodes that it was told to leave; the number of the Ping after it
  std::optional<std::chrono::steady_clock::time_point> leaving{};  // told, and not yet done
};

namespace {

constexpr milliseconds kTick(50);
constexpr std::chrono::seconds kLongestStart(60);  // it may have large files of a user to take in
constexpr milliseconds kQuiet(1000);               // then a process is asked whether it is there
/// Then it is ended, since it may have connections to a node that is to be left.
constexpr milliseconds kLongestLeave(250);
/// Of a run, and so many at a time: what was silent while everything was slow is asked once more.
constexpr std::size_t kMostSecondChances = 128;
constexpr std::size_t kSecondChancesAtATime = 8;
constexpr unsigned kMostStartsInARow = 5;  // of processes that end before they have done anything

struct Connecting {
  UniqueFd socket;
  std::uint32_t task = 0;
  std::uint32_t connection = 0;
  steady_clock::time_point begun;
};

/// A connection, or why there is none, on its way to a worker.
struct Answer {
  std::size_t to = 0;
  dialogue::Connected message;
  UniqueFd socket;
};

/// A job that a worker has.
struct Running {
  std::size_t job = 0;
  std::size_t worker = 0;
  unsigned connections = 0;
  steady_clock::time_point begun;
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

Outcome without_result(ServiceAnswer answer, std::string note) {
  Outcome outcome;
  outcome.service.answer = answer;
  outcome.note = std::move(note);
  return outcome;
}

/// A socket that connects to the job's port. Errors: an errno.
std::expected<UniqueFd, int> begin_connecting(const DialogueJob& job) {
  const scan::SocketAddress to = scan::socket_address(job.address, job.task.port);
  const int type = job.task.protocol == Protocol::tcp ? SOCK_STREAM : SOCK_DGRAM;
  UniqueFd socket(::socket(to.storage.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(errno);
  if (::connect(socket.get(), to.get(), to.size) != 0 && errno != EINPROGRESS) {
    return std::unexpected(errno);
  }
  return socket;
}

}  // namespace

class DialoguePool::Run {
 public:
  Run(DialoguePool& pool, const std::vector<DialogueJob>& jobs, const Report& report,
      const std::atomic<bool>* stop, const LeftNodes& left)
      : pool_(pool),
        jobs_(jobs),
        report_(report),
        stop_(stop),
        left_(left),
        pace_(pool.options_.most_dialogues) {
    for (std::size_t i = 0; i < jobs.size(); ++i) waiting_[jobs[i].node].push_back(i);
    for (auto& [node, queue] : waiting_) {
      // Not the same port of all nodes at a time: what is slow there is slow on our side too.
      std::ranges::rotate(queue, queue.begin() + static_cast<std::ptrdiff_t>(node % queue.size()));
      idle_.push_back(node);
    }
  }

  Result<void> run() {
    while ((done_ < jobs_.size() || leaves()) && (stop_ == nullptr || !*stop_)) {
      LOCKSTEP_CHECK(pool_.start_missing());
      leave_nodes();
      give_work();
      wait();
      for (std::size_t i = 0; i < pool_.workers_.size(); ++i) listen_to(i);
      finish_connections();
      send_answers();
      end_what_takes_too_long();
      find_what_hangs();
      LOCKSTEP_CHECK(bury());
    }
    return {};
  }

 private:
  bool leaves() const {
    return std::ranges::any_of(pool_.workers_,
                               [](const Worker& w) { return w.leaving.has_value(); });
  }

  void leave_nodes() {
    if (!left_) return;
    for (const std::size_t node : left_()) {
      if (const auto found = waiting_.find(node); found != waiting_.end()) {
        done_ += found->second.size();
        waiting_.erase(found);
      }
      std::erase(idle_, node);
      done_ +=
          std::erase_if(waits_again_, [&](std::size_t job) { return jobs_[job].node == node; });
      for (auto at = running_.begin(); at != running_.end();) {
        if (jobs_[at->second.job].node != node) {
          ++at;
          continue;
        }
        leave_task(at->first, at->second.worker);
        at = running_.erase(at);
      }
    }
  }

  /// What we hold of its connections is closed here, the rest by the worker. It does so before it
  /// answers the Ping.
  void leave_task(std::uint32_t task, std::size_t index) {
    std::erase_if(connecting_, [&](const Connecting& each) { return each.task == task; });
    std::erase_if(answers_, [&](const Answer& each) { return each.message.task == task; });
    Worker& worker = pool_.workers_[index];
    const int to = worker.child.socket();
    const auto told = dialogue::send(to, dialogue::Leave{.task = task});
    const auto asked = dialogue::send(to, dialogue::Ping{.number = ++worker.leaves});
    if (!told || !*told || !asked || !*asked)
      lose(index, "it did not take the word to leave a node");
    if (!worker.leaving) worker.leaving = steady_clock::now();
  }

  /// As many dialogues as may go on at a time, to the workers in turn.
  void give_work() {
    if (idle_.empty() && running_.empty()) give_second_chances();
    while (!idle_.empty() && running_.size() < pace_.limit()) {
      const std::size_t node = idle_.front();
      const std::size_t job = waiting_[node].front();
      if (!pool_.options_.fence.permits(jobs_[job].address)) {
        idle_.pop_front();
        finish(job,
               without_result(ServiceAnswer::unreachable, "outside [scan] allow, or excluded"));
        continue;
      }
      const std::optional<std::size_t> ready = next_worker();
      if (!ready) return;
      const std::size_t worker = *ready;
      dialogue::Task task = jobs_[job].task;
      task.id = next_id_;
      const auto sent = dialogue::send(pool_.workers_[worker].child.socket(), task);
      if (!sent || !*sent) return;  // busy, or gone: later
      ++next_id_;
      idle_.pop_front();
      running_[task.id] = {
          .job = job, .worker = worker, .connections = 0, .begun = steady_clock::now()};
    }
  }

  /// In turn, of those that are ready.
  std::optional<std::size_t> next_worker() {
    for (std::size_t i = 0; i < pool_.workers_.size(); ++i) {
      const std::size_t worker = next_worker_++ % pool_.workers_.size();
      if (pool_.workers_[worker].ready) return worker;
    }
    return {};
  }

  void wait() {
    polled_.clear();
    for (const Worker& worker : pool_.workers_) {
      polled_.push_back({worker.child.socket(), POLLIN, 0});
    }
    for (const Connecting& connecting : connecting_) {
      polled_.push_back({connecting.socket.get(), POLLOUT, 0});
    }
    ::poll(polled_.data(), polled_.size(), static_cast<int>(kTick.count()));
  }

  void listen_to(std::size_t index) {
    for (;;) {
      auto received = dialogue::receive(pool_.workers_[index].child.socket());
      if (!received) {
        const bool lies = received.error().kind() == ErrorKind::corrupt;
        lose(index, lies ? "it said what is no message" : "");
        return;
      }
      if (!*received) return;
      pool_.workers_[index].ready = true;
      pool_.workers_[index].heard = steady_clock::now();
      pool_.workers_[index].pinged.reset();
      handle(index, (*received)->message);
    }
  }

  void handle(std::size_t worker, dialogue::Message& message) {
    if (const auto* const request = std::get_if<dialogue::ConnectRequest>(&message)) {
      if (is_its(worker, request->task)) connect(*request);
    } else if (const auto* const reading = std::get_if<dialogue::Reading>(&message)) {
      pool_.workers_[worker].reading = reading->task;
    } else if (const auto* const ping = std::get_if<dialogue::Ping>(&message)) {
      Worker& from = pool_.workers_[worker];
      if (ping->number == from.leaves) from.leaving.reset();
    } else if (auto* const outcome = std::get_if<Outcome>(&message)) {
      if (!is_its(worker, outcome->task)) return;
      starts_in_a_row_ = 0;
      const Running running = running_.at(outcome->task);
      running_.erase(outcome->task);
      const std::size_t job = running.job;
      const std::string& expected = jobs_[job].task.expected;
      const auto now = steady_clock::now();
      pace_.ended(!expected.empty() && outcome->service.name == expected, now - running.begun, now);
      if (deserves_second_chance(job, outcome->service.answer)) {
        second_chances_.emplace(job);
        waits_again_.push_back(job);
        next_of(jobs_[job].node, job);
      } else {
        finish(job, std::move(*outcome));
      }
    }
  }

  bool deserves_second_chance(std::size_t job, ServiceAnswer answer) const {
    const bool unknown = answer == ServiceAnswer::silent || answer == ServiceAnswer::unreachable;
    return unknown && !jobs_[job].task.expected.empty() && pace_.is_strained(steady_clock::now()) &&
           second_chances_.size() < kMostSecondChances && !second_chances_.contains(job);
  }

  /// Once all else is done, a few at a time.
  void give_second_chances() {
    for (std::size_t i = 0; i < kSecondChancesAtATime && !waits_again_.empty(); ++i) {
      const std::size_t job = waits_again_.front();
      waits_again_.pop_front();
      const std::size_t node = jobs_[job].node;
      waiting_[node].push_back(job);
      if (waiting_[node].size() == 1) idle_.push_back(node);
    }
  }

  /// A worker speaks for its own tasks alone.
  bool is_its(std::size_t worker, std::uint32_t task) const {
    const auto found = running_.find(task);
    return found != running_.end() && found->second.worker == worker;
  }

  void connect(const dialogue::ConnectRequest& request) {
    Running& running = running_.at(request.task);
    if (++running.connections > kMostConnections) return answer(request, EMFILE, UniqueFd(), {});
    auto socket = begin_connecting(jobs_[running.job]);
    if (!socket) return answer(request, socket.error(), UniqueFd(), {});
    connecting_.push_back({.socket = std::move(*socket),
                           .task = request.task,
                           .connection = request.connection,
                           .begun = steady_clock::now()});
  }

  void answer(const dialogue::ConnectRequest& request, int error, UniqueFd socket,
              steady_clock::duration round_trip) {
    const auto found = running_.find(request.task);
    if (found == running_.end()) return;
    const dialogue::Connected connected{
        .task = request.task,
        .connection = request.connection,
        .error = error,
        .round_trip = std::chrono::duration_cast<std::chrono::microseconds>(round_trip)};
    answers_.push_back(
        {.to = found->second.worker, .message = connected, .socket = std::move(socket)});
  }

  /// What workers have asked for goes to them as soon as they take it.
  void send_answers() {
    std::erase_if(answers_, [this](const Answer& answer) {
      const int to = pool_.workers_[answer.to].child.socket();
      const auto sent = dialogue::send(to, answer.message, answer.socket.get());
      return !sent || *sent;  // who is gone is found out when it is listened to
    });
  }

  void finish_connections() {
    const auto now = steady_clock::now();
    const std::size_t workers = pool_.workers_.size();
    const std::size_t polled = polled_.size() - workers;
    std::vector<Connecting> rest;
    for (std::size_t i = 0; i < connecting_.size(); ++i) {
      Connecting& connecting = connecting_[i];
      const bool ready = i < polled && polled_[workers + i].revents != 0;
      const bool late = now - connecting.begun > pool_.options_.connect_timeout;
      if (!ready && !late) {
        rest.push_back(std::move(connecting));
        continue;
      }
      int error = ready ? 0 : ETIMEDOUT;
      socklen_t size = sizeof error;
      if (ready) ::getsockopt(connecting.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      answer({.task = connecting.task, .connection = connecting.connection}, error,
             error == 0 ? std::move(connecting.socket) : UniqueFd(), now - connecting.begun);
    }
    connecting_ = std::move(rest);
  }

  void end_what_takes_too_long() {
    const auto now = steady_clock::now();
    for (const auto& [id, running] : running_) {
      if (now - running.begun < pool_.options_.longest_dialogue) continue;
      if (lose(running.worker, "it took too long")) {
        pool_.workers_[running.worker].reading = id;
      }
    }
  }

  /// Long before its dialogues have taken too long: what it hangs on is what it looked at last.
  void find_what_hangs() {
    const auto now = steady_clock::now();
    for (std::size_t i = 0; i < pool_.workers_.size(); ++i) {
      Worker& worker = pool_.workers_[i];
      if (worker.leaving && now - *worker.leaving >= kLongestLeave) {
        lose(i, "it did not leave a node");
      } else if (worker.pinged) {
        const milliseconds patience =
            worker.ready ? pool_.options_.hangs_after : milliseconds(kLongestStart);
        if (now - *worker.pinged >= patience) lose(i, "it hung");
      } else if (now - worker.heard >= std::min(kQuiet, pool_.options_.hangs_after)) {
        // Where there is no room for it, it does not read what we say either.
        [[maybe_unused]] const auto sent =
            dialogue::send(worker.child.socket(), dialogue::Ping{.number = worker.leaves});
        worker.pinged = now;
      }
    }
  }

  /// False where that is known already. `how`: empty where it has ended by itself.
  bool lose(std::size_t worker, std::string_view how) { return lost_.emplace(worker, how).second; }

  /// Workers that are gone: the one task that did it ends without a result, the others begin again.
  Result<void> bury() {
    // The last one first, so that the numbers of the others stay as they are.
    for (const auto& [index, reason] : std::views::reverse(lost_)) {
      const std::string how =
          reason.empty() ? how_ended(pool_.workers_[index].child) : std::string(reason);
      std::vector<std::uint32_t> again;
      bool knows_why = false;
      for (const auto& [id, running] : running_) {
        if (running.worker == index) again.push_back(id);
      }
      for (const std::uint32_t id : again) {
        const std::size_t job = running_.at(id).job;
        running_.erase(id);
        if (id == pool_.workers_[index].reading) {
          knows_why = true;
          finish(job,
                 without_result(
                     ServiceAnswer::lost,
                     fmt::format("the process that reads answers was lost on this one: {}", how)));
        } else {
          idle_.push_back(jobs_[job].node);
        }
      }
      pool_.workers_.erase(pool_.workers_.begin() + static_cast<std::ptrdiff_t>(index));
      for (auto& [id, running] : running_) running.worker -= running.worker > index ? 1 : 0;
      std::erase_if(answers_, [index](const Answer& answer) { return answer.to == index; });
      for (Answer& answer : answers_) answer.to -= answer.to > index ? 1 : 0;
      // With each one that is known there is one less, so that this ends.
      starts_in_a_row_ = knows_why ? 0 : starts_in_a_row_ + 1;
      if (starts_in_a_row_ > kMostStartsInARow) {
        return fail(
            ErrorKind::unavailable,
            fmt::format("processes that read answers end before they have read one: {}", how));
      }
    }
    lost_.clear();
    return {};
  }

  /// The node's next job may begin.
  void finish(std::size_t job, Outcome outcome) {
    ++done_;
    next_of(jobs_[job].node, job);
    report_(job, std::move(outcome));
  }

  void next_of(std::size_t node, std::size_t job) {
    auto& queue = waiting_[node];
    std::erase(queue, job);
    if (!queue.empty()) idle_.push_back(node);
  }

  DialoguePool& pool_;
  const std::vector<DialogueJob>& jobs_;
  const Report& report_;
  const std::atomic<bool>* stop_;
  const LeftNodes& left_;
  DialoguePace pace_;
  std::map<std::size_t, std::deque<std::size_t>>
      waiting_;                               // of each node, the one that runs in front
  std::deque<std::size_t> waits_again_;       // jobs that are asked once more at the end
  std::set<std::size_t> second_chances_;      // jobs that were
  std::deque<std::size_t> idle_;              // nodes of which a job may begin
  std::map<std::uint32_t, Running> running_;  // by the id of its task
  std::vector<Connecting> connecting_;
  std::vector<Answer> answers_;
  std::vector<pollfd> polled_;                    // the workers, then `connecting_` as it was
  std::map<std::size_t, std::string_view> lost_;  // workers, and why
  std::size_t done_ = 0;
  std::size_t next_worker_ = 0;
  std::uint32_t next_id_ = 1;
  unsigned starts_in_a_row_ = 0;
};

DialoguePool::DialoguePool(DialoguePoolOptions options) : options_(std::move(options)) {}
DialoguePool::DialoguePool(DialoguePool&&) noexcept = default;
DialoguePool& DialoguePool::operator=(DialoguePool&&) noexcept = default;
DialoguePool::~DialoguePool() = default;

Result<void> DialoguePool::start_missing() {
  while (workers_.size() < std::max(1U, options_.workers)) {
    const int input = options_.input ? options_.input->get() : -1;
    LOCKSTEP_TRY(ConfinedChild child, ConfinedChild::start(options_.command, input));
    Worker& worker = workers_.emplace_back(std::move(child));
    // Its answer tells that it is ready; one that is gone already is found when it is listened to.
    [[maybe_unused]] const auto sent = dialogue::send(worker.child.socket(), dialogue::Ping{});
    worker.pinged = steady_clock::now();
  }
  return {};
}

Result<void> DialoguePool::start() {
  return start_missing();
}

Result<void> DialoguePool::run(const std::vector<DialogueJob>& jobs, const Report& report,
                               const std::atomic<bool>* stop, const LeftNodes& left) {
  auto done = Run(*this, jobs, report, stop, left).run();
  // What a run that was stopped or has failed has begun is over.
  if (!done || (stop != nullptr && *stop)) workers_.clear();
  return done;
}

}  // namespace lockstep
