// Which ports a sweep asks what they are. Pure.
//
// Where a job may run nobody is asked anything. Elsewhere, asked is what the profile says is a
// daemon's: expected ports, those of rules `required`, and those of rules `rpc:`, by calls of their
// programs. Nothing is sent to any other port: it may be a job's, or a user's. A place is asked
// once an interval, so that the logs of daemons stay readable; one with an alert about its service
// is asked each time, so that the alert can end, and so is one that showed keys and is known by
// none, since an operator accepts what it shows next.

#pragma once

#include <chrono>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "collectors/collector.h"
#include "model/alert.h"
#include "model/node.h"
#include "model/profile.h"
#include "model/service.h"
#include "profiles/service_text.h"

namespace lockstep::control {

/// When services are asked.
struct ServiceSchedule {
  std::chrono::seconds interval = std::chrono::days(1);  ///< at most so often
  bool all = false;                                      ///< also what is not due
};

/// All of it is borrowed for the call.
struct ServiceQuestionsInput {
  std::span<const Node> nodes;
  std::span<const Profile> profiles;              ///< ascending by host type
  std::span<const CollectTarget> targets;         ///< what the sweep may ask
  std::span<const PortObservation> observations;  ///< of the sweep
  std::span<const ServiceFact> facts;             ///< what was said before
  std::span<const KnownKey> known_keys;
  std::span<const AlertRecord> alerts;
  const std::set<std::string>& busy;  ///< nodes that may hold a job: nothing is asked there
  const TellableServices& tellable;
  ServiceSchedule schedule;
  WallTime now{};
};

/// Targets with questions; those without any are left out.
std::vector<CollectTarget> service_targets(const ServiceQuestionsInput& input);

/// Of `targets`, the questions whose answers in `services` told nothing, though the port is open:
/// silence, no connection, a reader that was lost, an SSH server without keys. A service that
/// starts, or that has more connections than it takes, may be so for a moment.
std::vector<CollectTarget> questions_without_answer(std::span<const CollectTarget> targets,
                                                    std::span<const ServiceObservation> services);

}  // namespace lockstep::control
