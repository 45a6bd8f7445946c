#include "proc/packets.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace lockstep {
namespace {

constexpr int kMostResets = 3;

union Control {
  cmsghdr head;
  std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

/// The descriptor that came with a message, if one did.
UniqueFd descriptor_of(msghdr& message) {
  UniqueFd result;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(part), sizeof fd);
    result = UniqueFd(fd);
  }
  return result;
}

}  // namespace

Result<std::optional<Packet>> receive_packet(int socket, std::span<std::byte> buffer) {
  iovec part{buffer.data(), buffer.size()};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  ssize_t size = 0;
  // Who ends with messages of ours unread resets the connection, which the kernel tells once and
  // before what was said last: that is still to come, and is what matters most.
  int resets = 0;
  do {
    size = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (size < 0 && (errno == EINTR || (errno == ECONNRESET && resets++ < kMostResets)));
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
  if (size < 0) return std::unexpected(system_error(errno, "receive from the other side"));
  UniqueFd descriptor = descriptor_of(message);
  if (size == 0) return fail(ErrorKind::unavailable, "the other side has ended");
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return fail(ErrorKind::corrupt, "the other side sent what is no message");
  }
  return Packet{buffer.first(static_cast<std::size_t>(size)), std::move(descriptor)};
}

Result<bool> send_packet(int socket, std::span<const std::byte> bytes, int descriptor) {
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
  Control control{};
  msghdr head{};
  head.msg_iov = &part;
  head.msg_iovlen = 1;
  if (descriptor >= 0) {
    head.msg_control = control.bytes.data();
    head.msg_controllen = control.bytes.size();
    cmsghdr* const rights = CMSG_FIRSTHDR(&head);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
  }
  for (;;) {
    if (::sendmsg(socket, &head, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true;
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return false;
    // More descriptors are on their way than this user may have open: until they have arrived.
    if (errno == ETOOMANYREFS) return false;
    return std::unexpected(system_error(errno, "send to the other side"));
  }
}

Result<void> send_packet_waiting(int socket, std::span<const std::byte> bytes) {
  for (;;) {
    LOCKSTEP_TRY(const bool sent, send_packet(socket, bytes));
    if (sent) return {};
    pollfd waiting{socket, POLLOUT, 0};
    ::poll(&waiting, 1, -1);
  }
}

}  // namespace lockstep
