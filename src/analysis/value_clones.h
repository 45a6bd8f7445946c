// What the nodes of a class have of one value: what is usual there, and what is far from it.
//
// Whole numbers up to kMostSmall and texts: the value that at least kUsualShare of the others have
// is the usual one, and any other deviates. Other numbers, and those of which none is usual: x
// deviates where
//
//   |x - median| > 3.5 * max(MAD / 0.6745, kLeastSpread * |median|)
//
// with the median and the median absolute deviation over all nodes of the class. That is the
// modified z-score and its limit of Iglewicz and Hoaglin, "How to Detect and Handle Outliers"
// (1993), which NIST's handbook recommends too (1.3.5.17); up to half of the nodes may be wrong
// without moving it. The floor is ours: where most nodes have the same number, the slightest
// difference would count.
//
// Either needs kLeastOthers nodes besides the one that is judged.

#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/value.h"

namespace lockstep {

inline constexpr std::size_t kLeastOthers = 4;
inline constexpr double kUsualShare = 0.9;
inline constexpr double kMostSmall = 1000;
inline constexpr double kOutlierScore = 3.5;
inline constexpr double kMadOfNormal = 0.6745;  ///< of a normal distribution with deviation 1
inline constexpr double kLeastSpread = 0.01;

class ValueClones {
 public:
  ValueClones() = default;
  ValueClones(const ValueClones&) = delete;
  ValueClones& operator=(const ValueClones&) = delete;

  /// Of one node each.
  void add(const Value& value);
  /// Once, after the last add().
  void close();

  std::size_t size() const { return count_; }
  /// Whether the value of a node, which was added, is as the others'; nothing: too few have it, or
  /// they have nothing in common that tells.
  std::optional<bool> fits(const Value& value) const;
  /// For a person: "39 of 40 have \"6.1\"", "median 512, 39 of 40 within 494..530".
  std::string described() const;

 private:
  const Value* usual_without(const Value& value) const;
  bool is_text_among_numbers(const Value& value) const;

  std::size_t count_ = 0;
  std::map<Value, std::size_t> holders_;
  const Value* most_ = nullptr;  // the value that most have, once closed
  std::vector<double> numbers_;  // ascending, once closed
  double median_ = 0;
  double reach_ = 0;  // how far from the median is not far
};

}  // namespace lockstep
