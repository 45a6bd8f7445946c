#include "base/result.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace lockstep {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid: return "invalid";
    case ErrorKind::not_found: return "not found";
    case ErrorKind::denied: return "denied";
    case ErrorKind::unavailable: return "unavailable";
    case ErrorKind::corrupt: return "corrupt";
    case ErrorKind::unsupported: return "unsupported";
  }
  return "unknown";
}

Error Error::within(std::string_view context) const {
  return {kind_, fmt::format("{}: {}", context, message_)};
}

Error system_error(int errno_value, std::string_view action) {
  ErrorKind kind = ErrorKind::unavailable;
  if (errno_value == EPERM || errno_value == EACCES) kind = ErrorKind::denied;
  if (errno_value == ENOENT || errno_value == ENODEV || errno_value == ENXIO) {
    kind = ErrorKind::not_found;
  }
  return {kind, fmt::format("{}: {}", action, std::generic_category().message(errno_value))};
}

}  // namespace lockstep
