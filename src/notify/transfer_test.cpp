// Against a server of the test's own, which says what it is told to.

#include "notify/transfer.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <thread>

#include "base/unique_fd.h"

namespace lockstep::notify {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Takes one connection on loopback, reads until `last` has come or the other side has ended, and
/// answers.
class OneAnswer {
 public:
  OneAnswer(std::string answer, std::string last)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener_.get(), plain, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener_.get(), plain, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this, answer = std::move(answer), last = std::move(last)] {
      const UniqueFd peer(::accept(listener_.get(), nullptr, nullptr));
      std::array<char, 4096> buffer{};
      while (last.empty() || got_.find(last) == std::string::npos) {
        const ssize_t bytes = ::recv(peer.get(), buffer.data(), buffer.size(), 0);
        if (bytes <= 0) break;
        got_.append(buffer.data(), static_cast<std::size_t>(bytes));
      }
      std::ignore = ::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    });
  }

  Endpoint endpoint() const { return {.url = fmt::format("http://127.0.0.1:{}/s3cret", port_)}; }
  /// Once it is done.
  std::string got() {
    thread_.join();
    return got_;
  }

 private:
  UniqueFd listener_;
  int port_ = 0;
  std::string got_;
  std::jthread thread_;
};

const std::atomic<bool> kGoOn{false};

TEST(Transfer, PostsABodyWithItsHeaders) {
  OneAnswer server("HTTP/1.1 204 No Content\r\n\r\n", "{\"a\":1}");
  const auto answer =
      http(server.endpoint(), {.body = "{\"a\":1}", .headers = {"Content-Type: x/y"}}, kGoOn);
  ASSERT_TRUE(answer.has_value()) << answer.error().message();
  EXPECT_EQ(answer->status, 204);
  const std::string got = server.got();
  EXPECT_THAT(got, testing::StartsWith("POST /s3cret HTTP/1.1\r\n"));
  EXPECT_THAT(got, HasSubstr("Content-Type: x/y\r\n"));
  EXPECT_THAT(got, Not(HasSubstr("Authorization")));
}

TEST(Transfer, HeedsRetryAfter) {
  OneAnswer server("HTTP/1.1 429 Too Many\r\nRetry-After: 17\r\nContent-Length: 4\r\n\r\nbusy",
                   "{}");
  const auto answer = http(server.endpoint(), {.body = "{}"}, kGoOn);
  ASSERT_TRUE(answer.has_value()) << answer.error().message();
  EXPECT_EQ(answer->status, 429);
  EXPECT_EQ(answer->text, "busy");
  EXPECT_EQ(answer->retry_after, std::chrono::seconds(17));
}

TEST(Transfer, FollowsNoRedirect) {
  OneAnswer server(
      "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "{}");
  EXPECT_EQ(http(server.endpoint(), {.body = "{}"}, kGoOn)->status, 302);
}

TEST(Transfer, KeepsTheBeginningOfALongAnswer) {
  OneAnswer server("HTTP/1.1 500 No\r\nContent-Length: 50000\r\n\r\n" + std::string(50'000, 'x'),
                   "{}");
  EXPECT_EQ(http(server.endpoint(), {.body = "{}"}, kGoOn)->text.size(), 4096U);
}

TEST(Transfer, BytesAreSentOnceTheOtherSideHasReadThem) {
  OneAnswer server("", "");  // reads to the end, and closes
  EXPECT_TRUE(send_bytes(server.endpoint(), "17 abc", kGoOn).has_value());
  EXPECT_EQ(server.got(), "17 abc");
}

}  // namespace
}  // namespace lockstep::notify
