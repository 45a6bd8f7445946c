#include "proc/service_manager.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/unique_fd.h"

namespace lockstep {
namespace {

TEST(ServiceManager, IsToldByDatagrams) {
  std::string folder = std::filesystem::temp_directory_path() / "lockstep-notify-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/notify";
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(address.sun_path, path.size());
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  const ServiceManager manager = ServiceManager::from_environment();
  EXPECT_EQ(manager.watchdog(), std::chrono::seconds(30));
  EXPECT_EQ(::getenv("NOTIFY_SOCKET"), nullptr);
  manager.tell("READY=1");
  char text[64] = {};
  EXPECT_EQ(::recv(socket.get(), text, sizeof text, MSG_DONTWAIT), 7);
  EXPECT_STREQ(text, "READY=1");
  std::filesystem::remove_all(folder);
}

TEST(ServiceManager, MayNotBeThere) {
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  const ServiceManager manager = ServiceManager::from_environment();
  EXPECT_FALSE(manager.watchdog()) << "it is for another process";
  manager.tell("READY=1");
}

/// Of a process to which `count` descriptors were handed over, from 3 on: ends with the one that it
/// takes, or with 0.
[[noreturn]] void take_as(const char* pid, const char* count) {
  const int pair[] = {::dup2(STDERR_FILENO, 3), ::dup2(STDERR_FILENO, 4)};
  ::setenv("LISTEN_FDS", count, 1);
  ::setenv("LISTEN_PID", pid == nullptr ? std::to_string(::getpid()).c_str() : pid, 1);
  const UniqueFd taken = take_handed_socket();
  if (::getenv("LISTEN_FDS") != nullptr) ::_exit(100);
  if (!taken) ::_exit(0);
  if (::fcntl(taken.get(), F_GETFD) != FD_CLOEXEC) ::_exit(101);
  if (::atoi(count) > 1 && ::fcntl(pair[1], F_GETFD) != -1) ::_exit(102);
  ::_exit(taken.get());
}

TEST(HandedSocket, IsTheFirstAndForNoOtherProcess) {
  const struct {
    const char* description;
    const char* pid;
    const char* count;
    int taken;
  } kRows[] = {
      {"one", nullptr, "1", 3},
      {"the others are closed", nullptr, "2", 3},
      {"for another process", "1", "1", 0},
      {"none", nullptr, "0", 0},
      {"no number", nullptr, "x", 0},
      {"no number of a process", "", "1", 0},
  };
  for (const auto& row : kRows) {
    EXPECT_EXIT(take_as(row.pid, row.count), testing::ExitedWithCode(row.taken), "")
        << row.description;
  }
}

}  // namespace
}  // namespace lockstep
