#include "analysis/value_clones.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/text.h"
#include "profiles/value_rule.h"

namespace lockstep {
namespace {

/// Of ascending numbers, at least one.
double median_of(const std::vector<double>& numbers) {
  const std::size_t half = numbers.size() / 2;
  if (numbers.size() % 2 == 1) return numbers[half];
  return std::midpoint(numbers[half - 1], numbers[half]);
}

bool is_usual_share(std::size_t holders, std::size_t all) {
  return static_cast<double>(holders) >= kUsualShare * static_cast<double>(all);
}

/// A text, or a whole number that somebody could have counted.
bool is_comparable_exactly(const Value& value) {
  const double* const number = std::get_if<double>(&value);
  return number == nullptr || (std::trunc(*number) == *number && std::fabs(*number) <= kMostSmall);
}

}  // namespace

void ValueClones::add(const Value& value) {
  ++count_;
  ++holders_[value];
  if (const double* const number = std::get_if<double>(&value)) numbers_.push_back(*number);
}

void ValueClones::close() {
  const auto most =
      std::ranges::max_element(holders_, {}, [](const auto& each) { return each.second; });
  if (most != holders_.end()) most_ = &most->first;
  if (numbers_.empty()) return;
  std::ranges::sort(numbers_);
  median_ = median_of(numbers_);
  std::vector<double> deviations;
  deviations.reserve(numbers_.size());
  for (const double number : numbers_) deviations.push_back(std::fabs(number - median_));
  std::ranges::sort(deviations);
  const double spread = median_of(deviations) / kMadOfNormal;
  reach_ = kOutlierScore * std::max(spread, kLeastSpread * std::fabs(median_));
}

/// What is usual among the others of a node that has `value`; null: nothing.
const Value* ValueClones::usual_without(const Value& value) const {
  const std::size_t holders = holders_.at(*most_) - (*most_ == value ? 1 : 0);
  return is_usual_share(holders, count_ - 1) ? most_ : nullptr;
}

bool ValueClones::is_text_among_numbers(const Value& value) const {
  return std::holds_alternative<std::string>(value) && is_usual_share(numbers_.size(), count_ - 1);
}

std::optional<bool> ValueClones::fits(const Value& value) const {
  if (count_ < kLeastOthers + 1) return {};
  const Value* const usual = usual_without(value);
  if (usual != nullptr && is_comparable_exactly(*usual)) return *usual == value;
  if (is_text_among_numbers(value)) return false;
  const double* const number = std::get_if<double>(&value);
  if (number == nullptr || numbers_.size() < kLeastOthers + 1) return {};
  return std::fabs(*number - median_) <= reach_;
}

std::string ValueClones::described() const {
  if (most_ == nullptr) return "";
  const std::size_t holders = holders_.at(*most_);
  const bool exactly = is_comparable_exactly(*most_) && is_usual_share(holders, count_ - 1);
  if (!exactly && numbers_.size() * 2 > count_) {
    const auto within = std::ranges::count_if(
        numbers_, [&](double each) { return std::fabs(each - median_) <= reach_; });
    return fmt::format("median {:.6g}, {} of {} within {:.6g}..{:.6g}", median_, within, count_,
                       median_ - reach_, median_ + reach_);
  }
  const bool text = std::holds_alternative<std::string>(*most_);
  return fmt::format("{} of {} have {}", holders, count_,
                     text ? quoted(to_text(*most_)) : to_text(*most_));
}

}  // namespace lockstep
