// The edge between SOCI, which throws, and us, who return.

#pragma once

#include <exception>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/result.h"

namespace lockstep {

/// What a thrown database error means to the caller.
Error database_error(const std::exception& thrown);

/// The Result of `body()`; an exception out of it becomes "DOING: what happened, what to do".
template <typename Body>
std::invoke_result_t<Body> guarded(std::string_view doing, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const std::exception& thrown) {
    return std::unexpected(database_error(thrown).within(doing));
  }
}

}  // namespace lockstep
