#include "model/decimal.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>

namespace lockstep {
namespace {

TEST(Decimal, LeadingZerosDoNotCountInComparisons) {
  EXPECT_EQ(without_leading_zeros("0007"), "7");
  EXPECT_EQ(without_leading_zeros("000"), "0");
  EXPECT_TRUE(decimal_less("009", "10"));
  EXPECT_FALSE(decimal_less("010", "10"));
  EXPECT_FALSE(decimal_less("10", "9"));
}

TEST(Decimal, NumbersBeyondAnyIntegerTypeAreExact) {
  EXPECT_EQ(decimal_distance("99999999999999999999998", "100000000000000000000003"), 5U);
  EXPECT_EQ(decimal_distance("0", "99999999999999999999999"),
            std::numeric_limits<std::uint64_t>::max());
  std::string digits = "99999999999999999999999";
  decimal_add(digits, 2);
  EXPECT_EQ(digits, "100000000000000000000001");
}

TEST(Decimal, PaddingIsKeptWhereTheDigitsSuffice) {
  std::string digits = "0099";
  decimal_add(digits, 1);
  EXPECT_EQ(digits, "0100");
  EXPECT_TRUE(decimal_follows("0099", "0100"));
  EXPECT_FALSE(decimal_follows("0099", "100"));
  EXPECT_TRUE(decimal_follows("99", "100"));
  EXPECT_FALSE(decimal_follows("99", "0100"));
  EXPECT_FALSE(decimal_follows("5", "7"));
}

TEST(Decimal, AgreesWithIntegers) {
  EXPECT_TRUE(rc::check([](std::uint32_t number, std::uint32_t amount) {
    const std::uint64_t sum = std::uint64_t{number} + amount;
    std::string digits = std::to_string(number);
    decimal_add(digits, amount);
    RC_ASSERT(digits == std::to_string(sum));
    RC_ASSERT(decimal_distance(std::to_string(number), digits) == amount);
    RC_ASSERT(decimal_follows(std::to_string(number), digits) == (amount == 1));
    RC_ASSERT(decimal_less(std::to_string(number), std::to_string(amount)) == (number < amount));
  }));
}

}  // namespace
}  // namespace lockstep
