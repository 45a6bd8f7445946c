// Collector `ports`: the state of TCP and UDP ports, by a scan engine. Of an address there is one
// Coverage a protocol that is asked.

#pragma once

#include <deque>
#include <memory>

#include "collectors/collector.h"
#include "scan/engine.h"
#include "scan/kept_table.h"

namespace lockstep {

struct PortCollectorOptions {
  PortSets ports;
  scan::Fence fence;
  PacketsPerSecond rate{20000};          ///< of all addresses together
  PacketsPerSecond group_rate{5000};     ///< of the addresses of one group together
  unsigned tries = 3;                    ///< of a port that stays silent
  std::string interface;                 ///< empty: by the routing table
  unsigned threads = 0;                  ///< 0: as many as the rate needs
  std::vector<IpAddress> udp_sources{};  ///< scan::Plan::sources
  std::optional<scan::IcmpLimit> icmp_limit = scan::IcmpLimit{};
  std::optional<scan::KeepPlace> keep{};  ///< where collections that resume hold their place
};

/// The most ports of one address that are reported one by one as filtered. A firewall that drops
/// everything would give 65,535 of them; Coverage::note says so where the list is cut.
inline constexpr std::size_t kMaxFilteredListed = 1024;

class PortCollector final : public Collector {
 public:
  /// `fallback` asks what `engine` cannot, such as this machine's own addresses; may be null.
  PortCollector(PortCollectorOptions options, std::unique_ptr<scan::Engine> engine,
                std::unique_ptr<scan::Engine> fallback = nullptr);

  std::string_view name() const override { return "ports"; }
  void give_up_place() override;

 private:
  Result<CollectSummary> do_collect(const std::vector<CollectTarget>& targets,
                                    ObservationSink& sink, const CollectControl& control) override;

  PortCollectorOptions options_;
  std::unique_ptr<scan::Engine> engine_;
  std::unique_ptr<scan::Engine> fallback_;
  std::deque<scan::KeptTable> kept_;  // of the latest collection that resumes
};

}  // namespace lockstep
