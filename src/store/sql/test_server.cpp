#include "store/sql/test_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string_view>

namespace lockstep {
namespace {

const passwd* server_user() {
  if (geteuid() != 0) return nullptr;
  const passwd* const user = getpwnam("postgres");
  return user != nullptr ? user : getpwnam("nobody");
}

std::string roomy_folder() {
  std::error_code error;
  const auto space = std::filesystem::space("/dev/shm", error);
  constexpr std::uintmax_t kRoom = std::uintmax_t{2} << 30;
  return !error && space.available >= kRoom && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

void forget(const std::vector<std::string>& prefixes) {
  std::vector<std::string> names;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view variable(*each);
    for (const std::string& prefix : prefixes) {
      if (variable.starts_with(prefix)) names.emplace_back(variable.substr(0, variable.find('=')));
    }
  }
  for (const std::string& each : names) unsetenv(each.c_str());
}

[[noreturn]] void become(const std::vector<std::string>& command, int output,
                         const std::vector<std::string>& prefixes) {
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  if (const passwd* const user = server_user()) {
    if (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0) {
      _exit(126);
    }
  }
  setenv("LC_ALL", "C", 1);
  forget(prefixes);
  if (chdir("/") != 0) _exit(126);
  std::vector<char*> arguments;
  for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  execv(arguments.front(), arguments.data());
  _exit(127);
}

/// Closes all descriptors but the standard ones and these.
void close_others(int a, int b) {
  const auto low = static_cast<unsigned>(std::min(a, b));
  const auto high = static_cast<unsigned>(std::max(a, b));
  if (low > STDERR_FILENO + 1) close_range(STDERR_FILENO + 1, low - 1, 0);
  if (low + 1 < high) close_range(low + 1, high - 1, 0);
  close_range(high + 1, ~0U, 0);
}

}  // namespace

bool lacks_server_user() {
  return geteuid() == 0 && server_user() == nullptr;
}

std::filesystem::path make_server_folder(const std::string& prefix) {
  std::string pattern = roomy_folder() + "/" + prefix + "-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) return {};
  if (const passwd* const user = server_user()) {
    if (chown(pattern.c_str(), user->pw_uid, user->pw_gid) != 0) return {};
  }
  return pattern;
}

pid_t start_as_server_user(const std::vector<std::string>& command,
                           const std::filesystem::path& output,
                           const std::vector<std::string>& prefixes) {
  const int file = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t child = fork();
  if (child == 0) become(command, file, prefixes);
  close(file);
  return child;
}

std::string run_as_server_user(const std::vector<std::string>& command,
                               const std::filesystem::path& output,
                               const std::vector<std::string>& prefixes) {
  std::error_code error;
  std::filesystem::remove(output, error);
  const pid_t child = start_as_server_user(command, output, prefixes);
  int status = -1;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  std::ifstream file(output);
  return fmt::format("{} failed: {}", command.front(),
                     std::string(std::istreambuf_iterator<char>(file), {}));
}

Keeper::~Keeper() {
  if (alive_ < 0) return;
  close(alive_);
  char byte = 0;
  while (read(done_, &byte, 1) > 0) {
  }
  close(done_);
}

void Keeper::start(const std::function<void()>& clean_up) {
  int alive[2];
  int done[2];
  ASSERT_EQ(pipe2(alive, O_CLOEXEC), 0);
  ASSERT_EQ(pipe2(done, O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    if (fork() != 0) _exit(0);
    // Another keeper's ends among them, which would wait for this one.
    close_others(alive[0], done[1]);
    const int nowhere = open("/dev/null", O_RDWR);
    for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, each);
    char byte = 0;
    while (read(alive[0], &byte, 1) > 0) {
    }
    clean_up();
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  close(alive[0]);
  close(done[1]);
  alive_ = alive[1];
  done_ = done[0];
}

}  // namespace lockstep
