// One connection to a service: bytes out, bytes in, until a deadline. Plain, or within TLS.
//
// Of one io_context, in its thread. Every read and write ends by its deadline at the latest.

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <optional>
#include <string>
#include <string_view>

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

class Conversation {
 public:
  /// Over a connected socket, TCP or UDP.
  Conversation(asio::io_context& io, UniqueFd socket);
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
  using Socket = asio::posix::stream_descriptor;

  asio::ssl::stream<Socket&>& tls() { return *tls_; }

  Socket socket_;
  std::optional<asio::ssl::stream<Socket&>> tls_;
};

/// A context for start_tls(): every version and cipher that the library has, as old services have
/// no others, and no judgement.
asio::ssl::context lenient_tls();

}  // namespace lockstep::dialogue
