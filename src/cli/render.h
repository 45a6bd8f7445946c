// What people read. Every text that came from outside is shown as it is only where it cannot do
// harm: node names are checked when they are read, everything else is quoted.

#pragma once

#include <string>
#include <vector>

#include "control/use_cases.h"

namespace lockstep::cli {

/// One check of `doctor`.
struct DoctorCheck {
  enum class Verdict { good, limited, bad };
  std::string subject;  ///< "rights", "interface", ...
  Verdict verdict = Verdict::good;
  std::string finding;
  std::string remedy;  ///< empty where nothing is to be done
};

std::string scan_text(const SweepRecord& record);
std::string sweep_text(const control::SweepReport& report);
std::string learn_text(const control::LearnReport& report);
std::string profiles_text(const std::vector<Profile>& profiles);
std::string nodes_text(const std::vector<Node>& nodes);
std::string doctor_text(const std::vector<DoctorCheck>& checks);

}  // namespace lockstep::cli
