// What the test kit for plug-ins found, for people and for scripts.

#pragma once

#include <string>
#include <vector>

#include "model/observation.h"
#include "model/reported_port.h"
#include "model/value.h"

namespace lockstep::cli {

struct PluginCheck {
  std::string check;
  std::vector<std::string> violations;  ///< empty: good
  std::string note;
};

struct PluginNodeAnswer {
  std::string node;
  std::string answer;  ///< "covered", "error", "none"
  std::string error;
};

struct PluginReport {
  std::vector<ValueObservation> values;
  std::vector<PortObservation> ports;
  std::vector<ReportedLook> looks;  ///< those that say which ports were examined
  std::vector<PluginNodeAnswer> nodes;
  std::string complaint;  ///< the end of its standard error
  std::vector<PluginCheck> checks;

  bool good() const;
};

std::string plugin_text(const PluginReport& report);
std::string plugin_json(const PluginReport& report);

}  // namespace lockstep::cli
