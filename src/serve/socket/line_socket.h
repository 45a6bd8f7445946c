// Lines over a connected socket.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace lockstep::serve {

/// One thread reads, one writes.
class LineSocket {
 public:
  explicit LineSocket(UniqueFd socket) : socket_(std::move(socket)) {}

  int fd() const { return socket_.get(); }

  /// The next line, without its end, at most `most` bytes of it; nothing where the other end is
  /// closed. Errors: `unavailable` after `timeout`, `invalid` for a line that is too long.
  Result<std::optional<std::string>> read(std::size_t most, std::chrono::milliseconds timeout);

  /// Adds the line end. `unavailable` where the other end is gone, or takes nothing for `timeout`.
  Result<void> write(std::string_view line, std::chrono::milliseconds timeout) const;

 private:
  UniqueFd socket_;
  std::string buffer_;
};

}  // namespace lockstep::serve
