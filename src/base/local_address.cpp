#include "base/local_address.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cstring>

#include "base/text.h"

namespace lockstep {

Result<sockaddr_un> local_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return fail(ErrorKind::invalid, fmt::format("the path of a socket has 1 to {} bytes: {}",
                                                sizeof address.sun_path - 1, quoted(path)));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

}  // namespace lockstep
