#include "scan/passes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <tuple>
#include <utility>

#include "scan/rates.h"

namespace lockstep::scan {
namespace {

/// What an address that has never answered is asked in each pass after the first.
constexpr std::size_t kSilentSample = 256;

/// A pass is worth its while where it is expected to find this many ports.
constexpr double kWorthwhile = 0.001;

template <typename T>
void shuffle(std::vector<T>& values, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::shuffle(values.begin(), values.end(), random);
}

std::chrono::nanoseconds period_of(double rate) {
  if (rate == std::numeric_limits<double>::infinity()) return std::chrono::nanoseconds(0);
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::ceil(1e9 / rate)));
}

}  // namespace

Passes::Passes(const Plan& plan, const ResultTable& table, std::vector<std::uint32_t> targets,
               bool sentinels)
    : plan_(plan),
      table_(table),
      active_(std::move(targets)),
      // The rate of datagrams has a bound of its own.
      slows_down_(!sentinels && plan.protocol == Protocol::tcp),
      rate_(plan.rate) {
  resume();
}

/// Where an earlier process has begun: the pass that it was in, for those that were in it.
void Passes::resume() {
  const auto passes_of = [&](std::uint32_t target) {
    return table_.target(target).passes.load(std::memory_order_relaxed);
  };
  // What was left before it was begun does not begin now.
  std::erase_if(active_, [&](std::uint32_t target) { return table_.is_left(target); });
  unsigned begun = 0;
  for (const std::uint32_t target : active_) begun = std::max(begun, passes_of(target));
  if (begun == 0) return;
  resumes_ = true;
  const auto not_begun = [&](std::uint32_t target) { return passes_of(target) == 0; };
  if (begun > 1 && std::ranges::any_of(active_, not_begun)) {
    // Somebody was out of reach then, and has to be asked everything first.
    for (const std::uint32_t target : active_) {
      TargetCounters& counters = table_.target(target);
      counters.asked = counters.answered.load();
    }
    begun = 1;
  }
  number_ = begun - 1;
  // Those in the pass before may have been about to be taken into this one.
  std::erase_if(active_, [&](std::uint32_t target) { return passes_of(target) < number_; });
}

std::optional<Pass> Passes::next(std::chrono::nanoseconds took) {
  if (number_ > 0 && !resumes_ && slows_down_) slow_down(took);
  ++number_;
  choose_targets();
  if (active_.empty()) return {};
  Pass pass{.number = number_, .ports = {}, .lanes = {}, .probes = 0, .quiet = quiet()};
  make_lanes(pass, choose_ports(pass));
  asked_in_pass_ = pass.probes;
  RunCounters& run = table_.run();
  run.pass.store(number_, std::memory_order_relaxed);
  run.planned.store(pass.probes, std::memory_order_relaxed);
  run.pass_sent.store(0, std::memory_order_relaxed);
  resumes_ = false;
  return pass;
}

/// Services answer datagrams when they come to it, and what comes later than its pass still counts:
/// only the last that is certain has to wait for them.
std::chrono::nanoseconds Passes::quiet() const {
  constexpr std::chrono::nanoseconds kShort = std::chrono::milliseconds(150);
  const bool more = plan_.protocol == Protocol::udp && number_ < plan_.tries;
  return more ? std::min(plan_.quiet_time, kShort) : plan_.quiet_time;
}

bool Passes::settled(std::chrono::nanoseconds sending) const {
  return std::all_of(active_.begin(), active_.end(), [&](std::uint32_t target) {
    return unanswered(target) == 0 || table_.is_left(target) || retry_is_due(target, sending);
  });
}

/// Whether the next pass asks a silent address, and only what this one asked in its first half,
/// which is longer ago than an answer takes.
bool Passes::retry_is_due(std::uint32_t target, std::chrono::nanoseconds sending) const {
  return plan_.protocol == Protocol::tcp && number_ == 1 && plan_.tries > 1 &&
         plan_.max_tries > 1 && sending >= 2 * plan_.quiet_time &&
         plan_.ports_of(target).size() >= 2 * kSilentSample && table_.target(target).answered == 0;
}

std::uint32_t Passes::unanswered(std::uint32_t target) const {
  const auto answered = table_.target(target).answered.load(std::memory_order_acquire);
  return static_cast<std::uint32_t>(plan_.ports_of(target).size()) - answered;
}

std::uint32_t Passes::answered_itself(std::uint32_t target) const {
  const TargetCounters& counters = table_.target(target);
  return counters.answered.load(std::memory_order_acquire) -
         counters.unreachable.load(std::memory_order_relaxed);
}

/// How many ports of `target` that would answer have not in any pass so far: each was lost every
/// time, with the share of those that were lost the first time.
double Passes::expected_losses(std::uint32_t target) const {
  const double answered = answered_itself(target);
  if (answered == 0) return 0;
  // Few answers tell little: as many as these of the mean address are added to them.
  constexpr double kPrior = 20;
  const double late = answered - table_.target(target).answered_first;
  const double loss = (late + kPrior * loss_) / (answered + kPrior);
  return answered * std::pow(loss, number_ - 1);
}

void Passes::estimate_loss() {
  double answered = 0;
  double late = 0;
  for (std::uint32_t target = 0; target < plan_.targets.size(); ++target) {
    if (table_.target(target).passes < 2) continue;
    answered += answered_itself(target);
    late += answered_itself(target) - table_.target(target).answered_first;
  }
  loss_ = answered > 0 ? late / answered : 0;
}

bool Passes::worth_asking(std::uint32_t target) const {
  if (table_.is_left(target)) return false;
  if (number_ == 1) return true;
  if (resumes_) return unanswered(target) > 0;
  if (unanswered(target) == 0 || number_ > plan_.max_tries) return false;
  if (number_ <= plan_.tries) return true;
  // One pass alone cannot tell loss from a filter.
  return number_ > 2 && (answered_itself(target) > table_.target(target).answered_before ||
                         expected_losses(target) > kWorthwhile);
}

/// What is still silent where a pass of datagrams brought answers to the end: not proven silent.
void Passes::note_suppressed(std::uint32_t target) const {
  const bool limited = plan_.protocol == Protocol::udp && plan_.icmp_limit && number_ > 1 &&
                       unanswered(target) > 0 &&
                       answered_itself(target) > table_.target(target).answered_before;
  if (limited)
    table_.target(target).suppressed.store(unanswered(target), std::memory_order_relaxed);
}

void Passes::choose_targets() {
  estimate_loss();
  std::erase_if(active_, [&](std::uint32_t target) {
    if (worth_asking(target)) return false;
    note_suppressed(target);
    return true;
  });
  for (const std::uint32_t target : active_) {
    TargetCounters& counters = table_.target(target);
    if (counters.passes.load(std::memory_order_relaxed) < number_) {
      counters.answered_before = answered_itself(target);
      if (number_ == 2) counters.answered_first = counters.answered_before.load();
    }
    counters.passes.store(number_, std::memory_order_relaxed);
    counters.status.store(TargetStatus::asked, std::memory_order_relaxed);
  }
}

/// In later passes, the ports that nobody needs any more are left out, so that a walk need not
/// skip over them address by address.
Passes::PortsOfShares Passes::choose_ports(Pass& pass) const {
  PortsOfShares shares;
  for (const std::uint32_t target : active_) {
    shares.try_emplace({plan_.targets[target].first, plan_.targets[target].count});
  }
  for (auto& [share, ports] : shares) ports = choose_ports(share, pass);
  return shares;
}

Passes::PassPorts Passes::choose_ports(const Share& share, Pass& pass) const {
  PlanTarget any;
  std::tie(any.first, any.count) = share;
  const std::span<const Port> all = plan_.ports_of(any);
  std::vector<Port> ports(all.begin(), all.end());
  if (number_ > 1) {
    PortSet wanted;
    for (const std::uint32_t target : active_) {
      if (table_.run().stop) break;  // nothing will be asked; the largest plan takes a while here
      if (Share{plan_.targets[target].first, plan_.targets[target].count} != share) continue;
      for (const Port port : ports) {
        if (table_.answer(target, port) == Answer::none) wanted.insert(port);
      }
    }
    std::erase_if(ports, [&](Port port) { return !wanted.contains(port); });
  }
  shuffle(ports, plan_.seed + number_);
  if (number_ == 2) ask_earliest_first(all, ports);
  const PassPorts place{pass.ports.size(), ports.size()};
  pass.ports.insert(pass.ports.end(), ports.begin(), ports.end());
  return place;
}

/// Moves a sample of `ports` to the front: what pass 1 asked first of `all`.
void Passes::ask_earliest_first(std::span<const Port> all, std::vector<Port>& ports) const {
  std::vector<Port> before(all.begin(), all.end());
  shuffle(before, plan_.seed + 1);
  before.resize(std::min(kSilentSample, before.size()));
  PortSet earliest;
  for (const Port port : before) earliest.insert(port);
  std::ranges::partition(ports, [&](Port port) { return earliest.contains(port); });
}

void Passes::make_lanes(Pass& pass, const PortsOfShares& ports_of) const {
  const std::vector<double> rates = allocate_rates(plan_, active_, rate_);
  std::map<std::tuple<double, std::size_t, std::size_t, bool, std::uint32_t>, Lane> lanes;
  for (std::size_t i = 0; i < active_.size(); ++i) {
    const std::uint32_t target = active_[i];
    const bool silent = number_ > 1 && table_.target(target).answered == 0;
    const PassPorts& share =
        ports_of.at({plan_.targets[target].first, plan_.targets[target].count});
    const std::size_t ports = silent ? std::min(kSilentSample, share.count) : share.count;
    const bool v4 = plan_.targets[target].address.is_v4();
    Lane& lane = lanes[{rates[i], share.first, ports, v4, group_apart(target)}];
    lane.first_port = share.first;
    lane.period = period_of(rates[i]);
    if (plan_.protocol == Protocol::udp && plan_.icmp_limit) {
      limit(lane, v4);
    } else if (number_ > 1) {
      const auto own = period_of(plan_.targets[target].rate.value());
      lane.least_period = std::max(own, lane.least_period.value_or(own));
    }
    lane.ports = ports;
    lane.lag = std::min(lane.lag, most_lag(lane.period, plan_.targets[target].rate));
    // Pass 1 may have ended just now.
    if (silent && number_ == 2) lane.offset = std::min(lane.period, plan_.quiet_time);
    lane.targets.push_back(target);
    pass.probes += silent ? ports : unanswered(target);
  }
  std::size_t place = 0;
  for (auto& [rate, lane] : lanes) {
    shuffle(lane.targets, plan_.seed ^ number_);
    if (ports_of.size() > 1) lane.offset += lane.period * place++ / lanes.size();
    pass.lanes.push_back(std::move(lane));
  }
}

/// In later passes the addresses of a lane share its rate (Lane::least_period): where their group
/// has a cap, none of another are among them.
std::uint32_t Passes::group_apart(std::uint32_t target) const {
  const std::uint32_t group = plan_.targets[target].group;
  const bool capped =
      number_ > 1 && group != PlanTarget::kNoGroup && !plan_.group_rates[group].is_unlimited();
  return capped ? group : PlanTarget::kNoGroup;
}

/// Answers by ICMP come no faster than the limit of the host for each address that asks, and those
/// of all together no faster than a thousand a second.
void Passes::limit(Lane& lane, bool v4) const {
  constexpr std::chrono::milliseconds kTogether(2);
  constexpr double kMargin = 1.004;  // the kernel counts in ticks
  const auto sources =
      std::max<std::ptrdiff_t>(1, std::ranges::count(plan_.sources, v4, &IpAddress::is_v4));
  const double rate = plan_.icmp_limit->per_second * static_cast<double>(sources) / kMargin;
  lane.burst_period = std::max<std::chrono::nanoseconds>(lane.period, kTogether);
  lane.period = std::max(lane.period, period_of(rate));
  if (number_ == 1)
    lane.burst = (plan_.icmp_limit->burst - 1) * static_cast<std::uint64_t>(sources);
}

/// Halves an unlimited rate where a pass lost more than a twentieth of the answers that it and the
/// next one got. What neither got may be filtered, and says nothing. Loss that half the rate does
/// not change is not of our making, and the rate is given back.
void Passes::slow_down(std::chrono::nanoseconds took) {
  constexpr double kTolerated = 0.05;
  constexpr double kLessLoss = 0.6;
  std::uint64_t gained = 0;
  for (const std::uint32_t target : active_) {
    gained += answered_itself(target) - table_.target(target).answered_before;
  }
  const std::uint64_t before = std::exchange(gained_before_, gained);
  if (number_ < 2 || gained == 0 || took.count() <= 0) return;
  const double loss = static_cast<double>(gained) / static_cast<double>(before + gained);
  if (loss <= kTolerated) return;
  if (loss > loss_before_ * kLessLoss && loss_before_ < 1) {
    slows_down_ = false;
    rate_ = plan_.rate;
    return;
  }
  loss_before_ = loss;
  const double reached =
      static_cast<double>(asked_in_pass_) * 1e9 / static_cast<double>(took.count());
  rate_ = std::min(rate_, PacketsPerSecond(std::max(reached / 2, 1000.0)));
}

}  // namespace lockstep::scan
