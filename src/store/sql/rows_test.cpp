#include "store/sql/rows.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <span>
#include <string>
#include <vector>

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
  for (const auto each : {ServiceMatch::none, ServiceMatch::soft, ServiceMatch::hard}) {
    EXPECT_EQ(parse_service_match(to_text(each)), each);
  }
  EXPECT_FALSE(parse_sweep_state("unknown").has_value());
  EXPECT_FALSE(parse_service_match("").has_value());
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

TEST(Programs, AreReadBack) {
  EXPECT_TRUE(rc::check([](const std::vector<std::array<std::uint32_t, 3>>& list) {
    std::vector<RpcProgram> programs;
    for (const auto& [number, lowest, highest] : list) {
      programs.push_back({number, lowest, highest});
    }
    RC_ASSERT(parse_programs(to_text(programs, 100'000)) == programs);
    const std::string some = to_text(programs, 60);
    RC_ASSERT(some.size() <= 60U);
    const auto read = parse_programs(some);
    RC_ASSERT(read.has_value());
    RC_ASSERT(std::ranges::equal(*read, std::span(programs).first(read->size())));
  }));
  EXPECT_EQ(to_text(std::vector<RpcProgram>{{100003, 3, 4}, {100227, 3, 3}}, 100),
            "100003 v3-4, 100227 v3");
}

TEST(Programs, WithoutSenseAreNone) {
  for (const char* const text :
       {"nfs v3", "100003", "100003 v", "100003 v3-", "100003 v-4", "100003 3", " v3", "100003 v3,",
        ",", "100003 v3;100227 v3", "4294967296 v1", "1 v-1", "1 v1-2-3"}) {
    EXPECT_FALSE(parse_programs(text).has_value()) << text;
  }
}

TEST(StorableText, IsCutAfterAWholeCharacter) {
  const std::string text = "a\\xff\xc3\xbc\xe2\x82\xac\xf0\x9f\x90\x8e";
  EXPECT_EQ(cut_to(text, 100), text);
  EXPECT_EQ(cut_to(text, text.size()), text);
  const std::vector<std::size_t> whole = {0, 1, 2, 3, 4, 5, 7, 10, 14};
  for (std::size_t most = 0; most <= text.size(); ++most) {
    const std::string_view cut = cut_to(text, most);
    EXPECT_TRUE(is_storable(cut));
    EXPECT_EQ(cut.size(), *std::prev(std::ranges::upper_bound(whole, most)));
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
