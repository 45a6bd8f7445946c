#include "sweep/sweep.h"

#include <algorithm>

namespace lockstep {
namespace {

class RecordingSink final : public ObservationSink {
 public:
  explicit RecordingSink(SweepRecord& record) : record_(record) {}
  void observe(PortObservation observation) override {
    record_.observations.push_back(std::move(observation));
  }
  void cover(Coverage coverage) override { record_.coverage.push_back(std::move(coverage)); }

 private:
  SweepRecord& record_;
};

}  // namespace

bool SweepRecord::complete() const {
  return !summary.interrupted && std::all_of(coverage.begin(), coverage.end(),
                                             [](const Coverage& c) { return c.examined(); });
}

Result<SweepRecord> run_sweep(Collector& collector, TargetSelection selection,
                              const CollectControl& control) {
  SweepRecord record;
  record.started = std::chrono::system_clock::now();
  record.coverage = std::move(selection.left_out);
  if (selection.targets.empty()) {
    record.summary.method = "none";
    return record;
  }
  RecordingSink sink(record);
  LOCKSTEP_TRY(record.summary, collector.collect(selection.targets, sink, control));
  return record;
}

}  // namespace lockstep
