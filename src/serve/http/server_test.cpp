// The server over real sockets on loopback.

#include "serve/http/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <latch>

#include "base/unique_fd.h"

namespace lockstep::serve {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// A client that writes whatever a test wants, and waits for at most five seconds.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit = {.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    EXPECT_EQ(::connect(fd(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }

  int fd() const { return socket_.get(); }
  void send(std::string_view text) const {
    EXPECT_EQ(::send(fd(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  /// Until `end` is in it, or, without one, until the other side closes.
  std::string read(std::string_view end = {}) {
    std::string text;
    while (end.empty() || text.find(end) == std::string::npos) {
      char bytes[4096];
      const ssize_t got = ::recv(fd(), bytes, sizeof(bytes), 0);
      if (got < 0 && errno != ECONNRESET) ADD_FAILURE() << "nothing came after: " << text;
      if (got <= 0) break;
      text.append(bytes, static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  UniqueFd socket_;
};

HttpResponse echo(const HttpRequest& request) {
  HttpResponse response;
  if (request.target.path == std::vector<std::string>{"none"}) {
    response.status = 204;
    return response;
  }
  response.type = "text/plain";
  response.body = request.method;
  for (const std::string& part : request.target.path) response.body += " " + part;
  response.body += " " + request.body + " " + request.peer + (request.secure ? " tls" : "");
  response.headers = {{"X-Who", "me"}};
  return response;
}

std::unique_ptr<HttpServer> serve(HttpOptions options = {}, HttpServer::Handler handler = echo) {
  auto server = HttpServer::listen(std::move(options));
  EXPECT_TRUE(server) << server.error().message();
  (*server)->start(std::move(handler));
  return std::move(*server);
}

UniqueFd listening_socket(std::uint32_t address, std::uint16_t& port, bool listens = true) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(address);
  socklen_t size = sizeof at;
  auto* const raw = reinterpret_cast<sockaddr*>(&at);
  EXPECT_EQ(::bind(socket.get(), raw, size), 0);
  if (listens) {
    EXPECT_EQ(::listen(socket.get(), 8), 0);
  }
  EXPECT_EQ(::getsockname(socket.get(), raw, &size), 0);
  port = ntohs(at.sin_port);
  return socket;
}

TEST(HttpServer, TakesOverASocketThatListensWhereItIsToListen) {
  HttpOptions options;
  UniqueFd socket = listening_socket(INADDR_LOOPBACK, options.port);
  auto server = HttpServer::listen(options, std::move(socket));
  ASSERT_TRUE(server) << server.error().message();
  (*server)->start(echo);
  EXPECT_EQ((*server)->port(), options.port);
  Client client((*server)->port());
  client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read("127.0.0.1"), HasSubstr("GET a"));
}

TEST(HttpServer, TakesOverNoOtherSocket) {
  const auto refuses = [](HttpOptions options, UniqueFd socket) {
    const auto server = HttpServer::listen(std::move(options), std::move(socket));
    return !server && server.error().kind() == ErrorKind::invalid;
  };
  HttpOptions options;
  UniqueFd all = listening_socket(INADDR_ANY, options.port);
  EXPECT_TRUE(refuses(options, std::move(all))) << "it would be without TLS for everybody";
  UniqueFd other = listening_socket(INADDR_LOOPBACK, options.port);
  ++options.port;
  EXPECT_TRUE(refuses(options, std::move(other)));
  UniqueFd deaf = listening_socket(INADDR_LOOPBACK, options.port, false);
  EXPECT_TRUE(refuses(options, std::move(deaf)));
  EXPECT_TRUE(refuses({}, UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))));
  EXPECT_TRUE(refuses({}, UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC))));
}

TEST(HttpServer, AnswersOneRequestAfterAnother) {
  const auto server = serve();
  Client client(server->port());
  client.send("GET /a/b HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string first = client.read("127.0.0.1");
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(first, HasSubstr("X-Who: me\r\n"));
  EXPECT_THAT(first, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(first, HasSubstr("GET a b  127.0.0.1"));
  // Two at once, the second with a body in pieces.
  client.send(
      "GET /one HTTP/1.1\r\nHost: x\r\n\r\n"
      "POST /two HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_THAT(client.read("POST"), HasSubstr("GET one"));
  client.send("HEAD /three HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string last = client.read();
  EXPECT_THAT(last, HasSubstr("Content-Length: "));
  EXPECT_THAT(last, testing::EndsWith("\r\n\r\n"));
  EXPECT_EQ(server->counts().requests, 4U);
  EXPECT_EQ(server->counts().connections, 1U);
}

TEST(HttpServer, AnAnswerWithoutABodyHasNone) {
  const auto server = serve();
  Client client(server->port());
  client.send(
      "DELETE /none HTTP/1.1\r\nHost: x\r\n\r\nGET /x HTTP/1.1\r\nHost: x\r\nConnection: "
      "close\r\n\r\n");
  const std::string all = client.read();
  EXPECT_THAT(all, StartsWith("HTTP/1.1 204 No Content\r\n"));
  EXPECT_THAT(all, HasSubstr("\r\n\r\nHTTP/1.1 200 OK\r\n"));
}

TEST(HttpServer, RefusesWhatIsNoRequestOrTooMuch) {
  HttpOptions options;
  options.most_header_bytes = 1000;
  options.most_body_bytes = 100;
  options.request_time = std::chrono::milliseconds(200);
  options.idle_time = std::chrono::milliseconds(200);
  const auto server = serve(options);
  const struct {
    const char* what;
    std::string sent;
    const char* answer;  // its beginning; empty: the connection is closed without one
  } cases[] = {
      {"garbage", "\x16\x03\x01\x02garbage\r\n\r\n", "HTTP/1.1 400"},
      {"another protocol", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 400"},
      {"a path with tricks", "GET /a/../b HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
      {"a proxy's request", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
      {"two lengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
       "HTTP/1.1 400"},
      {"large headers", "GET / HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n",
       "HTTP/1.1 431"},
      {"a large body", "POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", "HTTP/1.1 413"},
      {"a large body in pieces",
       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n70\r\n" + std::string(0x70, 'x') +
           "\r\n",
       "HTTP/1.1 413"},
      {"headers that do not end", "GET / HTTP/1.1\r\nX: y\r\n", ""},
      {"a body that does not come", "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc", ""},
      {"nothing", "", ""},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.what);
    Client client(server->port());
    client.send(each.sent);
    EXPECT_THAT(client.read(), StartsWith(each.answer));
  }
  EXPECT_EQ(server->counts().refused, std::size(cases) - 1) << "all but nothing";
  EXPECT_EQ(server->counts().requests, 0U);
}

TEST(HttpServer, TooManyAtOnceAreToldSo) {
  HttpOptions options;
  options.most_at_work = 1;
  std::latch begun(1);
  std::latch end(1);
  const auto server = serve(options, [&](const HttpRequest&) {
    begun.count_down();
    end.wait();
    return HttpResponse();
  });
  Client first(server->port());
  first.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  begun.wait();
  Client second(server->port());
  second.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(second.read(), StartsWith("HTTP/1.1 503"));
  end.count_down();
  EXPECT_THAT(first.read(), StartsWith("HTTP/1.1 200"));
}

TEST(HttpServer, OnePeerLeavesConnectionsToOthers) {
  HttpOptions options;
  options.most_connections = 4;
  const auto server = serve(options);
  const std::string_view request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<Client>(server->port()));
    clients.back()->send(request);
    EXPECT_THAT(clients.back()->read("127.0.0.1"), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_EQ(Client(server->port()).read(), "") << "the fourth is for somebody else";
  clients.front()->send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  clients.front()->read();
  std::string text;
  for (int i = 0; i < 100 && text.empty(); ++i) {  // the end of the first is being noticed
    Client again(server->port());
    again.send(request);
    text = again.read("127.0.0.1");
  }
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200"));
}

HttpResponse stream_from(std::int64_t after) {
  HttpResponse response;
  response.body = "retry: 1000\n\n";
  response.events_after = after;
  return response;
}

TEST(HttpServer, AStreamHasWhatWasAndWhatComes) {
  HttpOptions options;
  options.heartbeat = std::chrono::milliseconds(20);
  const auto server = serve(options, [](const HttpRequest&) { return stream_from(1); });
  for (int id = 1; id <= 2; ++id) {
    server->feed().publish({.id = id, .text = "id: " + std::to_string(id) + "\n\n", .about = {}});
  }
  Client client(server->port());
  client.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string first = client.read("id: 2\n\n");
  EXPECT_THAT(first, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(first, HasSubstr("\r\n\r\nretry: 1000\n\nid: 2\n\n"));
  server->feed().publish({.id = 3, .text = "id: 3\n\n", .about = {}});
  client.read("id: 3\n\n");
  client.read(": still here\n\n");
  EXPECT_EQ(server->counts().listeners, 1U);
  server->stop();
  client.read();
}

TEST(HttpServer, AStreamLeavesOutWhatAListenerMayNotKnow) {
  HttpOptions options;
  options.heartbeat = std::chrono::milliseconds(20);
  const auto server = serve(options, [](const HttpRequest&) {
    HttpResponse response = stream_from(0);
    response.event_text = [](const FeedEvent& event) {
      return event.about.subject == "his" ? "his\n\n" : std::string();
    };
    return response;
  });
  const auto publish = [&](std::int64_t id, const std::string& subject) {
    FeedEvent event;
    event.id = event.about.id = id;
    event.text = "secret " + subject + "\n\n";
    event.about.subject = subject;
    server->feed().publish(std::move(event));
  };
  publish(1, "others");
  publish(2, "others");
  Client client(server->port());
  client.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string text = client.read(": still here\n\n");
  EXPECT_THAT(text, HasSubstr("\r\n\r\nretry: 1000\n\nid: 1\n\n: still"))
      << "one word about both: more would tell how much there is";
  publish(3, "others");
  publish(4, "his");
  text += client.read("his\n\n");
  EXPECT_EQ(text.find("secret"), std::string::npos);
  server->stop();
  client.read();
}

TEST(HttpServer, WhereNumbersBeginAnewListenersComeAgain) {
  const auto server = serve({}, [](const HttpRequest&) { return stream_from(5); });
  server->feed().publish({.id = 6, .text = "id: 6\n\n", .about = {}});
  Client client(server->port());
  client.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  client.read("id: 6\n\n");
  server->feed().restart(2);
  client.read();
  const auto joined = server->feed().subscribe(1, [](const SharedEvent&) {});
  EXPECT_TRUE(joined.gap);
  EXPECT_EQ(joined.latest, 2);
}

TEST(HttpServer, AListenerThatIsTooSlowIsCutOff) {
  HttpOptions options;
  options.most_waiting = 10;
  const auto server = serve(options, [](const HttpRequest&) { return stream_from(0); });
  Client client(server->port());
  client.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  client.read("retry");
  // More than the buffers of both ends hold, while nobody reads.
  for (int id = 1; id <= 400; ++id) {
    server->feed().publish({.id = id, .text = std::string(100'000, 'x'), .about = {}});
  }
  EXPECT_LT(client.read().size(), 40'000'000U);
}

TEST(HttpServer, SaysWhyItCannotListen) {
  HttpOptions options;
  options.address = "nowhere";
  EXPECT_THAT(HttpServer::listen(options).error().message(), HasSubstr("\"nowhere\""));
  const auto server = serve();
  options.address = "127.0.0.1";
  options.port = server->port();
  const auto taken = HttpServer::listen(options);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind(), ErrorKind::unavailable);
  options.port = 0;
  options.certificate = "/nowhere/cert.pem";
  EXPECT_THAT(HttpServer::listen(options).error().message(), HasSubstr("/nowhere/cert.pem"));
}

/// What a TLS client gets; the certificate is its own authority.
std::string ask_by_tls(std::uint16_t port) {
  Client client(port);
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()), SSL_free);
  SSL_set_fd(tls.get(), client.fd());
  if (SSL_connect(tls.get()) != 1) return "no TLS";
  const std::string_view request = "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  SSL_write(tls.get(), request.data(), static_cast<int>(request.size()));
  std::string text;
  char bytes[4096];
  int got = 0;
  while ((got = SSL_read(tls.get(), bytes, sizeof(bytes))) > 0) {
    text.append(bytes, static_cast<std::size_t>(got));
  }
  return text;
}

TEST(HttpServer, SpeaksTls) {
  const auto folder =
      std::filesystem::path(testing::TempDir()) / ("tls" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  HttpOptions options;
  options.certificate = folder / "cert.pem";
  options.key = folder / "key.pem";
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x "
      "-keyout " +
      options.key + " -out " + options.certificate + " 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  options.request_time = std::chrono::milliseconds(500);
  const auto server = serve(options);
  EXPECT_THAT(ask_by_tls(server->port()), HasSubstr("GET a  127.0.0.1 tls"));
  Client plain(server->port());
  plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(plain.read(), testing::Not(HasSubstr("HTTP/1.1 200")));
  EXPECT_TRUE(server->reload_certificate());
  std::filesystem::resize_file(options.key, 10);
  EXPECT_FALSE(server->reload_certificate());
  EXPECT_THAT(ask_by_tls(server->port()), HasSubstr("tls")) << "what it had stays";
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace lockstep::serve
