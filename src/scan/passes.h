// Which probes a pass asks again, and when to stop asking.
//
// Pass 1 asks everything. Each later pass asks only what is unanswered, on addresses where it can
// still change the result: up to Plan::tries passes, and beyond that, up to Plan::max_tries, while
// the silence may be loss and not a filter. It may where the pass before brought answers, and where
// the loss so far, which the ports that answered late give away, makes it likely that one of the
// silent ports has merely been unlucky each time; of an address behind a filter too few answer to
// tell, so that the loss of all counts as well. ICMP errors say nothing of loss of TCP: hosts
// limit them to one a second. An address that has never answered is asked a sample only, so that a
// dead host costs little: in pass 2 what pass 1 asked first, so that nobody has to wait for the
// last of its answers.
//
// A closed UDP port answers by ICMP alone, so that datagrams go no faster than the limit of the
// host for each address that asks. What is silent when a pass no longer brings anything is
// open|filtered; what is silent when the last pass still did may have been suppressed, and counts
// as such.

#pragma once

#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "scan/plan.h"
#include "scan/walk.h"

namespace lockstep::scan {

class Passes {
 public:
  /// `targets`: indices of the plan's targets that can be asked. Plan and table outlive this. Where
  /// the table has seen a pass already, that pass goes on.
  /// `sentinels`: the engine has some, which find the right rate within a pass.
  Passes(const Plan& plan, const ResultTable& table, std::vector<std::uint32_t> targets,
         bool sentinels = false);

  /// The next pass, or none when nothing is left that asking again could tell. `took` is how long
  /// the pass before lasted (unused for the first): where the rate is unlimited and answers were
  /// lost, the next pass goes at half of what was reached.
  std::optional<Pass> next(std::chrono::nanoseconds took);

  /// Whether nothing is worth waiting for in the pass just begun, whose probes took `sending` to
  /// send: every one is answered, but for those of addresses that are left, and of those that have
  /// never answered and are asked again at once.
  bool settled(std::chrono::nanoseconds sending) const;

 private:
  void resume();
  bool retry_is_due(std::uint32_t target, std::chrono::nanoseconds sending) const;
  std::uint32_t unanswered(std::uint32_t target) const;
  std::uint32_t answered_itself(std::uint32_t target) const;
  double expected_losses(std::uint32_t target) const;
  void estimate_loss();
  bool worth_asking(std::uint32_t target) const;
  std::chrono::nanoseconds quiet() const;
  void note_suppressed(std::uint32_t target) const;
  void choose_targets();
  /// Where a share of the plan's ports is in those of a pass: index and count.
  using Share = std::pair<std::uint32_t, std::uint32_t>;
  struct PassPorts {
    std::size_t first = 0;
    std::size_t count = 0;
  };
  using PortsOfShares = std::map<Share, PassPorts>;

  PortsOfShares choose_ports(Pass& pass) const;
  PassPorts choose_ports(const Share& share, Pass& pass) const;
  void ask_earliest_first(std::span<const Port> all, std::vector<Port>& ports) const;
  std::uint32_t group_apart(std::uint32_t target) const;
  void make_lanes(Pass& pass, const PortsOfShares& ports) const;
  void limit(Lane& lane, bool v4) const;
  void slow_down(std::chrono::nanoseconds took);

  const Plan& plan_;
  const ResultTable& table_;
  unsigned number_ = 0;
  std::vector<std::uint32_t> active_;
  bool slows_down_;
  double loss_ = 0;         // of a probe, over all targets that were asked twice
  double loss_before_ = 1;  // of the pass for which it slowed down
  bool resumes_ = false;    // the pass that comes first was begun by an earlier process
  std::uint64_t asked_in_pass_ = 0;
  std::uint64_t gained_before_ = 0;  // answers in the pass before the latest
  PacketsPerSecond rate_;
};

}  // namespace lockstep::scan
