// A syslog daemon: by UDP, TCP, TLS, or on this machine.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "notify/channel.h"
#include "notify/syslog/lines.h"

namespace lockstep::notify {

enum class SyslogWay : std::uint8_t { udp, tcp, tls, local };

struct SyslogConfig {
  SyslogWay way = SyslogWay::local;
  std::string host{};  ///< or the path of a local socket
  std::string port = "514";
  std::string ca_file{};
  SyslogLine line{};
};

std::unique_ptr<Channel> make_syslog(SyslogConfig config);

}  // namespace lockstep::notify
