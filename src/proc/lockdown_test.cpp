#include "proc/lockdown.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "proc/confined_child.h"

namespace lockstep {
namespace {

/// The exit status of `what` in a process of its own, after lock_down(); 99 where that fails.
int locked_down(const std::function<int()>& what) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(lock_down() ? what() : 99);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/// 0: refused; 1: it could.
int refused(long result) {
  return result < 0 && (errno == EPERM || errno == EACCES) ? 0 : 1;
}

/// Where it is missing, files are kept away by the filter of system calls alone.
bool has_landlock() {
  return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

TEST(Lockdown, TakesWhatAParserDoesNotNeed) {
  struct Row {
    std::string description;
    std::function<int()> what;
  };
  const Row rows[] = {
      {"open a file", [] { return refused(::open("/etc/passwd", O_RDONLY)); }},
      {"make a file", [] { return refused(::open("/tmp/x", O_RDWR | O_CREAT, 0600)); }},
      {"make a socket", [] { return refused(::socket(AF_INET, SOCK_STREAM, 0)); }},
      {"make a local socket", [] { return refused(::socket(AF_UNIX, SOCK_STREAM, 0)); }},
      {"run a program", [] { return refused(::execl("/bin/true", "true", nullptr)); }},
      {"fork", [] { return refused(::fork()); }},
      {"end another process", [] { return refused(::kill(::getppid(), 0)); }},
      {"memory that is executed",
       [] {
         return refused(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
                            ? -1
                            : 0);
       }},
      {"become root", [] { return refused(::setuid(0)) == 0 || ::getuid() != 0 ? 0 : 1; }},
      {"duplicate a descriptor to a number", [] { return refused(::dup2(0, 9)); }},
  };
  for (const Row& row : rows) EXPECT_EQ(locked_down(row.what), 0) << row.description;
}

TEST(Lockdown, LeavesSocketsThatAreOpenAndMemory) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
  EXPECT_EQ(locked_down([&] {
              std::string text(1 << 20, 'x');
              return ::send(ends[1], text.data(), 5, MSG_NOSIGNAL) == 5 ? 0 : 1;
            }),
            0);
  char buffer[16];
  EXPECT_EQ(::recv(ends[0], buffer, sizeof buffer, MSG_DONTWAIT), 5);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(ConfinedChild, HasOneSocketAndNoRights) {
  auto child = ConfinedChild::start(
      {"/bin/sh", "-c",
       "{ ls /proc/self/fd; grep -E 'CapEff|NoNewPrivs' /proc/self/status; } >&3"});
  ASSERT_TRUE(child) << child.error().message();
  std::string said;
  char buffer[4096];
  for (ssize_t size = 0; (size = ::recv(child->socket(), buffer, sizeof buffer, 0)) > 0;) {
    said.append(buffer, static_cast<std::size_t>(size));
  }
  // 4 is the folder that ls reads.
  EXPECT_EQ(said.substr(0, 10), "0\n1\n2\n3\n4\n") << said;
  EXPECT_NE(said.find("NoNewPrivs:\t1"), said.npos) << said;
  // CAP_SETGID and CAP_SETUID alone, or nothing.
  EXPECT_TRUE(said.find("CapEff:\t00000000000000c0") != said.npos ||
              said.find("CapEff:\t0000000000000000") != said.npos)
      << said;
}

TEST(Lockdown, WhatIsGivenUpBeforeThreadsBindsThemToo) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (!give_up_rights()) ::_exit(99);
    int opened = 1;
    __user_cap_header_struct head{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct has[2]{};
    std::thread([&] {
      opened = refused(::open("/etc/passwd", O_RDONLY));
      ::syscall(SYS_capget, &head, has);
    }).join();
    const bool files = opened == 1 && has_landlock();
    ::_exit((files ? 1 : 0) | (has[0].permitted != 0 || has[1].permitted != 0 ? 2 : 0));
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ConfinedChild, ReadsWhatItIsGiven) {
  const UniqueFd given(::memfd_create("given", MFD_CLOEXEC));
  ASSERT_EQ(::write(given.get(), "text", 4), 4);
  ASSERT_EQ(::lseek(given.get(), 0, SEEK_SET), 0);
  auto child = ConfinedChild::start({"/bin/sh", "-c", "cat <&4 >&3"}, given.get());
  ASSERT_TRUE(child) << child.error().message();
  char buffer[16];
  ASSERT_EQ(::recv(child->socket(), buffer, sizeof buffer, 0), 4);
  EXPECT_EQ(std::string_view(buffer, 4), "text");
}

TEST(ConfinedChild, TellsHowItEnded) {
  const auto how = [](const std::string& path, const std::string& script) {
    auto child = ConfinedChild::start({path, "-c", script});
    EXPECT_TRUE(child);
    char byte = 0;
    EXPECT_EQ(::recv(child->socket(), &byte, 1, 0), 0);
    for (;;) {
      if (auto told = child->ended()) return *told;
    }
  };
  EXPECT_EQ(how("/bin/sh", "exit 7"), "ended with status 7");
  EXPECT_EQ(how("/bin/sh", "kill -SEGV $$"), "killed by signal 11");
  EXPECT_EQ(how("/nonexistent", ""), "it could not be started without rights");
}

}  // namespace
}  // namespace lockstep
