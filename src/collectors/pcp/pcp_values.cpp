#include "collectors/pcp/pcp_values.h"

#include <algorithm>
#include <cmath>

namespace lockstep::pcp {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
/// As in ValueObservation::name, but for the brackets, which are ours.
bool may_stand_in_instance(char c) {
  return is_letter(c) || is_digit(c) || std::string_view("._-/:").find(c) != std::string_view::npos;
}

std::optional<double> per_second(double difference, double seconds) {
  if (!(seconds > 0)) return {};
  const double rate = difference / seconds;
  if (!std::isfinite(rate) || rate < 0) return {};
  return rate;
}

}  // namespace

const std::vector<std::string>& default_metrics() {
  static const std::vector<std::string> metrics = {
      "hinv.ncpu",
      "kernel.all.load",
      "kernel.all.nprocs",
      "kernel.all.runnable",
      "kernel.all.blocked",
      "kernel.all.nusers",
      "kernel.all.uptime",
      "kernel.all.cpu.user",
      "kernel.all.cpu.sys",
      "kernel.all.cpu.idle",
      "kernel.all.cpu.wait.total",
      "kernel.all.cpu.steal",
      "kernel.all.pswitch",
      "mem.physmem",
      "mem.util.available",
      "mem.util.free",
      "mem.util.dirty",
      "mem.util.slab",
      "mem.vmstat.oom_kill",
      "swap.used",
      "swap.pagesin",
      "swap.pagesout",
      "network.interface.in.bytes",
      "network.interface.in.errors",
      "network.interface.in.drops",
      "network.interface.out.bytes",
      "network.interface.out.errors",
      "network.interface.out.drops",
      "network.tcp.currestab",
      "network.tcp.retranssegs",
      "disk.all.read_bytes",
      "disk.all.write_bytes",
  };
  return metrics;
}

bool is_metric_name(std::string_view text) {
  return !text.empty() && text.size() <= kMostMetricBytes && is_letter(text.front()) &&
         text.back() != '.' && std::ranges::all_of(text, [](char c) {
           return is_letter(c) || is_digit(c) || c == '_' || c == '.';
         });
}

std::string value_name(std::string_view metric, std::string_view instance) {
  std::string name(metric);
  if (instance.empty()) return name;
  // Both brackets have their place.
  const std::size_t room = kMaxValueNameBytes - std::min(metric.size() + 2, kMaxValueNameBytes);
  name += '[';
  for (const char c : instance.substr(0, room)) name += may_stand_in_instance(c) ? c : '_';
  name += ']';
  return name;
}

bool is_value_of(std::string_view name, std::string_view metric) {
  if (!name.starts_with(metric) || name.size() > kMaxValueNameBytes) return false;
  const std::string_view rest = name.substr(metric.size());
  if (rest.empty()) return true;
  return rest.size() > 2 && rest.front() == '[' && rest.back() == ']' &&
         std::ranges::all_of(rest.substr(1, rest.size() - 2), may_stand_in_instance);
}

std::optional<CounterTable::Seen> CounterTable::exchange(std::size_t metric, int instance,
                                                         const Seen& now) {
  now_[{metric, instance}] = now;
  const auto found = before_.find({metric, instance});
  if (found == before_.end()) return {};
  return found->second;
}

std::optional<double> CounterTable::rate(std::size_t metric, int instance, std::uint64_t count,
                                         double at) {
  const auto before = exchange(metric, instance, {.whole = count, .real = 0, .at = at});
  if (!before || count < before->whole) return {};
  return per_second(static_cast<double>(count - before->whole), at - before->at);
}

std::optional<double> CounterTable::rate(std::size_t metric, int instance, double count,
                                         double at) {
  const auto before = exchange(metric, instance, {.whole = 0, .real = count, .at = at});
  if (!before) return {};
  return per_second(count - before->real, at - before->at);
}

void CounterTable::end_round() {
  before_ = std::exchange(now_, {});
}

}  // namespace lockstep::pcp
