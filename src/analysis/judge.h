// From what was seen and what should be, to findings. Pure: no clock, no I/O, so that a recorded
// sweep can be judged again.
//
// What makes which finding (severities are the usual ones; see severity.h):
//   unexpected-port      high    open, and no class of the node expects it; informational where a
//                                rule allows it under a condition that was not checked, and for
//                                ports of users; medium where a rule allowed it in the past
//   unexpected-filtered  high    silent or refused by ICMP though the node answers elsewhere, and
//                                not expected; informational where most of the class is silent too
//   missing-port         low     expected, and closed or filtered at every address of the node on
//                                that network; of UDP, silence is no proof that nobody listens
//   node-unreachable     low     an address without any answer; its ports are not judged;
//                                informational where the job scheduler says why
//   orphan-listener      high    open, and a job that is over has left it so (job_ports.h, which
//   has
//                                the other cases of ports that jobs may open)
//   coverage-gap         medium  a part that was not examined, a class without a profile, a node
//                                without a class or without a record
//   profile-changed      high    the profile of a class is not the one that was approved
//   stack-mismatch       info    a TCP stack answers otherwise than those of its clones (stacks.h)
// and of services, where they were asked what they are, those of service_judge.h and key_judge.h.
// A port that was not examined is never missing, and a node that could not be judged always shows.
// Whether an unexpected port is still there when it is asked again, the caller finds out
// (confirm.h).

#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/job_ports.h"
#include "analysis/severity.h"
#include "base/port.h"
#include "model/finding.h"
#include "model/node.h"
#include "model/observation.h"
#include "model/profile.h"
#include "model/service.h"

namespace lockstep {

struct ServicePolicy;  // analysis/service_policy.h

/// A node that filters more ports than this at an address has a firewall or a failing switch
/// between: one cause, hence one finding that lists them. As many rows as a screen has room for.
inline constexpr std::size_t kMostFilteredFindings = 16;

/// Likewise for a node that accepts connections on nearly every port, as tarpits do. Higher,
/// because an open port is news by itself and should keep a row of its own while it can.
inline constexpr std::size_t kMostOpenFindings = 256;

/// One sweep. All of it is borrowed for the call.
struct JudgeInput {
  /// The nodes that the sweep was to examine; facts about others are passed over.
  std::span<const Node> nodes;
  /// Ascending by host type, as Store::profiles() gives them.
  std::span<const Profile> profiles;
  /// What was approved, ascending by host type; where a profile of the nodes differs, that is a
  /// finding.
  std::span<const Approval> approvals;
  /// The ports of the request: an expected port that is not among them cannot be missing.
  const PortSets& wanted;
  std::span<const PortObservation> observations;
  std::span<const Coverage> coverage;
  /// Unexpected ports that were open, and closed when they were asked again; not in `observations`.
  std::span<const PortObservation> transient{};
  const SeverityPolicy& severities;
  WallTime now{};  ///< rules of profiles may have run out
  /// What services said, where they were asked.
  std::span<const ServiceObservation> services{};
  /// What was kept of services before, of any node.
  std::span<const ServiceFact> service_facts{};
  /// The keys that were known before, of any node.
  std::span<const KnownKey> known_keys{};
  /// Of nodes that the sweep was not to examine, the classes; null: they have none.
  const Inventory* inventory = nullptr;
  const ServicePolicy* service_policy = nullptr;  ///< null: the usual one, and nothing is tellable
  /// Nodes whose silence is told, and why ("powered-down"); null: none. It is informational then.
  const std::map<std::string, std::string>* excused = nullptr;
  const JobFacts* jobs = nullptr;  ///< null: there is no job scheduler
  /// Where not all nodes were asked the same: what each was, in place of `wanted`; null: `wanted`.
  const std::map<std::string, const PortSets*, std::less<>>* wanted_of = nullptr;

  /// The ports that a node was asked.
  const PortSet& asked(std::string_view node, Protocol protocol) const;
};

/// Why a port that a job may open is unexpected, as `Finding::detail` has it.
inline constexpr const char* kNoJobHolds = "no job holds the node";
/// Why ports that jobs may open are informational, as `Finding::reason` has it.
inline constexpr const char* kJobsNotKnown = "whether a job holds the node is not known";

/// The findings, ascending, each once. The order of the input does not matter.
std::vector<Finding> judge(const JudgeInput& input);

/// What the sweep makes of the listeners of jobs; nothing without JudgeInput::jobs.
JobTies tie_listeners(const JudgeInput& input);

}  // namespace lockstep
