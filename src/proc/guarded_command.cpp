#include "proc/guarded_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/text.h"
#include "base/unique_fd.h"
#include "proc/guard_process.h"
#include "proc/process_tree.h"
#include "proc/rights.h"

namespace lockstep {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMaxComplaintBytes = 4096;
constexpr milliseconds kTick{20};       // how long a stop may go unseen
constexpr milliseconds kUseEvery{100};  // how often memory and processes are looked at
constexpr milliseconds kGraceOfStop{30};
constexpr milliseconds kUntilAllAreGone{5'000};
/// Threads count as processes do where the kernel holds a user to a number of them. That is against
/// fork bombs alone; how many a command may have is watched.
constexpr std::size_t kRoomForThreads = 448;
constexpr int kRounds = 16;
constexpr int kLastRounds = 4096;  // what a pipe holds, and much more

struct Pair {
  UniqueFd ours;
  UniqueFd its;
};

/// Ours does not block.
Result<Pair> make_pipe(bool we_read) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(system_error(errno, "make a pipe"));
  Pair pair{UniqueFd(ends[we_read ? 0 : 1]), UniqueFd(ends[we_read ? 1 : 0])};
  ::fcntl(pair.ours.get(), F_SETFL, O_NONBLOCK);
  return pair;
}

/// A write to a command that has ended must not end us. Not by ignoring the signal: that is for all
/// threads.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    sigemptyset(&signal_);
    sigaddset(&signal_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &signal_, &before_);
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;
  ~NoBrokenPipe() {
    constexpr timespec kNow{0, 0};
    while (::sigtimedwait(&signal_, nullptr, &kNow) > 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t signal_;
  sigset_t before_;
};

Result<std::string> find_program(const std::string& name) {
  if (name.contains('/')) {
    std::error_code error;
    const auto path = std::filesystem::absolute(name, error);
    if (error)
      return fail(ErrorKind::not_found, fmt::format("no program {}", lockstep::quoted(name)));
    return path.string();
  }
  for (const std::string_view folder : split(kGuardedPath, ':')) {
    std::string path = fmt::format("{}/{}", folder, name);
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return fail(ErrorKind::not_found, fmt::format("there is no program {} in {}; write its path",
                                                lockstep::quoted(name), kGuardedPath));
}

struct User {
  uid_t user;
  gid_t group;
};

/// A root of a container may lack it.
bool may_change_user() {
  constexpr Capabilities kBoth = Capabilities{1} << CAP_SETUID | Capabilities{1} << CAP_SETGID;
  const auto rights = rights_of(::getpid());
  return rights && (rights->effective & kBoth) == kBoth;
}

/// Nothing: it stays ours.
Result<std::optional<User>> find_user(const std::string& name) {
  constexpr uid_t kNobody = 65534;
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16384> buffer{};
  const std::string wanted = name.empty() ? "nobody" : name;
  ::getpwnam_r(wanted.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (::geteuid() != 0) {
    if (name.empty() || (found != nullptr && found->pw_uid == ::geteuid())) {
      return std::optional<User>();
    }
    return fail(ErrorKind::denied,
                fmt::format("only root may run a command as {}", lockstep::quoted(name)));
  }
  if (!may_change_user()) {
    // Root without capabilities still owns root's files: only who says so gets that.
    if (found != nullptr && found->pw_uid == 0) return std::optional<User>();
    return fail(
        ErrorKind::denied,
        fmt::format("it cannot run as {}: this root may not become another user; say root if "
                    "the command may run as that",
                    lockstep::quoted(wanted)));
  }
  if (found != nullptr) return User{found->pw_uid, found->pw_gid};
  if (name.empty()) return User{kNobody, kNobody};
  return fail(ErrorKind::not_found, fmt::format("there is no user {}", lockstep::quoted(name)));
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

/// One command while it runs.
class Run {
 public:
  Run(std::string_view input, const GuardLimits& limits, const TakeOutput& take,
      const std::atomic<bool>* stop)
      : input_(input), limits_(limits), take_(take), stop_(stop) {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() {
    if (guard_ == 0) return;
    // It ends by the end of the socket. One that cannot is left to whoever inherits it.
    control_.ours = UniqueFd();
    for (int i = 0; i < 100 && ::waitpid(guard_, nullptr, WNOHANG) == 0; ++i) ::usleep(1'000);
  }

  Result<void> start(const GuardedCommand& command) {
    LOCKSTEP_TRY(const std::string program, find_program(command.words.at(0)));
    LOCKSTEP_TRY(const std::optional<User> user, find_user(command.user));
    LOCKSTEP_TRY(in_, make_pipe(false));
    LOCKSTEP_TRY(out_, make_pipe(true));
    LOCKSTEP_TRY(err_, make_pipe(true));
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
      return std::unexpected(system_error(errno, "make a pair of sockets"));
    }
    control_ = {UniqueFd(ends[0]), UniqueFd(ends[1])};
    if (user) doing_ = fmt::format("run it as user id {}", user->user);
    std::vector<std::string> words = command.words;
    std::vector<std::string> environment = {fmt::format("PATH={}", kGuardedPath), "LANG=C.UTF-8",
                                            "HOME=/nonexistent"};
    const std::vector<char*> arguments = pointers(words);
    const std::vector<char*> variables = pointers(environment);
    const GuardedStart start{.program = program.c_str(),
                             .arguments = arguments.data(),
                             .environment = variables.data(),
                             .input = in_.its.get(),
                             .output = out_.its.get(),
                             .complaint = err_.its.get(),
                             .changes_user = user.has_value(),
                             .user = user ? user->user : 0,
                             .group = user ? user->group : 0,
                             .open_files = limits_.open_files,
                             .most_of_user = threads_of_user(user ? user->user : ::geteuid()) +
                                             limits_.processes + kRoomForThreads};
    began_ = Clock::now();
    const pid_t pid = ::fork();
    if (pid < 0) return std::unexpected(system_error(errno, "start a process"));
    if (pid == 0) run_guard(start, control_.its.get());
    guard_ = pid;
    for (Pair* pair : {&in_, &out_, &err_, &control_}) pair->its = UniqueFd();
    return {};
  }

  Result<GuardedOutcome> finish() {
    while (!gone_) {
      if (!step()) {
        outcome_.something_stays = true;
        break;
      }
    }
    read_output(kLastRounds);
    drain_complaint();
    if (exec_error_ != 0) return std::unexpected(system_error(exec_error_, doing_));
    if (!ended_) {
      return fail(ErrorKind::unavailable, "the process that was to watch over it was ended");
    }
    outcome_.duration = Clock::now() - began_;
    outcome_.complaint = std::move(complaint_);
    return std::move(outcome_);
  }

 private:
  /// False where what was killed is still there after a long time.
  bool step() {
    std::array<pollfd, 4> events{
        pollfd{control_.ours.get(), POLLIN, 0}, pollfd{out_.ours.get(), POLLIN, 0},
        pollfd{err_.ours.get(), POLLIN, 0}, pollfd{in_.ours.get(), POLLOUT, 0}};
    const int ready = ::poll(events.data(), events.size(), static_cast<int>(kTick.count()));
    if (ready > 0) {
      if (events[1].revents != 0) read_output(kRounds);
      if (events[2].revents != 0) drain_complaint();
      if (events[3].revents != 0) write_input();
      if (events[0].revents != 0) listen();
    }
    const Clock::time_point now = Clock::now();
    if (killed_at_ && !gone_) kill_descendants(guard_);
    if (killed_at_) return now - *killed_at_ < kUntilAllAreGone;
    if (ended_) killed_at_ = now;  // the guard is at what is left
    watch(now);
    return true;
  }

  void watch(Clock::time_point now) {
    if (ended_) return;
    if (stop_ != nullptr && stop_->load(std::memory_order_relaxed)) {
      end(GuardedEnd::stopped, now, kGraceOfStop);
    } else if (now - began_ >= limits_.time) {
      end(GuardedEnd::late, now, limits_.grace);
    } else if (now - used_at_ >= kUseEvery) {
      used_at_ = now;
      const TreeUse use = use_of_descendants(guard_, limits_.processes + 1);
      if (use.processes > limits_.processes) end(GuardedEnd::too_many_processes, now, {});
      if (use.memory_bytes > limits_.memory_bytes) end(GuardedEnd::too_much_memory, now, {});
    }
    if (kill_at_ && now >= *kill_at_) {
      kill_descendants(guard_);  // before the guard ends them one by one, and makes room for more
      tell(GuardWord::kill);
      killed_at_ = Clock::now();
    }
  }

  /// The first reason counts; a later one may have less patience.
  void end(GuardedEnd why, Clock::time_point now, milliseconds grace) {
    if (!kill_at_) {
      outcome_.end = why;
      if (grace.count() > 0) tell(GuardWord::term);
      termed_ = grace.count() > 0;
    }
    const Clock::time_point at = now + grace;
    kill_at_ = kill_at_ ? std::min(*kill_at_, at) : at;
  }

  void tell(GuardWord word) {
    const GuardMessage message{word, 0};
    [[maybe_unused]] const ssize_t sent =
        ::send(control_.ours.get(), &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  void listen() {
    GuardMessage message{};
    const ssize_t size = ::recv(control_.ours.get(), &message, sizeof message, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size != sizeof message) {
      gone_ = true;
      return;
    }
    if (message.word == GuardWord::exec_failed) exec_error_ = message.value;
    if (message.word == GuardWord::ended) {
      ended_ = true;
      outcome_.ended_on_term = termed_ && !killed_at_;
      const int status = message.value;
      outcome_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    if (message.word == GuardWord::gone) {
      gone_ = true;
      const bool by_itself = outcome_.end == GuardedEnd::by_itself;
      outcome_.left_behind = by_itself ? static_cast<std::size_t>(message.value) : 0;
    }
  }

  void read_output(int rounds) {
    std::array<char, 64 << 10> block;
    // Stop, time and limits are looked at in between.
    while (out_.ours && rounds-- > 0) {
      const ssize_t got = ::read(out_.ours.get(), block.data(), block.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) {
        out_.ours = UniqueFd();
        return;
      }
      const auto size = static_cast<std::size_t>(got);
      const bool over =
          outcome_.end == GuardedEnd::too_much_output || outcome_.end == GuardedEnd::refused;
      if (over) continue;
      const std::size_t kept = std::min(size, limits_.output_bytes - taken_);
      taken_ += kept;
      if (!take_(std::string_view(block.data(), kept))) {
        end(GuardedEnd::refused, Clock::now(), {});
      } else if (kept < size) {
        end(GuardedEnd::too_much_output, Clock::now(), {});
      }
    }
  }

  void drain_complaint() {
    std::array<char, 16 << 10> block;
    for (int rounds = 0; err_.ours && rounds < 16; ++rounds) {
      const ssize_t got = ::read(err_.ours.get(), block.data(), block.size());
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (got <= 0) {
        err_.ours = UniqueFd();
        return;
      }
      complaint_.append(block.data(), static_cast<std::size_t>(got));
      if (complaint_.size() > kMaxComplaintBytes) {
        complaint_.erase(0, complaint_.size() - kMaxComplaintBytes);
      }
    }
  }

  void write_input() {
    while (!input_.empty()) {
      const ssize_t put = ::write(in_.ours.get(), input_.data(), input_.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0 && errno == EAGAIN) return;
      if (put < 0) break;  // it need not read
      input_.remove_prefix(static_cast<std::size_t>(put));
    }
    in_.ours = UniqueFd();
  }

  std::string_view input_;
  const GuardLimits& limits_;
  const TakeOutput& take_;
  const std::atomic<bool>* stop_;
  pid_t guard_ = 0;
  Pair in_, out_, err_, control_;
  Clock::time_point began_;
  Clock::time_point used_at_;
  std::optional<Clock::time_point> kill_at_;
  std::optional<Clock::time_point> killed_at_;
  std::size_t taken_ = 0;
  int exec_error_ = 0;
  bool termed_ = false;
  bool ended_ = false;
  bool gone_ = false;
  std::string doing_ = "run it";
  std::string complaint_;
  GuardedOutcome outcome_;
};

}  // namespace

Result<GuardedOutcome> run_guarded(const GuardedCommand& command, std::string_view input,
                                   const GuardLimits& limits, const TakeOutput& take,
                                   const std::atomic<bool>* stop) {
  if (command.words.empty()) return fail(ErrorKind::invalid, "the command is empty");
  const std::string what = fmt::format("the command {}", lockstep::quoted(command.words[0], 200));
  const NoBrokenPipe no_signal;
  Run run(input, limits, take, stop);
  if (const Result<void> started = run.start(command); !started) {
    return std::unexpected(started.error().within(what));
  }
  auto outcome = run.finish();
  if (!outcome) return std::unexpected(outcome.error().within(what));
  return outcome;
}

}  // namespace lockstep
