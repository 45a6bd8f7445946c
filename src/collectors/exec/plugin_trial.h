// The test kit: a plug-in is run as the daemon would, and in the cases that authors forget.

#pragma once

#include <string>
#include <vector>

#include "collectors/exec/exec_collector.h"

namespace lockstep {

struct TrialCheck {
  std::string name;                ///< "covers each node"
  std::vector<std::string> wrong;  ///< what is; a stranger's texts in it are quoted; empty: good
  std::string note{};              ///< what else a person should know
};

struct TrialNode {
  std::string node;
  exec::PluginReader::Answer answer = exec::PluginReader::Answer::none;
  std::string error;  ///< what the plug-in says of it; a stranger's
};

struct PluginTrial {
  std::vector<ValueObservation> values;
  std::vector<PortObservation> ports;
  std::vector<ReportedLook> looks;  ///< those that say which ports were examined
  std::vector<TrialNode> nodes;
  std::string complaint;  ///< the end of its standard error; a stranger's
  std::vector<TrialCheck> checks;

  bool good() const;
};

/// Asks the plug-in about `nodes`, twice, about none, and about a thousand made-up ones, whose
/// addresses are this machine's own: nothing leaves it. Errors: those of run_guarded(), and
/// `unavailable` where `stop` became true.
Result<PluginTrial> try_plugin(const ExecOptions& options,
                               const std::vector<exec::PluginNode>& nodes,
                               const std::atomic<bool>* stop);

}  // namespace lockstep
