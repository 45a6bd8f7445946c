#include "store/sql/test_lossy_proxy.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace lockstep {
namespace {

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  std::ranges::copy(text.substr(0, sizeof address.sun_path - 1), address.sun_path);
  return address;
}

int connect_to(const std::filesystem::path& path) {
  const sockaddr_un address = address_of(path);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto* const where = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket, where, sizeof address) == 0) return socket;
  ::close(socket);
  return -1;
}

/// Empty at the end.
std::string read_some(int socket) {
  std::string text(65'536, '\0');
  const ssize_t count = ::read(socket, text.data(), text.size());
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return text;
}

bool write_all(int socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

LossyProxy::LossyProxy(std::filesystem::path server, std::filesystem::path path)
    : server_(std::move(server)), path_(std::move(path)) {
  const sockaddr_un address = address_of(path_);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto* const where = reinterpret_cast<const sockaddr*>(&address);
  EXPECT_EQ(::bind(listener_, where, sizeof address), 0);
  EXPECT_EQ(::listen(listener_, 8), 0);
  EXPECT_EQ(::pipe2(stop_, O_CLOEXEC), 0);
  thread_ = std::thread([this] { run(); });
}

LossyProxy::~LossyProxy() {
  ::close(stop_[1]);
  thread_.join();
  ::close(stop_[0]);
  ::close(listener_);
  std::filesystem::remove(path_);
}

void LossyProxy::arm(const std::string& word, bool forwarded) const {
  const std::lock_guard lock(mutex_);
  word_ = word;
  forwarded_ = forwarded;
}

bool LossyProxy::takes(const std::string& said, bool& forwarded) {
  const std::lock_guard lock(mutex_);
  if (word_.empty() || said.find(word_) == std::string::npos) return false;
  word_.clear();
  forwarded = forwarded_;
  ++lost_;
  return true;
}

void LossyProxy::run() {
  while (true) {
    pollfd waiting[2] = {{stop_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    ::poll(waiting, 2, -1);
    if (waiting[0].revents != 0) return;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int server = connect_to(server_);
    if (client >= 0 && server >= 0) serve(client, server);
    ::close(client);
    ::close(server);
  }
}

void LossyProxy::serve(int client, int server) {
  while (true) {
    pollfd waiting[3] = {{stop_[0], POLLIN, 0}, {client, POLLIN, 0}, {server, POLLIN, 0}};
    ::poll(waiting, 3, -1);
    if (waiting[0].revents != 0) return;
    if (waiting[1].revents != 0) {
      const std::string said = read_some(client);
      bool forwarded = false;
      const bool taken = takes(said, forwarded);
      if (said.empty() || (taken && !forwarded) || !write_all(server, said)) return;
      if (taken) {
        read_some(server);
        return;
      }
    }
    if (waiting[2].revents != 0) {
      const std::string answered = read_some(server);
      if (answered.empty() || !write_all(client, answered)) return;
    }
  }
}

}  // namespace lockstep
