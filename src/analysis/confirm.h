// The second look: what deviates is asked again before it is a finding, since a daemon that
// restarts, a short-lived listener or a lost packet look like one. Pure: what to ask, and what the
// answers change; the caller asks.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "analysis/judge.h"
#include "model/alert.h"

namespace lockstep {

/// One port of one address that looks wrong.
struct Suspect {
  std::string node;
  std::string network;
  IpAddress address;
  Protocol protocol = Protocol::tcp;
  Port port = 0;
  FindingKind kind = FindingKind::unexpected_port;

  friend auto operator<=>(const Suspect&, const Suspect&) = default;
};

/// The suspects of a judgement, ascending: unexpected ports, open or filtered, and missing ones at
/// every address where they may be. Findings that stand for many ports at once are not suspected.
std::vector<Suspect> suspects_of(const JudgeInput& input, std::span<const Finding> findings);

/// Addresses that can be asked for the same ports in one go. More may be asked than is suspected,
/// but never much more: see plan_reasks().
struct Reask {
  std::vector<IpAddress> addresses;  ///< ascending
  Protocol protocol = Protocol::tcp;
  PortSet ports;
};

/// Few goes, each of at most twice as many probes as there are suspects in it, or of 4,096.
std::vector<Reask> plan_reasks(std::span<const Suspect> suspects);

/// Corrects `observations` by what came when `suspects` were asked again. What was open and has
/// answered closed goes to `transient`. What was silent and has answered is no longer so. What was
/// missing and is open is there. Silence and what could not be asked change nothing.
void apply_reask(std::span<const Suspect> suspects, std::span<const PortObservation> reasked,
                 std::span<const Coverage> coverage, std::vector<PortObservation>& observations,
                 std::vector<PortObservation>& transient);

/// Whether a finding, and one that is not in `book` yet, may be due to a job that began, or ended,
/// since the scheduler was asked last.
bool rests_on_jobs(const JudgeInput& input, std::span<const Finding> findings,
                   std::span<const AlertRecord> book);

}  // namespace lockstep
