#include "base/ip_address.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>

namespace lockstep {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

IpAddress address(std::string_view text) {
  return IpAddress::parse(text).value();
}

rc::Gen<IpAddress> any_v4() {
  return rc::gen::map(rc::gen::arbitrary<std::uint32_t>(),
                      [](std::uint32_t number) { return IpAddress::v4(number); });
}

/// No IPv4-mapped ones: their text means the IPv4 address.
rc::Gen<IpAddress> any_v6() {
  return rc::gen::map(rc::gen::arbitrary<IpAddress::V6Bytes>(), [](IpAddress::V6Bytes bytes) {
    bytes[0] |= 0x20;
    return IpAddress::v6(bytes);
  });
}

rc::Gen<IpAddress> any_address() {
  return rc::gen::oneOf(any_v4(), any_v6());
}

TEST(IpAddress, Parses) {
  const struct {
    const char* description;
    const char* text;
    const char* canonical;
  } kRows[] = {
      {"IPv4", "198.18.0.1", "198.18.0.1"},
      {"the ends of IPv4", "255.255.255.255", "255.255.255.255"},
      {"IPv6", "fd00:0:0:0:0:0:0:1", "fd00::1"},
      {"IPv6 in capitals", "FD00::AB", "fd00::ab"},
      {"unspecified", "::", "::"},
      {"mapped IPv4 is IPv4", "::ffff:198.18.0.1", "198.18.0.1"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto parsed = IpAddress::parse(row.text);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
    EXPECT_EQ(parsed->to_string(), row.canonical);
  }
}

TEST(IpAddress, Refuses) {
  const struct {
    const char* description;
    std::string text;
  } kRows[] = {
      {"empty", ""},
      {"a name", "node001"},
      {"three parts", "198.18.1"},
      {"a part too large", "198.18.0.256"},
      {"octal in disguise", "198.18.0.010"},
      {"space", " 198.18.0.1"},
      {"a scope", "fe80::1%eth0"},
      {"two gaps", "fd00::1::2"},
      {"a zero byte and a tail", std::string("198.18.0.1\0.evil", 16)},
      {"a tail beyond any address", "198.18.0.1" + std::string(100, ' ')},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto parsed = IpAddress::parse(row.text);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().kind(), ErrorKind::invalid);
  }
}

TEST(IpAddress, KnowsItsKind) {
  EXPECT_EQ(address("198.18.0.1").v4_number(), 0xc6120001U);
  EXPECT_TRUE(address("127.255.0.3").is_loopback());
  EXPECT_TRUE(address("::1").is_loopback());
  EXPECT_FALSE(address("128.0.0.1").is_loopback());
  EXPECT_FALSE(address("::2").is_loopback());
  EXPECT_LT(address("255.255.255.255"), address("::"));
  EXPECT_LT(address("198.18.0.9"), address("198.18.0.10"));
}

TEST(IpAddress, Adds) {
  const struct {
    const char* description;
    const char* from;
    std::uint64_t offset;
    const char* to;
  } kRows[] = {
      {"nothing", "198.18.0.1", 0, "198.18.0.1"},
      {"over an octet", "198.18.0.255", 1, "198.18.1.0"},
      {"wraps at the end of IPv4", "255.255.255.255", 2, "0.0.0.1"},
      {"over a group", "fd00::ffff", 1, "fd00::1:0"},
      {"the largest offset", "fd00::1", kMost, "fd00:0:0:1::"},
      {"wraps at the end of IPv6", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1, "::"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    EXPECT_EQ(address(row.from).plus(row.offset).to_string(), row.to);
  }
}

RC_GTEST_PROP(IpAddress, ReadsWhatItWrites, ()) {
  const IpAddress original = *any_address();
  const auto read = IpAddress::parse(original.to_string());
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == original);
  RC_ASSERT(std::hash<IpAddress>{}(*read) == std::hash<IpAddress>{}(original));
}

TEST(Prefix, Parses) {
  const struct {
    const char* description;
    const char* text;
    const char* canonical;
    const char* last;
  } kRows[] = {
      {"IPv4", "198.18.0.0/15", "198.18.0.0/15", "198.19.255.255"},
      {"everything of IPv4", "0.0.0.0/0", "0.0.0.0/0", "255.255.255.255"},
      {"a bare address", "198.18.0.1", "198.18.0.1/32", "198.18.0.1"},
      {"IPv6", "fd00::/8", "fd00::/8", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"a bare IPv6 address", "fd00::1", "fd00::1/128", "fd00::1"},
      {"mapped IPv4, its length counted in IPv6", "::ffff:198.18.0.0/111", "198.18.0.0/15",
       "198.19.255.255"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto parsed = Prefix::parse(row.text);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
    EXPECT_EQ(parsed->to_string(), row.canonical);
    EXPECT_EQ(parsed->last().to_string(), row.last);
  }
}

TEST(Prefix, Refuses) {
  const struct {
    const char* description;
    const char* text;
    const char* says;
  } kRows[] = {
      {"no length", "198.18.0.0/", "0 to 32"},
      {"a length too large", "198.18.0.0/33", "0 to 32"},
      {"a length too large for IPv6", "fd00::/129", "0 to 128"},
      {"a negative length", "198.18.0.0/-1", "0 to 32"},
      {"a negative zero, which would mean everything", "0.0.0.0/-0", "0 to 32"},
      {"a length and more", "198.18.0.0/15x", "0 to 32"},
      {"host bits", "198.18.0.1/15", "did you mean 198.18.0.0/15?"},
      {"mapped IPv4 cut before the mapping", "::ffff:198.18.0.0/24", "96 to 128"},
      {"a name", "node001/24", "not an IP address"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto parsed = Prefix::parse(row.text);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().kind(), ErrorKind::invalid);
    EXPECT_NE(parsed.error().message().find(row.says), std::string::npos)
        << parsed.error().message();
  }
}

TEST(Prefix, NeverContainsTheOtherFamily) {
  EXPECT_FALSE(Prefix(address("0.0.0.0"), 0).contains(address("::1")));
  EXPECT_FALSE(Prefix(address("::"), 0).contains(address("198.18.0.1")));
}

RC_GTEST_PROP(Prefix, ContainsItsEndsAndNothingBeyond, ()) {
  const IpAddress inside = *any_address();
  const int length = *rc::gen::inRange(1, inside.bits() + 1);
  const Prefix prefix(inside, length);
  RC_ASSERT(prefix.contains(inside));
  RC_ASSERT(prefix.contains(prefix.address()));
  RC_ASSERT(prefix.contains(prefix.last()));
  RC_ASSERT(!prefix.contains(prefix.last().plus(1)));
  RC_ASSERT(Prefix::parse(prefix.to_string()).value() == prefix);
}

TEST(IpRange, Parses) {
  const struct {
    const char* description;
    const char* text;
    const char* first;
    const char* last;
    std::uint64_t size;
  } kRows[] = {
      {"two addresses", "198.18.0.1-198.18.0.16", "198.18.0.1", "198.18.0.16", 16},
      {"the last octet", "198.18.0.1-16", "198.18.0.1", "198.18.0.16", 16},
      {"one", "198.18.0.7-7", "198.18.0.7", "198.18.0.7", 1},
      {"a bare address", "fd00::7", "fd00::7", "fd00::7", 1},
      {"a prefix", "198.18.0.0/24", "198.18.0.0", "198.18.0.255", 256},
      {"all of IPv4", "0.0.0.0/0", "0.0.0.0", "255.255.255.255", std::uint64_t{1} << 32},
      {"IPv6", "fd00::1-fd00::1:0", "fd00::1", "fd00::1:0", 65536},
      {"2^64 addresses saturate", "fd00::/64", "fd00::", "fd00::ffff:ffff:ffff:ffff", kMost},
      {"half of that does not", "fd00::/65", "fd00::", "fd00::7fff:ffff:ffff:ffff",
       std::uint64_t{1} << 63},
      {"over the middle of IPv6", "fd00::-fd00:0:0:1::", "fd00::", "fd00:0:0:1::", kMost},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto parsed = IpRange::parse(row.text);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
    EXPECT_EQ(parsed->first.to_string(), row.first);
    EXPECT_EQ(parsed->last.to_string(), row.last);
    EXPECT_EQ(parsed->size(), row.size);
  }
}

TEST(IpRange, Refuses) {
  const struct {
    const char* description;
    const char* text;
    const char* says;
  } kRows[] = {
      {"backwards", "198.18.0.16-198.18.0.1", "ends before it begins"},
      {"an octet backwards", "198.18.0.16-1", "ends before it begins"},
      {"an octet too large", "198.18.0.1-256", "not an IP address"},
      {"two families", "198.18.0.1-fd00::1", "IPv4 and IPv6"},
      {"no end", "198.18.0.1-", "not an IP address"},
      {"an octet of IPv6", "fd00::1-5", "not an IP address"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto parsed = IpRange::parse(row.text);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().kind(), ErrorKind::invalid);
    EXPECT_NE(parsed.error().message().find(row.says), std::string::npos)
        << parsed.error().message();
  }
}

}  // namespace
}  // namespace lockstep
