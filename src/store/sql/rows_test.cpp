#include "store/sql/rows.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>

#include "store/sql/text.h"

namespace lockstep {
namespace {

using std::chrono::seconds;

WallTime at(std::int64_t second) {
  return WallTime(seconds(second));
}

TEST(Times, AreRfc3339InUtc) {
  EXPECT_EQ(to_text(WallTime{}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_text(at(1'796'083'199)), "2026-11-30T23:59:59Z");
  EXPECT_EQ(to_text(at(-1)), "1969-12-31T23:59:59Z");
  EXPECT_EQ(to_text(at(5) + std::chrono::milliseconds(999)), "1970-01-01T00:00:05Z")
      << "rounded down";
  EXPECT_EQ(to_text(at(-5) + std::chrono::milliseconds(1)), "1969-12-31T23:59:55Z");
}

TEST(Times, AreReadBack) {
  EXPECT_TRUE(rc::check([](std::int32_t second) {
    RC_ASSERT(parse_time(to_text(at(second))) == at(second));
    RC_ASSERT(to_text(at(second)).size() == 20U);
  }));
}

TEST(Times, OutOfReachAreTheLast) {
  const auto last = parse_time("9999-12-31T23:59:59Z");
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(to_text(*last).substr(0, 4), "2262");
  EXPECT_EQ(to_text(parse_time("0001-01-01T00:00:00Z").value()).substr(0, 4), "1677");
}

TEST(Times, WithoutSenseAreNone) {
  for (const char* const text :
       {"", "2026-12-01", "2026-12-01T00:00:00", "2026-12-01 00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2026-12-01T24:00:00Z", "2026-12-01T00:60:00Z",
        "2026-12-01T00:00:60Z", "2026-12-0xT00:00:00Z", "+026-12-01T00:00:00Z",
        "2026-12-01T00:00:00+", " 026-12-01T00:00:00Z", "2026-12-01T00:00:00ZZ"}) {
    EXPECT_FALSE(parse_time(text).has_value()) << text;
  }
}

TEST(Words, AreReadBack) {
  for (const auto each : {Protocol::tcp, Protocol::udp}) {
    EXPECT_EQ(parse_protocol(to_string(each)), each);
  }
  for (const auto each :
       {PortState::open, PortState::closed, PortState::filtered, PortState::open_filtered}) {
    EXPECT_EQ(parse_port_state(to_string(each)), each);
  }
  for (const auto each : {Evidence::no_reply, Evidence::syn_ack, Evidence::rst,
                          Evidence::icmp_unreachable, Evidence::udp_reply}) {
    EXPECT_EQ(parse_evidence(to_string(each)), each);
  }
  for (const auto each : {CoverageGap::none, CoverageGap::unanswered, CoverageGap::unreachable,
                          CoverageGap::not_resolved, CoverageGap::outside_fence,
                          CoverageGap::unsupported, CoverageGap::interrupted}) {
    EXPECT_EQ(parse_coverage_gap(to_string(each)), each);
  }
  for (const auto each : {SweepState::running, SweepState::finished, SweepState::interrupted,
                          SweepState::failed, SweepState::lost}) {
    EXPECT_EQ(parse_sweep_state(to_string(each)), each);
  }
  EXPECT_FALSE(parse_sweep_state("unknown").has_value());
  EXPECT_FALSE(parse_protocol("TCP").has_value());
}

TEST(PortSets, AreReadBack) {
  EXPECT_TRUE(rc::check([](const std::vector<Port>& list) {
    PortSet ports;
    for (const Port port : list) {
      if (port != 0) ports.insert(port);
    }
    RC_ASSERT(parse_port_set(ports.to_string()).value() == ports);
  }));
  EXPECT_EQ(parse_port_set("1-65535").value(), PortSet::all());
  EXPECT_EQ(parse_port_set(" 22 , 8000 - 8002").value().to_string(), "22,8000-8002");
  EXPECT_TRUE(parse_port_set("  ").value().empty());
}

TEST(PortSets, WithoutSenseAreErrors) {
  for (const char* const text : {"ssh", "0", "65536", "22,,23", "22;23", "9-1", "all", "22-ssh"}) {
    EXPECT_FALSE(parse_port_set(text).has_value()) << text;
  }
}

TEST(StorableText, KeepsWhatIsUtf8) {
  for (const char* const text :
       {"", "plain", "tab\tand\nline\x7f\x01", "gr\xc3\xbc\xc3\x9f",
        "\xe2\x82\xac \xf0\x9f\x90\x8e \xef\xbf\xbd\xef\xbf\xbf",
        "\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80", "back\\slash 'quote'"}) {
    EXPECT_TRUE(is_storable(text)) << text;
    EXPECT_EQ(storable(text), text);
  }
}

TEST(StorableText, ShowsTheRest) {
  const struct {
    const char* description;
    std::string_view text;
    const char* stored;
  } kRows[] = {
      {"NUL", std::string_view("a\0b", 3), "a\\x00b"},
      {"Latin-1", "gr\xfc\xdf e", "gr\\xfc\\xdf e"},
      {"a lonely continuation", "\x80", "\\x80"},
      {"an overlong slash", "\xc0\xaf", "\\xc0\\xaf"},
      {"overlong in three bytes", "\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
      {"overlong in four bytes", "\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"},
      {"a surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
      {"above 10FFFF", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
      {"far above", "\xff\xfe", "\\xff\\xfe"},
      {"cut off", "\xe2\x82", "\\xe2\\x82"},
      {"cut off, then more", "\xe2\x82 x", "\\xe2\\x82 x"},
      {"valid text around it", "\xc3\xbc\xff\xc3\xbc", "\xc3\xbc\\xff\xc3\xbc"},
  };
  for (const auto& row : kRows) {
    EXPECT_FALSE(is_storable(row.text)) << row.description;
    EXPECT_EQ(storable(row.text), row.stored) << row.description;
  }
}

TEST(StorableText, IsStorable) {
  EXPECT_TRUE(rc::check([](const std::string& text) {
    const std::string once = storable(text);
    RC_ASSERT(is_storable(once));
    RC_ASSERT(storable(once) == once);
  }));
}

}  // namespace
}  // namespace lockstep
