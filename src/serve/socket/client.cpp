#include "serve/socket/client.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace lockstep::serve {
namespace {

constexpr std::chrono::seconds kSendTimeout(10);
/// A sweep takes as long as it takes; that the daemon has gone shows at once.
constexpr std::chrono::hours kPatience(24 * 365);

}  // namespace

Result<std::optional<LineSocket>> connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::optional<LineSocket>();
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(system_error(errno, "make a socket"));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return std::optional(LineSocket(std::move(socket)));
  }
  if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR) {
    return std::optional<LineSocket>();
  }
  if (errno == EACCES || errno == EPERM) {
    return fail(ErrorKind::denied,
                fmt::format("a daemon serves {}, and this user may not talk to it: see [serve] "
                            "group in its configuration",
                            quoted(path)));
  }
  return std::unexpected(system_error(errno, fmt::format("connect to {}", path)));
}

Result<int> call(LineSocket& socket, const Request& request,
                 const std::function<Result<void>(const Message&)>& receive) {
  LOCKSTEP_CHECK(socket.write(to_line(request), kSendTimeout));
  while (true) {
    LOCKSTEP_TRY(const std::optional<std::string> line, socket.read(kMostLineBytes, kPatience));
    if (!line) return fail(ErrorKind::unavailable, "the daemon went away in the middle");
    LOCKSTEP_TRY(const Message message, parse_message(*line));
    if (const auto* const status = std::get_if<StatusMessage>(&message)) return status->status;
    LOCKSTEP_CHECK(receive(message));
  }
}

}  // namespace lockstep::serve
