// The calls that tell which ONC-RPC programs answer on a port (rpc.h says how).

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dialogue/deadline.h"
#include "dialogue/dialogue.h"
#include "dialogue/rpc.h"

namespace lockstep::dialogue {

/// What came of them.
struct RpcTold {
  bool connected = false;
  bool anything = false;             ///< a byte came
  bool speaks = false;               ///< a reply came
  std::vector<RpcProgram> programs;  ///< ascending
  std::string registered;            ///< what a port mapper lists; describe() says how
  std::string banner;                ///< the first reply, as it came
  std::vector<std::string> sent;
  std::string why;  ///< there is no connection; else empty
};

/// Calls each of `programs`, one after the other, over one connection or socket, made anew where
/// the service ends it. Gives up where the first call gets no reply by `first`, and altogether at
/// `deadline`. A port mapper is also asked for its list.
boost::asio::awaitable<RpcTold> call_programs(DialogueWorld& world, const Task& task,
                                              std::span<const std::uint32_t> programs,
                                              TimePoint first, TimePoint deadline);

}  // namespace lockstep::dialogue
