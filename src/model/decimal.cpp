#include "model/decimal.h"

#include <algorithm>
#include <limits>

namespace lockstep {

std::string_view without_leading_zeros(std::string_view digits) {
  const std::size_t first = digits.find_first_not_of('0');
  return digits.substr(std::min(first, digits.size() - 1));
}

bool decimal_less(std::string_view a, std::string_view b) {
  a = without_leading_zeros(a);
  b = without_leading_zeros(b);
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::uint64_t decimal_distance(std::string_view first, std::string_view last) {
  std::string difference(without_leading_zeros(last));
  first = without_leading_zeros(first);
  int borrow = 0;
  for (std::size_t i = 0; i < difference.size(); ++i) {
    char& digit = difference[difference.size() - 1 - i];
    const int other = i < first.size() ? first[first.size() - 1 - i] - '0' : 0;
    int value = digit - '0' - other - borrow;
    borrow = value < 0 ? 1 : 0;
    value += 10 * borrow;
    digit = static_cast<char>('0' + value);
  }
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t result = 0;
  for (const char digit : difference) {
    const auto value = static_cast<std::uint64_t>(digit - '0');
    if (result > (kMax - value) / 10) return kMax;
    result = result * 10 + value;
  }
  return result;
}

void decimal_add(std::string& digits, std::uint64_t amount) {
  std::uint64_t carry = amount;
  for (std::size_t i = digits.size(); i-- > 0 && carry != 0;) {
    carry += static_cast<std::uint64_t>(digits[i] - '0');
    digits[i] = static_cast<char>('0' + carry % 10);
    carry /= 10;
  }
  if (carry != 0) digits.insert(0, std::to_string(carry));
}

bool decimal_follows(std::string_view digits, std::string_view next) {
  const std::size_t turning = digits.find_last_not_of('9');
  if (turning == std::string_view::npos) {
    return next.size() == digits.size() + 1 && next[0] == '1' &&
           next.find_first_not_of('0', 1) == std::string_view::npos;
  }
  return next.size() == digits.size() && next.substr(0, turning) == digits.substr(0, turning) &&
         next[turning] == digits[turning] + 1 &&
         next.find_first_not_of('0', turning + 1) == std::string_view::npos;
}

}  // namespace lockstep
