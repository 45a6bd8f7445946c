// Messages as lines of syslog.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "notify/message.h"

namespace lockstep::notify {

enum class SyslogFormat : std::uint8_t {
  rfc5424,  ///< with the facts as structured data
  cef,      ///< ArcSight's Common Event Format, within RFC 5424
};

struct SyslogLine {
  int facility = 16;   ///< local0
  std::string host{};  ///< ours
  std::string pid{};   ///< ours
  SyslogFormat format = SyslogFormat::rfc5424;
  std::size_t most_bytes = 8192;
};

/// RFC 5424 section 6, one line without its end.
std::string syslog_line(const Message& message, const SyslogLine& how);
/// As programs write to /dev/log: "<134>Dec  1 00:00:00 lockstep[17]: ...", in local time.
std::string local_line(const Message& message, const SyslogLine& how);
/// RFC 6587 section 3.4.1: with the count of its bytes in front, for streams.
std::string counted(std::string_view line);

std::string cef_of(const Message& message);

}  // namespace lockstep::notify
