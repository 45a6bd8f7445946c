// The host keys of an SSH server, each proven by a key exchange (RFC 4253, section 8): a copied
// banner has none, and a copied public key cannot sign.

#pragma once

#include <string>

#include "base/result.h"
#include "dialogue/conversation.h"
#include "model/service.h"

namespace lockstep::dialogue {

/// The types that are asked for, one a connection, as the names of host key algorithms.
inline constexpr const char* kHostkeyAlgorithms[] = {"ssh-ed25519", "ecdsa-sha2-nistp256",
                                                     "rsa-sha2-512"};

/// Exchanges keys over a connected socket, up to the server's signature, and says goodbye. Errors:
/// `not_found`, the server has no key for that algorithm; `unavailable`, no exchange came about,
/// with the reason.
asio::awaitable<Result<ServiceKey>> exchange_keys(asio::io_context& io, UniqueFd socket,
                                                  std::string algorithm, TimePoint deadline);

}  // namespace lockstep::dialogue
