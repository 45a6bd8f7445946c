// Profiles: learned or imported, compared, approved. What was learned changes nothing until it is
// approved; what somebody wrote into Table 1 by hand counts at once, and shows as changed until it
// is approved.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control/use_cases.h"
#include "profiles/approval.h"
#include "profiles/learn.h"

namespace lockstep::control {

/// Who does something, and when.
struct Act {
  std::string person;
  WallTime now{};  ///< whole seconds
};

/// What one learning left for approval.
struct LearnReport {
  SweepRecord record;
  std::vector<Baseline> baselines;  ///< one for each network
};

/// Whether a class can be learned, as far as can be told without a look: from `node`, or by
/// consensus where that is empty. As learn() and learn_by_consensus(), without their looks.
Result<void> check_learnable(const Inventory& inventory, const TargetPolicy& policy,
                             const std::string& host_type, const std::string& node,
                             const ConsensusRule& rule);

/// Examines `node` and makes what is open there the baseline of a class; of class@network, for
/// that network alone. All or nothing. Errors: `not_found` node, or a network that it is not on;
/// `invalid` where it is not of the class; `unavailable` where it could not be examined in full.
Result<LearnReport> learn(const SweepSetting& setting, Store& store, const std::string& host_type,
                          const std::string& node, const Act& act);

/// Examines every node of the class and makes what nearly all of them show its baseline; of
/// class@network, for that network alone. Errors: `not_found` class or network; `invalid` where it
/// is too small; `unavailable` where too few of its nodes could be examined in full.
Result<LearnReport> learn_by_consensus(const SweepSetting& setting, Store& store,
                                       const std::string& host_type, const ConsensusRule& rule,
                                       const Act& act);

/// Makes the open ports of one node, as Nmap wrote them (or Table 1 as `export` wrote it), the
/// baseline of `host_type`. `file` names it in messages. Errors: `invalid`, `corrupt`.
Result<Baseline> import_profile(Store& store, std::string_view bytes, const std::string& file,
                                const std::string& host_type, const Act& act);

/// One host type, and how what is in use, approved and waiting differ.
struct ProfileState {
  std::string host_type;
  std::optional<Profile> in_use;     ///< none: there is no row of it
  std::optional<Approval> approved;  ///< none: never approved
  std::optional<Baseline> waiting;   ///< none: nothing waits
  LineDiff unapproved;               ///< from what was approved to what is in use
  LineDiff proposed;                 ///< from what is in use to what waits; empty: nothing waits
};

/// Ascending by host type; of `node_class` (with all its networks) or `class@network` only, where
/// it is not empty. Errors: `not_found` where there is none of it, saying how to make one.
Result<std::vector<ProfileState>> profile_states(Store& store, const std::string& node_class);

/// What hands have written of the values of a class, rules for any class among them; of all
/// classes, where none is named. As written: a row without sense is there too.
Result<std::vector<ValueRule>> value_rules_of(Store& store, const std::string& node_class);

enum class ApproveWhat {
  either,    ///< whichever there is; both: an error that says so
  baseline,  ///< what was learned or imported
  table,     ///< the rows of Table 1 as they stand
};

/// Approves for every host type of the class that has something to approve. Returns their states
/// afterwards. The alerts `profile-changed` of them are resolved. Errors: `not_found` where nothing
/// waits; `invalid` where it is not clear what is meant.
Result<std::vector<ProfileState>> approve(Store& store, const std::string& node_class,
                                          ApproveWhat what, const Act& act);

}  // namespace lockstep::control
