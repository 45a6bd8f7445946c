// The users' own plug-ins: a command is asked about nodes, and says what it measured, as
// docs/plugins.md has it. Whatever it does, it harms only itself.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "collectors/collector.h"
#include "collectors/exec/plugin_reader.h"
#include "proc/guarded_runner.h"

namespace lockstep {

struct ExecOptions {
  std::string instance;  ///< the name of the plug-in instance
  GuardedCommand command;
  std::map<std::string, std::string> parameters{};
  GuardLimits limits{};
  /// How many nodes one run of the command is asked about.
  std::size_t batch = 1000;
  /// The classes of a node, for the plug-in to know.
  std::function<std::vector<std::string>(const std::string& node)> classes_of{};
  /// Who runs it; null: a child of this process.
  std::shared_ptr<GuardedRunner> runner{};
  /// Where it goes which ports were examined of nodes that are covered; borrowed. Null: nobody
  /// asks.
  std::vector<ReportedLook>* looks = nullptr;
};

/// Targets of one node are one node to the plug-in, which covers all of its addresses or none. A
/// node on the leave list is not asked about in runs that begin later.
class ExecCollector final : public Collector {
 public:
  explicit ExecCollector(ExecOptions options) : options_(std::move(options)) {}

  std::string_view name() const override { return "exec"; }

 private:
  Result<CollectSummary> do_collect(const std::vector<CollectTarget>& targets,
                                    ObservationSink& sink, const CollectControl& control) override;

  ExecOptions options_;
};

/// The request that a plug-in reads; also for the test kit.
std::string plugin_request(const ExecOptions& options, const std::vector<exec::PluginNode>& nodes);

/// One run of its command, by whoever runs it.
Result<GuardedOutcome> run_plugin(const ExecOptions& options, std::string_view request,
                                  const TakeOutput& take, const std::atomic<bool>* stop);

/// How a run ended, for a person, where it is not as the contract wants it; empty: it is.
std::string told_end(const GuardedOutcome& outcome, const GuardLimits& limits);

}  // namespace lockstep
