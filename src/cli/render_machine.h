// The inventory and the machine that Lockstep runs on, for people.

#pragma once

#include <string>
#include <vector>

#include "model/node.h"

namespace lockstep::cli {

/// One check of `doctor`.
struct DoctorCheck {
  enum class Verdict { good, limited, bad };
  std::string subject;  ///< "rights", "interface", ...
  Verdict verdict = Verdict::good;
  std::string finding;
  std::string remedy;  ///< empty where nothing is to be done
};

std::string nodes_text(const std::vector<Node>& nodes);
std::string doctor_text(const std::vector<DoctorCheck>& checks);
std::string doctor_json(const std::vector<DoctorCheck>& checks);

}  // namespace lockstep::cli
