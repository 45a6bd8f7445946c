#include "proc/service_manager.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

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

}  // namespace
}  // namespace lockstep
