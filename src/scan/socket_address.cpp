#include "scan/socket_address.h"

#include <netinet/in.h>

#include <cerrno>
#include <cstring>

namespace lockstep::scan {

SocketAddress socket_address(const IpAddress& address, Port port) {
  SocketAddress result;
  if (address.is_v4()) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    four.sin_addr.s_addr = htonl(address.v4_number());
    result.size = sizeof four;
    std::memcpy(&result.storage, &four, sizeof four);
  } else {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    std::memcpy(&six.sin6_addr, address.bytes().data(), 16);
    result.size = sizeof six;
    std::memcpy(&result.storage, &six, sizeof six);
  }
  return result;
}

Answer answer_of_error(int error) {
  switch (error) {
    case ECONNREFUSED: return Answer::closed;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENOPROTOOPT:
    case EACCES:
    case EPERM: return Answer::unreachable;
    default: return Answer::none;
  }
}

}  // namespace lockstep::scan
