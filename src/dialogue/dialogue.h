// One port, asked what it is: from the first connection to the conclusion.
//
// What is expected there is asked first, since it nearly always is what answers: one connection and
// one round trip; an SSH server is asked for its keys by the same connection, and for the others
// beside it. ONC-RPC programs are called. If it is something else, the port is listened to, and
// then (where the task permits) asked one probe after the other, each on a connection of its own.
// All connections stay open to the end, so that an answer may take as long as the whole search,
// whatever a single probe waits.

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <functional>

#include "base/result.h"
#include "base/unique_fd.h"
#include "dialogue/messages.h"
#include "services/matcher.h"

namespace lockstep::dialogue {

/// How long things are waited for, on a network where a round trip takes well under a millisecond.
struct Patience {
  std::chrono::milliseconds expected{2500};  ///< the service that should be there
  std::chrono::milliseconds greeting{400};   ///< an unknown one, before it is asked anything
  std::chrono::milliseconds answer{200};     ///< a probe, before the next one is sent
  std::chrono::milliseconds rest{150};       ///< more of an answer that nothing fits yet
  std::chrono::milliseconds search{2600};    ///< all of a search
  std::chrono::milliseconds key{2000};       ///< one key exchange
  std::chrono::milliseconds whole{15000};    ///< nothing new is begun after it
};

/// A connection that somebody with the right to make one has made.
struct Link {
  UniqueFd socket;
  std::chrono::microseconds round_trip{0};
};

/// What a dialogue works with; all of it outlives the dialogue. Of one thread.
struct DialogueWorld {
  boost::asio::io_context& io;
  boost::asio::ssl::context& tls;
  services::Matcher& matcher;
  /// A further connection to the port of task `id`. Errors: why there is none.
  std::function<boost::asio::awaitable<Result<Link>>(std::uint32_t id)> connect;
  /// Called before bytes of the task's port are looked at, so that what kills us is known.
  std::function<void(std::uint32_t id)> reading;
  Patience patience{};
};

/// Never throws for what a service says or does.
boost::asio::awaitable<Outcome> run_dialogue(DialogueWorld& world, Task task);

}  // namespace lockstep::dialogue
