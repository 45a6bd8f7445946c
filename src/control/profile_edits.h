// What people do to profiles by hand, and what was done: an edited Table 1 waits for approval like
// one that was learned.

#pragma once

#include <string>
#include <vector>

#include "control/profile_use_cases.h"

namespace lockstep::control {

/// A row of Table 1, as somebody sent it.
struct PortRow {
  std::int64_t port = 0;
  std::string protocol{};
  std::string service{};  ///< empty: not checked
};

/// Leaves these rows, in any order, as what a host type should show, in place of what waits for its
/// approval. `note` says why, in the history; it may be empty. Errors: `invalid`, naming the row
/// from 1 on; where there is none, or the host type is no name of a class (and of a network).
Result<Baseline> propose_profile(Store& store, const std::string& host_type,
                                 const std::vector<PortRow>& rows, const std::string& note,
                                 const Act& act);

/// Takes away what waits for approval of one host type. Errors: `not_found`.
Result<void> drop_proposal(Store& store, const std::string& host_type, const Act& act);

/// One port, as somebody would change it by approving what waits.
struct PortChange {
  enum class Kind { added, removed, changed };  ///< changed: its service

  Kind kind = Kind::added;
  std::string host_type{};
  ExpectedPort before{};  ///< of one that is added: empty
  ExpectedPort after{};   ///< of one that is removed: empty
};

/// A class of the inventory, whether or not it has a profile.
struct ClassSize {
  std::string name;
  std::size_t nodes = 0;
};

/// Those that have a node, ascending.
std::vector<ClassSize> class_sizes(const Inventory& inventory);

/// From what is in use to what waits, ascending by port; empty: nothing waits, or nothing changes.
std::vector<PortChange> changes_of(const ProfileState& state);

}  // namespace lockstep::control
