// Collector `services`: what answers on ports that are open, by dialogues in processes without
// rights.

#pragma once

#include <functional>
#include <map>
#include <memory>

#include "collectors/collector.h"
#include "collectors/services/dialogue_pool.h"

namespace lockstep {

struct ServiceCollectorOptions {
  DialoguePoolOptions pool;
  bool probe_unknown = true;  ///< ask ports that are not what is expected, or of which nothing is
  bool keys = true;           ///< exchange keys with SSH servers
  /// What is known for sure must say the same over another connection, which costs one: a sweep
  /// asks for it, a scan does not.
  bool checks_twice = false;
  /// Gets every byte that was sent, as an observation and the pieces; may be empty.
  std::function<void(const ServiceObservation&, const std::vector<std::string>&)> log{};
};

class ServiceCollector final : public Collector {
 public:
  explicit ServiceCollector(ServiceCollectorOptions options);

  std::string_view name() const override { return "services"; }
  /// Starts the processes ahead of collect(), which then has not to wait for them.
  Result<void> start() { return pool_.start(); }

 private:
  Result<CollectSummary> do_collect(const std::vector<CollectTarget>& targets,
                                    ObservationSink& sink, const CollectControl& control) override;

  ServiceCollectorOptions options_;
  DialoguePool pool_;
};

}  // namespace lockstep
