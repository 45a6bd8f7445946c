// An address and a port as the kernel's socket calls take them.

#pragma once

#include <sys/socket.h>

#include "base/ip_address.h"
#include "base/port.h"

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

}  // namespace lockstep::scan
