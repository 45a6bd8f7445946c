#include "proc/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "base/text.h"

extern char** environ;

namespace lockstep {
namespace {

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(system_error(errno, "pipe"));
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// posix_spawn(3) with what the three kinds of start have in common.
class Spawner {
 public:
  Spawner() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  ~Spawner() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;

  void redirect(int from, int to) { ::posix_spawn_file_actions_adddup2(&actions_, from, to); }
  void no_input() {
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }

  Result<pid_t> spawn(const std::vector<std::string>& command) {
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t pid = 0;
    const int error =
        ::posix_spawnp(&pid, arguments[0], &actions_, &attributes_, arguments.data(), environ);
    if (error != 0) {
      return std::unexpected(system_error(error, fmt::format("run {}", quoted(command.front()))));
    }
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<Child> Child::start(const std::vector<std::string>& command) {
  LOCKSTEP_TRY(Pipe input, make_pipe());
  LOCKSTEP_TRY(Pipe output, make_pipe());
  Spawner spawner;
  spawner.redirect(input.read_end.get(), STDIN_FILENO);
  spawner.redirect(output.write_end.get(), STDOUT_FILENO);
  LOCKSTEP_TRY(const pid_t pid, spawner.spawn(command));
  return Child(pid, std::move(input.write_end), std::move(output.read_end));
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      buffered_(std::move(other.buffered_)) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(input_, other.input_);
  std::swap(output_, other.output_);
  std::swap(buffered_, other.buffered_);
  return *this;
}

Child::~Child() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGTERM);
  wait();
}

Result<std::string> Child::read_line(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const std::size_t end = buffered_.find('\n');
    if (end != std::string::npos) {
      std::string line = buffered_.substr(0, end);
      buffered_.erase(0, end + 1);
      return line;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd waiting{output_.get(), POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<long>(left.count(), 0)));
    if (ready == 0) return fail(ErrorKind::unavailable, "no line came in time");
    std::array<char, 4096> chunk;
    const ssize_t size = ::read(output_.get(), chunk.data(), chunk.size());
    if (size <= 0) return fail(ErrorKind::unavailable, "it ended before it said a line");
    buffered_.append(chunk.data(), static_cast<std::size_t>(size));
  }
}

int Child::wait() {
  close_input();
  return wait_for(std::exchange(pid_, 0));
}

Result<int> run_child(const std::vector<std::string>& command) {
  Spawner spawner;
  spawner.no_input();
  LOCKSTEP_TRY(const pid_t pid, spawner.spawn(command));
  return wait_for(pid);
}

Result<ChildOutput> capture_child(const std::vector<std::string>& command, std::size_t limit) {
  LOCKSTEP_TRY(Pipe output, make_pipe());
  Spawner spawner;
  spawner.no_input();
  spawner.redirect(output.write_end.get(), STDOUT_FILENO);
  LOCKSTEP_TRY(const pid_t pid, spawner.spawn(command));
  output.write_end = UniqueFd();
  ChildOutput result;
  std::array<char, 4096> chunk;
  ssize_t size = 0;
  while ((size = ::read(output.read_end.get(), chunk.data(), chunk.size())) > 0) {
    const std::size_t room = limit - std::min(limit, result.output.size());
    result.output.append(chunk.data(), std::min(room, static_cast<std::size_t>(size)));
  }
  result.status = wait_for(pid);
  return result;
}

}  // namespace lockstep
