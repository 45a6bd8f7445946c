// An address and a port as the kernel's socket calls take them, and what their errors tell of it.

#pragma once

#include <sys/socket.h>

#include "base/ip_address.h"
#include "base/port.h"
#include "scan/result_table.h"

namespace lockstep::scan {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const {
    const void* const start = &storage;
    return static_cast<const sockaddr*>(start);
  }
};

SocketAddress socket_address(const IpAddress& address, Port port);

/// What a socket's error says of the port: the ICMP error or reset that came back. Answer::none
/// where it says nothing.
Answer answer_of_error(int error);

}  // namespace lockstep::scan
