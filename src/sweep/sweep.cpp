#include "sweep/sweep.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "model/port_spec.h"

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

/// What services say goes to a record that has its coverage already.
class IdentifyingSink final : public ObservationSink {
 public:
  explicit IdentifyingSink(SweepRecord& record) : record_(record) {}
  void observe(PortObservation /*observation*/) override {}
  void identify(const ServiceObservation& seen) override { record_.services.push_back(seen); }
  void cover(Coverage /*coverage*/) override {}

 private:
  SweepRecord& record_;
};

/// One port of one address: facts sort by it first.
template <typename Fact>
auto place_of(const Fact& seen) {
  return std::tie(seen.node, seen.address, seen.network, seen.protocol, seen.port);
}

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

const ServiceObservation* service_at(const SweepRecord& record, const PortObservation& port) {
  const auto found = std::lower_bound(record.services.begin(), record.services.end(), port,
                                      [&](const ServiceObservation& a, const PortObservation& b) {
                                        return place_of(a) < place_of(b);
                                      });
  return found != record.services.end() && place_of(*found) == place_of(port) ? &*found : nullptr;
}

ServiceQuestion customary_question(const PortObservation& seen) {
  constexpr std::string_view kBeside = "-alt";
  std::string_view name = port_name(seen.port, seen.protocol);
  if (name.ends_with(kBeside)) name.remove_suffix(kBeside.size());
  const bool keeps_a_log = name == "slurmctld" || name == "slurmd" || name == "slurmdbd";
  if (keeps_a_log) name = {};
  const bool web_in_tls = name == "https";
  return {.protocol = seen.protocol,
          .port = seen.port,
          .expected = web_in_tls ? "http" : std::string(name),
          .expects_tls = web_in_tls};
}

std::vector<CollectTarget> targets_to_ask(
    const std::vector<PortObservation>& observations,
    const std::function<bool(const PortObservation&)>& wanted) {
  std::map<std::pair<std::string_view, IpAddress>, CollectTarget> targets;
  for (const PortObservation& seen : observations) {
    if (seen.state != PortState::open || !wanted(seen)) continue;
    CollectTarget& target = targets[{seen.node, seen.address}];
    target.node = seen.node;
    target.address = seen.address;
    target.network = seen.network;
    target.questions.push_back(customary_question(seen));
  }
  std::vector<CollectTarget> asked;
  asked.reserve(targets.size());
  for (auto& [place, target] : targets) asked.push_back(std::move(target));
  return asked;
}

Result<CollectSummary> ask_services(Collector& services, const std::vector<CollectTarget>& targets,
                                    SweepRecord& record, const CollectControl& control) {
  SweepRecord asked;
  IdentifyingSink sink(asked);
  LOCKSTEP_TRY(CollectSummary summary, services.collect(targets, sink, control));
  std::ranges::sort(asked.services);
  std::vector<ServiceObservation> all;
  all.reserve(record.services.size() + asked.services.size());
  // Of two that are of one place, the first is taken: what was said now.
  std::ranges::set_union(asked.services, record.services, std::back_inserter(all),
                         [](const ServiceObservation& a, const ServiceObservation& b) {
                           return place_of(a) < place_of(b);
                         });
  record.services = std::move(all);
  record.identified_in =
      record.identified_in.value_or(std::chrono::nanoseconds(0)) + summary.duration;
  return summary;
}

Result<CollectSummary> identify_services(Collector& services, SweepRecord& record,
                                         const CollectControl& control) {
  const std::vector<CollectTarget> asked =
      targets_to_ask(record.observations, [](const PortObservation&) { return true; });
  return ask_services(services, asked, record, control);
}

}  // namespace lockstep
