// One connection to an SSH server: its greeting (RFC 4253, section 4.2), and a key exchange
// (section 8), which proves its host key: a copied banner has none, and a copied public key cannot
// sign.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "dialogue/conversation.h"
#include "model/service.h"

namespace lockstep::dialogue {

/// The types that are asked for, one a connection, as the names of host key algorithms.
inline constexpr const char* kHostkeyAlgorithms[] = {"ssh-ed25519", "ecdsa-sha2-nistp256",
                                                     "rsa-sha2-512"};
/// What a server may have that has none of these.
inline constexpr const char* kRareHostkeyAlgorithms =
    "ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-256,ssh-rsa";

/// The line that an SSH server begins with, without its end; empty where `said` has no whole one.
std::string_view ssh_greeting(std::string_view said);

/// Of one io_context, in its thread.
class SshLine {
 public:
  /// `reading` is called before bytes that came are looked at.
  SshLine(asio::io_context& io, UniqueFd socket, std::function<void()> reading);
  ~SshLine();
  SshLine(const SshLine&) = delete;
  SshLine& operator=(const SshLine&) = delete;

  /// What the server has said when its greeting is whole, when it cannot become one, or by the
  /// deadline. All of it is still there to be read.
  asio::awaitable<std::string> listen(TimePoint deadline);

  /// Exchanges keys up to the server's signature, and says goodbye. Errors: `not_found`, the server
  /// has no key for one of the algorithms (a list with commas); `unavailable`, no exchange came
  /// about, with the reason.
  asio::awaitable<Result<ServiceKey>> exchange(std::string algorithms, TimePoint deadline);

  /// The socket as it was given, of which nothing was read. Not after exchange().
  UniqueFd take();
  /// Ends what is waited for. The socket stays open, as a session may have it.
  void cancel();

 private:
  asio::posix::stream_descriptor socket_;
  std::function<void()> reading_;
};

}  // namespace lockstep::dialogue
