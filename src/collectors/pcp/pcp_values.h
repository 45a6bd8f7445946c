// Names and rates of metrics, as Lockstep shows them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/value.h"

namespace lockstep::pcp {

/// The default: load, processors, memory, swap, network, disks, processes.
const std::vector<std::string>& default_metrics();

inline constexpr std::size_t kMostMetrics = 200;
inline constexpr std::size_t kMostMetricBytes = 80;

/// Letters, digits, `_` and `.` (pmns(5)), at most kMostMetricBytes.
bool is_metric_name(std::string_view text);

/// What was measured of a node in one round; ValueObservation without who it was.
struct Measured {
  std::string name;
  Value value;
  std::string unit{};

  friend bool operator==(const Measured&, const Measured&) = default;
};

/// "kernel.all.load[1_minute]": whatever a name of a value may not hold becomes `_`, and what is
/// too long is cut. Without an instance the metric alone.
std::string value_name(std::string_view metric, std::string_view instance = {});

/// That `name` is a value's name, and one of the metric `metric`.
bool is_value_of(std::string_view name, std::string_view metric);

/// Counters to rates: each needs the round before.
class CounterTable {
 public:
  /// A counter that went back (the node started anew, or 32 bits are full), a clock that did not go
  /// on, and the first time give nothing. Whole numbers are subtracted as such: as a double the
  /// bytes of a year lose their last ones. `at`: seconds, by the node's clock.
  std::optional<double> rate(std::size_t metric, int instance, std::uint64_t count, double at);
  std::optional<double> rate(std::size_t metric, int instance, double count, double at);

  /// What was not counted in the round that ends is forgotten.
  void end_round();

 private:
  struct Seen {
    std::uint64_t whole = 0;
    double real = 0;
    double at = 0;
  };
  /// What was there before, and the new one in its place.
  std::optional<Seen> exchange(std::size_t metric, int instance, const Seen& now);

  using Place = std::pair<std::size_t, int>;
  std::map<Place, Seen> before_;
  std::map<Place, Seen> now_;
};

}  // namespace lockstep::pcp
