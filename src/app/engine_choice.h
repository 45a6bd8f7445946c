// Which scan engine a command gets, by what was asked for and what this process may do.

#pragma once

#include <memory>
#include <string>
#include <string_view>

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

/// `wanted` is "auto", "packet" or "connect"; `links` must outlive the engine. Errors: `denied`,
/// naming the right that is missing: always for "packet", and for "auto" where `use` is a sweep;
/// `invalid` for another name.
Result<EngineChoice> choose_engine(std::string_view wanted, EngineUse use, net::Links& links);

}  // namespace lockstep
