#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>

#include "serve/socket/client.h"
#include "serve/socket/server.h"

namespace lockstep::serve {
namespace {

TEST(Messages, AreReadAsTheyAreWritten) {
  const Message messages[] = {OutMessage{"a\n\"b\" \x1b é"}, WarnMessage{""}, ReportMessage{"{}"},
                              ProgressMessage{1, 2, 3, 4, 0.5}, StatusMessage{3}};
  for (const Message& message : messages) {
    const std::string line = to_line(message);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_EQ(parse_message(line).value(), message) << line;
  }
  const Request request{{"alerts", "--all", "", "n[1-2]"}};
  EXPECT_EQ(parse_request(to_line(request)).value(), request);
  EXPECT_EQ(std::get<OutMessage>(*parse_message(to_line(OutMessage{"a\xff\xc3"}))).text,
            "a\\xff\\xc3");
}

TEST(Messages, OfStrangersAreRefused) {
  for (const char* const line :
       {"", "x", "[]", "{}", R"({"version":1})", R"({"version":1,"words":[1]})",
        R"({"version":"1","words":[]})", R"([[[[[[[[[[1]]]]]]]]]])"}) {
    EXPECT_FALSE(parse_request(line)) << line;
    EXPECT_FALSE(parse_message(line)) << line;
  }
  EXPECT_EQ(parse_request(R"({"version":2,"words":[]})").error().kind(), ErrorKind::unsupported);
}

class SocketTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = std::filesystem::temp_directory_path() / "lockstep-socket-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = name + "/control";
    server_ = Server::listen({.path = path_}).value();
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path folder_;
  std::string path_;
  std::unique_ptr<Server> server_;
};

TEST_F(SocketTest, ACommandIsAnsweredInOrderWithItsStatus) {
  server_->start([](const Request& request, Call& call) {
    for (const std::string& word : request.words) std::ignore = call.send(OutMessage{word});
    std::ignore = call.send(WarnMessage{call.person()});
    return 7;
  });
  auto socket = connect(path_).value();
  ASSERT_TRUE(socket);
  std::vector<Message> got;
  const auto status = call(*socket, {{"a", "b"}}, [&](const Message& message) -> Result<void> {
    got.push_back(message);
    return {};
  });
  EXPECT_EQ(status.value(), 7);
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[1], Message(OutMessage{"b"}));
  EXPECT_FALSE(std::get<WarnMessage>(got[2]).text.empty());
}

TEST_F(SocketTest, WhoeverHangsUpStopsHisCommand) {
  std::atomic<bool> ended = false;
  server_->start([&](const Request&, Call& call) {
    std::ignore = call.send(OutMessage{"begun"});
    while (!call.gone()) std::this_thread::yield();
    ended = true;
    return 0;
  });
  {
    auto socket = connect(path_).value();
    ASSERT_TRUE(socket->write(to_line(Request{{"sweep"}}), std::chrono::seconds(9)));
    ASSERT_TRUE(socket->read(1000, std::chrono::seconds(9)));
  }
  while (!ended) std::this_thread::yield();
  server_->stop();
}

TEST_F(SocketTest, AServerThatEndsEndsItsCalls) {
  server_->start([](const Request&, Call& call) {
    std::ignore = call.send(OutMessage{"begun"});
    while (!call.gone()) std::this_thread::yield();
    return 0;
  });
  auto socket = connect(path_).value();
  ASSERT_TRUE(socket->write(to_line(Request{{"sweep"}}), std::chrono::seconds(9)));
  ASSERT_TRUE(socket->read(1000, std::chrono::seconds(9)));
  server_.reset();
  EXPECT_EQ(socket->read(1000, std::chrono::seconds(9)).value(), std::nullopt);
  EXPECT_EQ(connect(path_).value().has_value(), false) << "no daemon is no error";
}

TEST_F(SocketTest, StrangersGetNoFurtherThanTheirFirstLine) {
  server_->start([](const Request&, Call&) { return 0; });
  auto socket = connect(path_).value();
  ASSERT_TRUE(socket->write("GET / HTTP/1.1", std::chrono::seconds(9)));
  const auto said = socket->read(1000, std::chrono::seconds(9)).value();
  ASSERT_TRUE(said);
  EXPECT_EQ(said->substr(0, 8), R"({"warn":)");
  EXPECT_EQ(socket->read(1000, std::chrono::seconds(9)).value(), R"({"status":2})");
}

TEST_F(SocketTest, OnlyOneServesAPathAndWhatIsLeftIsReplaced) {
  EXPECT_EQ(Server::listen({.path = path_}).error().kind(), ErrorKind::unavailable);
  EXPECT_EQ(Server::listen({.path = std::string(200, 'x')}).error().kind(), ErrorKind::invalid);
  EXPECT_EQ(Server::listen({.path = path_ + "2", .group = "no-such-group"}).error().kind(),
            ErrorKind::not_found);
  const std::string left = path_ + "3";
  {
    // As a process that was killed leaves it: bound, and nobody listens.
    const UniqueFd old(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    left.copy(address.sun_path, left.size());
    ASSERT_EQ(::bind(old.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_TRUE(Server::listen({.path = left}));
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

}  // namespace
}  // namespace lockstep::serve
