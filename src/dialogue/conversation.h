// One connection to a service: bytes out, bytes in, until a deadline. Plain, or within TLS.
//
// Of one io_context, in its thread. Every read and write ends by its deadline at the latest.

#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/unique_fd.h"
#include "dialogue/deadline.h"

namespace lockstep::dialogue {

namespace asio = boost::asio;
/// How a read ended.
enum class ReadEnd {
  data,      ///< some bytes came
  closed,    ///< the other side will send no more
  deadline,  ///< nothing came
};

/// What a TLS server showed of itself.
struct Certificate {
  std::string sha256;             ///< as in Service
  std::string public_key_sha256;  ///< as in Service
};

/// A socket that tells before bytes that came over it are looked at, by whatever layer: a stream in
/// the sense of asio, which outlives what it waits for.
class TellingSocket {
 public:
  using next_layer_type = asio::posix::stream_descriptor;
  using lowest_layer_type = asio::posix::stream_descriptor;
  using executor_type = lowest_layer_type::executor_type;

  TellingSocket(asio::io_context& io, std::function<void()> tell)
      : socket_(io), tell_(std::move(tell)) {}

  executor_type get_executor() { return socket_.get_executor(); }
  lowest_layer_type& lowest_layer() { return socket_; }
  const lowest_layer_type& lowest_layer() const { return socket_; }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    const auto begin = [this](auto handler, const Buffers& into) {
      socket_.async_read_some(into, [this, handler = std::move(handler)](
                                        boost::system::error_code error, std::size_t size) mutable {
        if (size > 0 && tell_) tell_();
        std::move(handler)(error, size);
      });
    };
    return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(begin, token,
                                                                                     buffers);
  }
  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return socket_.async_write_some(buffers, std::forward<Token>(token));
  }

 private:
  asio::posix::stream_descriptor socket_;
  std::function<void()> tell_;
};

class Conversation {
 public:
  /// Over a connected socket, TCP or UDP. `reading` is called before bytes that came are looked at;
  /// may be empty.
  Conversation(asio::io_context& io, UniqueFd socket, std::function<void()> reading = {});
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  /// Before anything else. False where the other side does not speak it. Certificates are read, and
  /// not judged.
  asio::awaitable<bool> start_tls(asio::ssl::context& context, TimePoint deadline);
  std::optional<Certificate> certificate();

  /// False where it could not be sent.
  asio::awaitable<bool> send(std::string_view bytes, TimePoint deadline);
  /// Appends what comes next, at most some kilobytes. One at a time.
  asio::awaitable<ReadEnd> read(std::string& into, TimePoint deadline);

  /// Ends what is waited for; its read ends as `closed`.
  void close();

 private:
  asio::ssl::stream<TellingSocket&>& tls() { return *tls_; }

  TellingSocket socket_;
  std::optional<asio::ssl::stream<TellingSocket&>> tls_;
};

/// A context for start_tls(): every version and cipher that the library has, as old services have
/// no others, and no judgement.
asio::ssl::context lenient_tls();

}  // namespace lockstep::dialogue
