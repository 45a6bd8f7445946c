// What was read of a store last, and what was seen since: what a daemon works by while the store is
// away. It decides nothing that lasts: what was seen is judged anew when the store is back.
//
// It takes the memory of the looks, the alerts and the keys of the cluster once. What services said
// and what was open is not in it: it is the greater part by far.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace lockstep {

struct Known {
  std::optional<std::vector<Profile>> profiles{};
  std::optional<std::vector<Baseline>> baselines{};
  std::optional<std::vector<Approval>> approvals{};
  std::optional<std::vector<SweepInfo>> sweeps{};  ///< some of the latest
  std::optional<Looks> looks{};
  std::optional<std::vector<KnownKey>> known_keys{};
  std::optional<std::vector<AlertRecord>> alerts{};
  std::optional<std::vector<StoredInstance>> instances{};
  std::optional<std::vector<InstanceRun>> latest_runs{};
  std::optional<std::vector<JobListener>> job_listeners{};
  std::optional<std::vector<ValueRule>> value_rules{};
  std::map<std::string, PortReports> port_reports{};  ///< by instance
};

/// What a sweep of `ports` that ended at `now` showed, without its alerts.
void note_sweep(Known& known, const PortSets& ports, WallTime now, const SweepFacts& facts);

/// What a round of an instance brought of ports, without its alerts.
void note_round(Known& known, const ValueHarvest& harvest);

/// The alerts as they are after `changes`.
std::vector<AlertRecord> applied(const std::vector<AlertRecord>& book, const AlertChanges& changes);

/// Alerts that `changes` raises, or reopens.
std::vector<AlertRecord> news_of(const std::vector<AlertRecord>& book, const AlertChanges& changes);
/// For a person.
std::string line_of(const AlertRecord& record);

/// Whether they say more than that what was so is still so.
bool says_something(const std::vector<AlertRecord>& book, const AlertChanges& changes);

}  // namespace lockstep
