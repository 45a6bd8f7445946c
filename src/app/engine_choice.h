// Which scan engine a command gets, by what was asked for and what this process may do.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/io/links.h"
#include "scan/engine.h"

namespace lockstep {

enum class EngineUse {
  scan,   ///< somebody asks about a few nodes: completed connections will do
  sweep,  ///< unattended, on nodes that work: never a completed connection by our own choice
};

struct EngineChoice {
  std::unique_ptr<scan::Engine> engine;
  std::unique_ptr<scan::Engine> fallback;  ///< for what `engine` cannot ask; may be null
  std::string notice;  ///< what a person should know about the choice; may be empty
};

/// When `auto` takes engine xdp.
struct XdpPolicy {
  std::vector<std::string> interfaces;  ///< only on these
};

/// The rate in all from which `auto` takes xdp: below, packet keeps up, and a generator would burn
/// a core for nothing.
inline constexpr PacketsPerSecond kXdpFrom{300'000};

inline constexpr const char* kConnectNotice =
    "engine connect completes TCP connections: applications notice, and some break";

/// `invalid` where `wanted` is none of "auto", "packet", "xdp" and "connect".
Result<void> check_engine_name(std::string_view wanted);

/// `wanted` is "auto", "packet", "xdp" or "connect"; `links` must outlive the engine. Errors:
/// `denied`, naming the right that is missing: always for "packet" and "xdp", and for "auto" where
/// `use` is a sweep; `unsupported` for "xdp" where the kernel does not load it; `invalid` for
/// another name. UDP is always asked with packets, "xdp" or not. Whether xdp is right for a plan,
/// its rate and its interfaces, shows when it runs: the engine for "auto" goes on with packet where
/// it is not.
Result<EngineChoice> choose_engine(std::string_view wanted, EngineUse use, net::Links& links,
                                   const XdpPolicy& xdp = {});

}  // namespace lockstep
