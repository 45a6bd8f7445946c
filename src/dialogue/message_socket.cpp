#include "dialogue/message_socket.h"

#include <array>

#include "proc/packets.h"

namespace lockstep::dialogue {

Result<std::optional<Received>> receive(int socket) {
  std::array<std::byte, kMostMessageBytes> buffer;
  LOCKSTEP_TRY(std::optional<Packet> packet, receive_packet(socket, buffer));
  if (!packet) return std::nullopt;
  auto decoded = decode(packet->bytes);
  if (!decoded) return fail(ErrorKind::corrupt, "the other side sent what is no message");
  return Received{std::move(*decoded), std::move(packet->descriptor)};
}

Result<bool> send(int socket, const Message& message, int descriptor) {
  return send_packet(socket, encode(message), descriptor);
}

Result<void> send_waiting(int socket, const Message& message) {
  return send_packet_waiting(socket, encode(message));
}

}  // namespace lockstep::dialogue
