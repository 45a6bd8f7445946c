#include "serve/http/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <ctime>
#include <deque>
#include <tuple>
#include <utility>

#include "serve/http/request_reader.h"

namespace lockstep::serve {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using Parser = RequestParser;
using Answer = http::response<http::string_body>;
using Clock = std::chrono::steady_clock;

/// What time it is here, as HTTP writes it (RFC 9110, 5.6.7): pages reckon ages by it, since their
/// own clock may be wrong.
std::string date_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 40> text{};
  // Months and days of "C", whatever the locale: nothing here sets one.
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text.data(), size};
}

HttpResponse refusal(unsigned status, std::string_view why) {
  HttpResponse response;
  response.status = status;
  response.body = "{\"error\":\"" + std::string(why) + "\"}\n";  // texts of our own: no quotes
  return response;
}

/// What is said to a client whose request cannot be read; nothing: it is gone, or says nothing.
std::optional<HttpResponse> answer_to(const error_code& error) {
  if (error == http::error::end_of_stream || error == asio::error::eof) return std::nullopt;
  if (error == http::error::body_limit) return refusal(413, "the body is too large");
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return refusal(431, "the headers are too large");
  }
  if (error.category() == http::make_error_code(http::error::bad_method).category()) {
    return refusal(400, "this is no HTTP request");
  }
  return std::nullopt;
}

Answer to_answer(HttpResponse response, const Parser::value_type& message, bool keep) {
  Answer answer(static_cast<http::status>(response.status), 11);
  answer.set(http::field::server, "lockstep");
  answer.set(http::field::date, date_now());
  answer.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) answer.insert(name, value);
  if (!response.body.empty()) answer.set(http::field::content_type, response.type);
  answer.keep_alive(keep);
  const bool without_body = response.status == 204 || response.status == 304;
  if (!without_body) {
    answer.content_length(response.body.size());
    if (message.method() != http::verb::head) answer.body() = std::move(response.body);
  }
  return answer;
}

/// Between two words to a listener about events that he may not know of.
constexpr std::chrono::seconds kSkip(3);
/// Events that are cut for one listener as he comes; where there are more he loads everything anew.
constexpr std::size_t kMostPartial = 64;

/// Events that wait for one listener; all of it in the thread of input and output, but for push().
class Waiting {
 public:
  using TextOf = std::function<std::string(const FeedEvent&)>;

  Waiting(const asio::any_io_executor& executor, std::size_t most, TextOf text_of)
      : most_(most), timer_(executor), text_of_(std::move(text_of)) {}

  /// From any thread. Null: there is nothing to wait for any more.
  static void push(const std::shared_ptr<Waiting>& self, const SharedEvent& event) {
    asio::post(self->timer_.get_executor(), [self, event] {
      if (event == nullptr || self->events_.size() >= self->most_) self->is_over_ = true;
      if (!self->is_over_) self->events_.push_back(event);
      self->timer_.cancel();
    });
  }

  /// It was too slow, or numbers have begun anew: it has to come again.
  bool is_over() const { return is_over_; }
  /// Each event is cut to what the listener may know, here, in the thread that serves all others.
  bool is_partial() const { return static_cast<bool>(text_of_); }

  /// What there is, at once; or what comes within `time`; empty: nothing came that he may know of.
  asio::awaitable<std::string> take(Clock::duration time) {
    if (events_.empty() && !is_over_) {
      timer_.expires_after(time);
      error_code cancelled;
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
    std::string text;
    for (; !events_.empty(); events_.pop_front()) text += text_of(*events_.front());
    co_return text;
  }

  /// What the listener is told of it. Of events that he may not know of he gets the number now and
  /// then: it is the last one that he had, when he comes back.
  std::string text_of(const FeedEvent& event) {
    if (!text_of_) return event.text;
    std::string text = text_of_(event);
    const auto now = Clock::now();
    if (!text.empty() || now - skipped_ >= kSkip) skipped_ = now;
    if (text.empty() && skipped_ == now) text = "id: " + std::to_string(event.id) + "\n\n";
    return text;
  }

 private:
  std::size_t most_;
  asio::steady_timer timer_;
  TextOf text_of_;
  Clock::time_point skipped_{};
  std::deque<SharedEvent> events_;
  bool is_over_ = false;
};

template <typename Stream>
class Connection {
 public:
  Connection(Stream& stream, HttpShared& shared, std::string peer)
      : stream_(stream), shared_(shared), peer_(std::move(peer)) {}

  asio::awaitable<void> serve() {
    bool goes_on = true;
    while (goes_on && !shared_.stopping) {
      goes_on = co_await one_request();
    }
  }

 private:
  static constexpr bool kSecure = std::is_same_v<Stream, TlsStream>;

  void allow(std::chrono::milliseconds time) {
    beast::get_lowest_layer(stream_).expires_after(time);
  }

  asio::awaitable<bool> one_request() {
    Parser parser;
    bound(parser, shared_.options);
    error_code error;
    if (buffer_.size() == 0) {
      // The first byte may take its time, the rest may not.
      allow(shared_.options.idle_time);
      const std::size_t got = co_await stream_.async_read_some(
          buffer_.prepare(4096), asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return false;
      buffer_.commit(got);
    }
    allow(shared_.options.request_time);
    co_await http::async_read_header(stream_, buffer_, parser,
                                     asio::redirect_error(asio::use_awaitable, error));
    if (!error && parser.get()[http::field::expect] == "100-continue") {
      const http::response<http::empty_body> go_on(http::status::continue_, 11);
      co_await http::async_write(stream_, go_on, asio::redirect_error(asio::use_awaitable, error));
    }
    if (!error) {
      allow(shared_.options.request_time);
      co_await http::async_read(stream_, buffer_, parser,
                                asio::redirect_error(asio::use_awaitable, error));
    }
    if (error) {
      const auto answer = answer_to(error);
      if (answer) co_await refuse(parser.get(), *answer);
      // The time is over, and Beast has closed the connection.
      if (error == beast::error::timeout) ++shared_.refused;
      co_return false;
    }
    const bool goes_on = co_await respond(parser.get());
    co_return goes_on;
  }

  asio::awaitable<void> refuse(const Parser::value_type& message, HttpResponse response) {
    ++shared_.refused;
    co_await write(to_answer(std::move(response), message, false));
  }

  asio::awaitable<bool> write(Answer answer) {
    allow(shared_.options.write_time);
    error_code error;
    co_await http::async_write(stream_, answer, asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
  }

  asio::awaitable<bool> respond(const Parser::value_type& message) {
    auto request = to_request(message, peer_, kSecure);
    if (!request) {
      co_await refuse(message, refusal(400, "the path has no sense"));
      co_return false;
    }
    if (shared_.at_work >= shared_.options.most_at_work) {
      co_await refuse(message, refusal(503, "too many requests at once: try again"));
      co_return false;
    }
    if (shared_.stopping) co_return false;
    ++shared_.requests;
    ++shared_.at_work;
    HttpResponse response = co_await asio::co_spawn(
        shared_.pool, handle(shared_, std::move(*request)), asio::use_awaitable);
    --shared_.at_work;
    const std::optional<std::int64_t> after = response.events_after;
    if (after && message.method() != http::verb::head) {
      co_await stream_events(std::move(response), *after);
      co_return false;
    }
    const bool keep = message.keep_alive() && !shared_.stopping;
    const bool written = co_await write(to_answer(std::move(response), message, keep));
    co_return written&& keep;
  }

  static asio::awaitable<HttpResponse> handle(HttpShared& shared, HttpRequest request) {
    if (shared.stopping) co_return refusal(503, "the server ends");
    HttpResponse response;
    try {
      response = shared.handler(request);
    } catch (const std::exception&) {
      response = refusal(500, "this request cannot be answered");
    }
    co_return response;
  }

  asio::awaitable<void> stream_events(HttpResponse response, std::int64_t after) {
    Answer head(http::status::ok, 11);
    for (const auto& [name, value] : response.headers) head.insert(name, value);
    head.set(http::field::server, "lockstep");
    head.set(http::field::date, date_now());
    head.set(http::field::content_type, "text/event-stream");
    head.set(http::field::cache_control, "no-store");
    head.keep_alive(false);
    http::response_serializer<http::string_body> serializer(head);
    error_code error;
    allow(shared_.options.write_time);
    co_await http::async_write_header(stream_, serializer,
                                      asio::redirect_error(asio::use_awaitable, error));
    const auto waiting = std::make_shared<Waiting>(
        stream_.get_executor(), shared_.options.most_waiting, std::move(response.event_text));
    const EventFeed::Joined joined =
        shared_.feed.subscribe(after, [waiting, after](const SharedEvent& event) {
          if (event == nullptr || event->id > after) Waiting::push(waiting, event);
        });
    std::string text = std::move(response.body);
    const bool is_much = waiting->is_partial() && joined.backlog.size() > kMostPartial;
    if (joined.gap || is_much) {
      // What is between cannot be told any more: everything is to be loaded anew.
      const std::string id = std::to_string(joined.latest);
      text += "id: " + id + "\nevent: reset\ndata: {\"event\":" + id + "}\n\n";
    }
    if (!is_much) {
      for (const SharedEvent& event : joined.backlog) text += waiting->text_of(*event);
    }
    // Whether he may still listen is asked anew now and then: listeners come back by themselves.
    const auto end = Clock::now() + shared_.options.longest_stream;
    auto heartbeat = Clock::now() + shared_.options.heartbeat;
    while (!shared_.stopping && !waiting->is_over() && Clock::now() < end) {
      if (text.empty() && Clock::now() >= heartbeat) text = ": still here\n\n";
      if (!text.empty()) {
        allow(shared_.options.write_time);
        co_await asio::async_write(stream_, asio::buffer(text),
                                   asio::redirect_error(asio::use_awaitable, error));
        heartbeat = Clock::now() + shared_.options.heartbeat;
      }
      if (error) break;
      text = co_await waiting->take(heartbeat - Clock::now());
    }
  }

  Stream& stream_;
  HttpShared& shared_;
  std::string peer_;
  beast::flat_buffer buffer_;
};

}  // namespace

asio::awaitable<void> converse(tcp::socket socket, HttpShared& shared,
                               std::shared_ptr<asio::ssl::context> tls) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  const std::string peer = error ? "" : endpoint.address().to_string();
  // What fails of these shows in what follows.
  std::ignore = socket.set_option(tcp::no_delay(true), error);
  PlainStream plain(std::move(socket));
  if (tls == nullptr) {
    co_await Connection(plain, shared, peer).serve();
    std::ignore = plain.socket().shutdown(tcp::socket::shutdown_both, error);
    co_return;
  }
  TlsStream stream(std::move(plain), *tls);
  beast::get_lowest_layer(stream).expires_after(shared.options.request_time);
  co_await stream.async_handshake(asio::ssl::stream_base::server,
                                  asio::redirect_error(asio::use_awaitable, error));
  if (error) {
    ++shared.refused;
    co_return;
  }
  co_await Connection(stream, shared, peer).serve();
  beast::get_lowest_layer(stream).expires_after(std::chrono::seconds(2));
  co_await stream.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
}

}  // namespace lockstep::serve
