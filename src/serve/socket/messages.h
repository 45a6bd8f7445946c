// What the command line and a daemon say to one another: a JSON document a line.
//
//   to the daemon    {"version":1,"words":["alerts","--all"]}       once
//   to the caller    {"out":"..."} {"warn":"..."} {"report":"..."}  any number, in order
//                    {"progress":{...}}
//                    {"status":0}                                   last
//
// Whoever closes the connection before the status stops the command.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace lockstep::serve {

inline constexpr std::int64_t kSocketVersion = 1;
/// The longest line, either way.
inline constexpr std::size_t kMostLineBytes = 64 << 20;
/// The longest request, and the most words of one.
inline constexpr std::size_t kMostRequestBytes = 64 << 10;
inline constexpr std::size_t kMostWords = 1024;

struct Request {
  std::vector<std::string> words;  ///< a command line, without the program's name

  friend bool operator==(const Request&, const Request&) = default;
};

/// For standard output.
struct OutMessage {
  std::string text;
  friend bool operator==(const OutMessage&, const OutMessage&) = default;
};
/// For standard error.
struct WarnMessage {
  std::string text;
  friend bool operator==(const WarnMessage&, const WarnMessage&) = default;
};
/// For the file that the caller named by --report.
struct ReportMessage {
  std::string text;
  friend bool operator==(const ReportMessage&, const ReportMessage&) = default;
};
/// As CollectProgress has it.
struct ProgressMessage {
  std::uint64_t done = 0;
  std::uint64_t planned = 0;
  unsigned pass = 0;
  std::uint64_t open_ports = 0;
  double per_second = 0;
  friend bool operator==(const ProgressMessage&, const ProgressMessage&) = default;
};
/// The exit status.
struct StatusMessage {
  int status = 0;
  friend bool operator==(const StatusMessage&, const StatusMessage&) = default;
};

using Message =
    std::variant<OutMessage, WarnMessage, ReportMessage, ProgressMessage, StatusMessage>;

/// One line, without its end.
std::string to_line(const Request& request);
std::string to_line(const Message& message);

/// Errors: `invalid`; `unsupported` for a request of another version.
Result<Request> parse_request(std::string_view line);
Result<Message> parse_message(std::string_view line);

}  // namespace lockstep::serve
