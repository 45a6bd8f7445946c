// What scripts read: one JSON document a command, its keys a promise (docs/json.md).

#pragma once

#include <string>
#include <vector>

#include "cli/render.h"

namespace lockstep::cli {

std::string scan_json(const SweepRecord& record);
std::string sweep_json(const control::SweepReport& report);
std::string learn_json(const control::LearnReport& report);
std::string profiles_json(const std::vector<Profile>& profiles);
std::string nodes_json(const std::vector<Node>& nodes);
std::string doctor_json(const std::vector<DoctorCheck>& checks);

}  // namespace lockstep::cli
