// Collector `pcp`: load, memory, network, processes and the like, as each node's pmcd tells them
// (Performance Co-Pilot). A round a call; connections stay for the next one.

#pragma once

#include <string>

#include "collectors/collector.h"
#include "collectors/pcp/pcp_pool.h"

namespace lockstep {

struct PcpCollectorOptions {
  pcp::PoolOptions pool;
  std::string instance = "pcp";  ///< whose values they are
};

class PcpCollector final : public Collector {
 public:
  explicit PcpCollector(PcpCollectorOptions options);

  std::string_view name() const override { return "pcp"; }

 private:
  Result<CollectSummary> do_collect(const std::vector<CollectTarget>& targets,
                                    ObservationSink& sink, const CollectControl& control) override;

  PcpCollectorOptions options_;
  pcp::Pool pool_;
};

}  // namespace lockstep
