// What a collector measured of a node that is no port: a number or a text, by name.

#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include "model/observation.h"

namespace lockstep {

/// A number is finite.
using Value = std::variant<double, std::string>;

/// The longest name of a value, and the longest text of one, in bytes; the most values of a node
/// that one round of one instance may report.
inline constexpr std::size_t kMaxValueNameBytes = 100;
inline constexpr std::size_t kMaxValueTextBytes = 1024;
inline constexpr std::size_t kMaxValuesANode = 1000;

/// One value of one node, as one plug-in instance saw it. The text is a stranger's: quoted() before
/// a person sees it.
struct ValueObservation {
  std::string node;
  std::string instance;
  std::string name;  ///< 1 to kMaxValueNameBytes of A-Z a-z 0-9 . _ - / : [ ]
  Value value;
  std::string unit{};  ///< "byte", "1/s"; may be empty

  friend auto operator<=>(const ValueObservation&, const ValueObservation&) = default;
};

/// The latest of its node, instance and name.
struct ValueFact {
  ValueObservation seen;
  WallTime at{};  ///< whole seconds

  friend bool operator==(const ValueFact&, const ValueFact&) = default;
};

}  // namespace lockstep
