// Arithmetic on numbers kept as decimal text.
//
// The indexes of node names are text: their zeros count ("01" is not "1"), and serial numbers or
// MAC addresses in names have more digits than any integer type. So they are never converted.
// Every argument consists of the digits 0 to 9, at least one of them.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lockstep {

/// `digits` without leading zeros; one zero stays of "000".
std::string_view without_leading_zeros(std::string_view digits);

/// Whether the number `a` is less than the number `b`; zeros in front change nothing.
bool decimal_less(std::string_view a, std::string_view b);

/// `last` - `first`, saturating at 2^64 - 1. Only for first <= last.
std::uint64_t decimal_distance(std::string_view first, std::string_view last);

/// Adds `amount` (at most 10^18) in place. The text grows only where its digits do not suffice:
/// "099" + 1 is "100", "99" + 1 is "100".
void decimal_add(std::string& digits, std::uint64_t amount);

/// Whether `next` is the text of `digits` + 1 as decimal_add() writes it.
bool decimal_follows(std::string_view digits, std::string_view next);

}  // namespace lockstep
