// An engine asks a plan's probes and writes the answers into the table. Engines differ in how a
// probe gets out and what they may do to the node; what is asked, when, and when it is enough is
// decided by passes.h and walk.h for all of them.

#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "scan/plan.h"
#include "scan/result_table.h"

namespace lockstep::scan {

/// Called in each run once everything is open that takes a right, before the first frame is sent or
/// read and before there are threads: gives up rights. What it returns ends the run. May be empty.
using WhenOpen = std::function<Result<void>()>;

class Engine {
 public:
  virtual ~Engine() = default;

  virtual std::string_view name() const = 0;
  /// Whether its probes may complete a TCP handshake, which an application can notice.
  virtual bool completes_handshakes() const = 0;

  /// Runs until nothing is left that asking again could tell, or until table.run().stop is set by
  /// another thread. An address that is to be left (ResultTable::leave) gets no probe from then on,
  /// in no engine. The table has as many targets as the plan. Targets that the fence does not
  /// permit are marked so and never reach the engine proper. What was found before an error stands
  /// in the table all the same. Errors: `invalid` plan; `denied`: a right is missing;
  /// `unavailable`: the link went away. Blocks; one run at a time.
  Result<void> run(const Plan& plan, const ResultTable& table);

 private:
  /// `targets`: indices of the targets that may be asked.
  virtual Result<void> do_run(const Plan& plan, const ResultTable& table,
                              std::vector<std::uint32_t> targets) = 0;
};

/// Threads for a rate of `per_second` packets in total: one for each 100,000, at most one for each
/// CPU of this process, and the plan's number where it gives one.
unsigned sender_threads(const Plan& plan, double per_second);

}  // namespace lockstep::scan
