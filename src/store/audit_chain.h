// What people did, tied together: each entry names the one before it by a hash over all that it
// says, so that nobody can change, add or take away an entry in the middle without it showing. Who
// can write the database can still make a new chain, or cut the end off: keep the latest link
// elsewhere, such as in a log of another machine, to see that.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/instance.h"

namespace lockstep {

/// How the chain stands.
struct AuditChain {
  std::size_t entries = 0;
  std::size_t tied = 0;  ///< the others were noted before there was a chain
  /// The first entry that is not what was noted, or that does not follow the one before it; none:
  /// all hold. The oldest one is taken at its word: those before it went with their time.
  std::optional<std::int64_t> broken{};
  std::string latest{};  ///< the last link; empty: there is none

  friend bool operator==(const AuditChain&, const AuditChain&) = default;
};

/// SHA-256 over the link before and all fields of `entry` but its own link: 64 hexadecimal digits.
std::string audit_link(std::string_view previous, const AuditEntry& entry);

/// `entries` are all that there are, ascending by id.
AuditChain check_chain(std::span<const AuditEntry> entries);

}  // namespace lockstep
