// What is told of one cause: the facts, without a format. Channels make their own of it when they
// send it, so that a change of a channel holds for what waits already.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/alert.h"

namespace lockstep::notify {

enum class What : std::uint8_t {
  raised,
  updated,   ///< more nodes, or graver
  repeated,  ///< still so
  resolved,
  test,   ///< by a person, to see whether it arrives
  alive,  ///< nothing: Lockstep works
};

std::string_view to_string(What what);
std::optional<What> parse_what(std::string_view text);

struct Message {
  What what = What::raised;
  /// The same whenever it is sent, and of no other message: who gets it twice can tell.
  std::string id{};
  std::string cluster{};
  std::string cause{};  ///< "A-17", "group rack7"
  AlertSubject subject{};
  Severity severity = Severity::informational;
  Severity severity_before = Severity::informational;  ///< as it was told last; else `severity`
  std::string nodes{};      ///< folded; of a resolved one, those that were told
  std::string new_nodes{};  ///< of an update, those that were not told before; folded
  std::uint64_t node_count = 0;
  WallTime first_seen{};
  WallTime last_seen{};
  WallTime at{};  ///< when it was made
  std::string detail{};
  std::string expected{};
  std::string clones{};
  std::string resolution{};  ///< why it is over

  friend bool operator==(const Message&, const Message&) = default;
};

/// One line that a person reads first: "RAISED high: unexpected-port 4444/tcp open on node[017,201]
/// (compute)". Control characters and the like are escaped; at most some 250 bytes.
std::string title_of(const Message& message);
/// "unexpected-port 4444/tcp open", without nodes.
std::string subject_of(const Message& message);
/// Lines of "name: value" for people, each escaped and cut.
std::string text_of(const Message& message);

/// As it stands in the store. The inverse fails with `corrupt`.
std::string write_message(const Message& message);
Result<Message> read_message(std::string_view text);

/// `text` without what could break a line, forge one or change direction, as in quoted(), but
/// without the quotes; at most `limit` characters.
std::string harmless(std::string_view text, std::size_t limit = 1000);
/// RFC 3339 in UTC, to the second.
std::string time_text(WallTime time);

}  // namespace lockstep::notify
