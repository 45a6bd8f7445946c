#include "scan/udp_payloads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <thread>

#include "data/udp_payloads.h"

namespace lockstep::scan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kCookie = 0x8877665544332211;  // byte 0 is 11

using ByteVector = std::vector<std::byte>;

/// Bytes of pairs of digits; spaces count for nothing.
ByteVector hex(std::string_view text) {
  ByteVector result;
  std::string digits;
  for (const char c : text) {
    if (c != ' ') digits += c;
  }
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    result.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return result;
}

ByteVector text(std::string_view characters) {
  const auto bytes = std::as_bytes(std::span(characters));
  return {bytes.begin(), bytes.end()};
}

ByteVector operator+(ByteVector a, const ByteVector& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

ByteVector stamped(const UdpPayload& payload, std::uint64_t cookie) {
  ByteVector result(payload.bytes.size(), std::byte{0xee});
  stamp(payload, cookie, result);
  return result;
}

const UdpPayload& payload_of(Port port, std::string_view protocol) {
  for (const UdpPayload& payload : udp_payloads(port)) {
    if (payload.protocol == protocol) return payload;
  }
  throw std::runtime_error("no such payload");
}

std::vector<std::string> protocols_of(Port port) {
  std::vector<std::string> result;
  for (const UdpPayload& payload : udp_payloads(port)) result.push_back(payload.protocol);
  return result;
}

UdpPayload parsed(const std::string& lines) {
  const auto entries = parse_udp_payloads("x 1\n" + lines);
  if (!entries) throw std::runtime_error(entries.error().message());
  return entries->at(0).payload;
}

// ---------------------------------------------------------------- the embedded file

TEST(EmbeddedPayloads, AreWellFormed) {
  const auto entries = parse_udp_payloads(data::udp_payloads());
  ASSERT_TRUE(entries) << entries.error().message();
  std::set<std::string> names;
  for (const UdpEntry& entry : *entries) {
    SCOPED_TRACE(entry.payload.protocol);
    EXPECT_TRUE(names.insert(entry.payload.protocol).second) << "twice";
    EXPECT_FALSE(entry.ports.empty());
    EXPECT_LE(entry.payload.bytes.size(), kMostUdpPayloadBytes);
  }
}

TEST(EmbeddedPayloads, OfAPort) {
  const struct {
    Port port;
    std::vector<std::string> protocols;
  } kRows[] = {
      {7, {"echo"}},
      {53, {"dns"}},
      {67, {""}},
      {111, {"rpc"}},
      {161, {"snmp-v3", "snmp-v2c"}},
      {443, {"quic", "dtls"}},
      {500, {"ike-v2", "ike-v1"}},
      {514, {""}},
      {623, {"rpc", "asf-rmcp", "ipmi"}},
      {1812, {"radius", "radius-status"}},
      {32764, {""}},
      {32765, {"rpc"}},
      {47808, {"rpc", "bacnet"}},
      {65535, {"rpc"}},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(protocols_of(row.port), row.protocols) << row.port;
  }
}

TEST(EmbeddedPayloads, AreNeverNone) {
  for (int port = 0; port <= 65535; ++port) {
    ASSERT_FALSE(udp_payloads(static_cast<Port>(port)).empty()) << port;
  }
  const UdpPayload& none = udp_payloads(9).front();
  EXPECT_TRUE(none.bytes.empty());
  EXPECT_EQ(match(none, kCookie, text("anything")), UdpMatch::unknown);
}

TEST(EmbeddedPayloads, MayBeAskedForByAnyThread) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] { EXPECT_EQ(udp_payloads(53).front().protocol, "dns"); });
  }
}

// A datagram whose own lengths are wrong would be dropped silently by its server.
TEST(EmbeddedPayloads, HaveTheLengthsThatTheyName) {
  const struct {
    Port port;
    const char* protocol;
    std::size_t length_at, length_bytes, counted_from;
  } kRows[] = {
      {161, "snmp-v3", 1, 1, 2},  {161, "snmp-v2c", 1, 1, 2},       {389, "cldap", 1, 1, 2},
      {88, "kerberos", 1, 1, 2},  {500, "ike-v2", 24, 4, 0},        {4500, "ike-v2-nat", 28, 4, 4},
      {500, "ike-v1", 24, 4, 0},  {4500, "ike-v1-nat", 28, 4, 4},   {1701, "l2tp", 2, 2, 0},
      {1812, "radius", 2, 2, 0},  {1812, "radius-status", 2, 2, 0}, {443, "dtls", 11, 2, 13},
      {47808, "bacnet", 2, 2, 0}, {623, "ipmi", 13, 1, 14},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.protocol);
    const ByteVector& bytes = payload_of(row.port, row.protocol).bytes;
    std::size_t length = 0;
    for (std::size_t i = 0; i < row.length_bytes; ++i) {
      length = length << 8 | std::to_integer<std::size_t>(bytes[row.length_at + i]);
    }
    EXPECT_EQ(row.counted_from + length, bytes.size());
  }
  EXPECT_EQ(payload_of(443, "quic").bytes.size(), 1200);
  EXPECT_EQ(payload_of(123, "ntp").bytes.size(), 48);
  EXPECT_EQ(payload_of(137, "netbios-ns").bytes.size(), 50);
  EXPECT_EQ(payload_of(111, "rpc").bytes.size(), 40);
}

// ---------------------------------------------------------------- what goes out, what comes back

TEST(Stamp, FillsTheIdentifiersOnly) {
  const struct {
    const char* description;
    const char* lines;
    ByteVector expected;
  } kRows[] = {
      {"nothing", "", {}},
      {"no identifier", " send 0102", hex("0102")},
      {"in front", " send <0-1> ff", hex("1122 ff")},
      {"one byte", " send <7-7>", hex("88")},
      {"all", " send 00 <0-7>", hex("00 1122334455667788")},
      {"two in one, other bytes", " send <0-1> aa <2-5>", hex("1122 aa 33445566")},
      {"as text", " send \"id=\" <0-1:hex> \";\"", text("id=1122;")},
      {"lines add up, then zeros", " send 01\n send <0-0>\n pad 4", hex("01 11 0000")},
      {"without spaces", " send 01<0-0>\"a\"02", hex("01 11 61 02")},
      {"escapes", " send \"\\r\\n\\\"\\\\<>#\"", text("\r\n\"\\<>#")},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(stamped(parsed(row.lines), kCookie), row.expected) << row.description;
  }
}

TEST(Match, KnowsTheAnswersOfEachProtocol) {
  const struct {
    const char* description;
    Port port;
    const char* protocol;
    ByteVector answer;
    UdpMatch expected;
  } kRows[] = {
      {"dns: refused", 53, "dns", hex("1122 8185 0001 0000 0000 0000"), UdpMatch::answer},
      {"dns: of another query", 53, "dns", hex("1123 8185 0001 0000 0000 0000"), UdpMatch::forged},
      {"dns: a single byte", 53, "dns", hex("11"), UdpMatch::forged},
      {"dns: empty", 53, "dns", {}, UdpMatch::forged},
      {"ntp: origin timestamp", 123, "ntp",
       ByteVector(24) + hex("1122334455667788") + ByteVector(16), UdpMatch::answer},
      {"ntp: cut", 123, "ntp", ByteVector(24) + hex("11223344556677"), UdpMatch::forged},
      {"ntp: our packet reflected", 123, "ntp", ByteVector(40) + hex("1122334455667788"),
       UdpMatch::forged},
      {"snmp: short lengths", 161, "snmp-v2c",
       hex("302c 020101 0406 7075626c6963 a21f 02045a112233 020100 020100"), UdpMatch::answer},
      {"snmp: long lengths", 161, "snmp-v2c",
       hex("3082002c 020101 0406 7075626c6963 a282001f 02045a112233 020100 020100"),
       UdpMatch::answer},
      {"snmp: the identifier of another", 161, "snmp-v2c",
       hex("302c 020101 0406 7075626c6963 a21f 02045a112234 020100 020100"), UdpMatch::forged},
      {"snmp: a decoy before it", 161, "snmp-v3", hex("02045a02045a112233"), UdpMatch::answer},
      {"snmp: cut inside the identifier", 161, "snmp-v3", hex("02045a1122"), UdpMatch::forged},
      {"tftp: nothing to check", 69, "tftp", hex("0005 0001 00"), UdpMatch::unknown},
      {"quic: version negotiation", 443, "quic",
       hex("80 00000000 08 1122334455667788 08 1122334455667788 00000001"), UdpMatch::answer},
      {"quic: to another connection", 443, "quic",
       hex("80 00000000 08 1122334455667700 08 1122334455667788 00000001"), UdpMatch::forged},
      {"dtls: the number of our record", 443, "dtls", hex("16 feff 0000 000011223344 002f 03"),
       UdpMatch::answer},
      {"dtls: an alert of its own numbers", 443, "dtls", hex("15 feff 0000 000000000000 0002 0228"),
       UdpMatch::unknown},
      {"coap: acknowledgement with the answer", 5683, "coap", hex("64 45 1122 33445566 ff"),
       UdpMatch::answer},
      {"coap: reset", 5683, "coap", hex("70 00 1122"), UdpMatch::answer},
      {"coap: an answer of its own", 5683, "coap", hex("44 45 9999 33445566 ff"), UdpMatch::answer},
      {"coap: neither", 5683, "coap", hex("44 45 9999 33445577 ff"), UdpMatch::forged},
      {"sip: the Via comes back", 5060, "sip",
       text("SIP/2.0 483 Too Many Hops\r\nVia: SIP/2.0/UDP "
            "x;branch=z9hG4bK1122334455667788;rport=1"),
       UdpMatch::answer},
      {"sip: capitals are not ours", 5060, "sip", text("SIP/2.0 200 OK\r\nVia: z9hG4bK"),
       UdpMatch::forged},
      {"openvpn: acknowledges our session", 1194, "openvpn",
       hex("40 aaaaaaaaaaaaaaaa 01 00000000 1122334455667788 00000000"), UdpMatch::answer},
      {"rip: our route", 520, "rip", hex("02020000 00020000 f0112233 ffffffff 00000000 00000010"),
       UdpMatch::answer},
      {"rip: all routes", 520, "rip", hex("02020000 00020000 0a000000 ff000000 00000000 00000001"),
       UdpMatch::forged},
      {"l2tp: an acknowledgement to our tunnel", 1701, "l2tp", hex("c802000c 1122 0000 0000 0001"),
       UdpMatch::answer},
      {"l2tp: to nobody's", 1701, "l2tp", hex("c802000c ffff 0000 0000 0001"), UdpMatch::unknown},
      {"rx: a version", 7001, "rx", hex("1122334455667788 00000001") + text("OpenAFS"),
       UdpMatch::answer},
      {"kerberos: without the name", 88, "kerberos", hex("7e81"), UdpMatch::unknown},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(match(payload_of(row.port, row.protocol), kCookie, row.answer), row.expected)
        << row.description;
  }
}

TEST(Match, LooksNoFurtherThanADatagramOfOurs) {
  const UdpPayload payload = parsed(" send ff<0-1>\n echo behind ff <0-1>");
  EXPECT_EQ(match(payload, kCookie, ByteVector(kMostUdpPayloadBytes - 3) + hex("ff1122")),
            UdpMatch::answer);
  EXPECT_EQ(match(payload, kCookie, ByteVector(kMostUdpPayloadBytes - 2) + hex("ff1122")),
            UdpMatch::forged);
}

/// An answer that says no more than the echo, between noise.
ByteVector echo_of(const UdpEcho& echo, std::uint64_t cookie, const ByteVector& noise) {
  const ByteVector in_front = echo.behind.empty() ? ByteVector(echo.offset) : noise + echo.behind;
  UdpPayload answer;
  answer.bytes = in_front + ByteVector(echo.cookie.size()) + noise;
  answer.identifiers.push_back({static_cast<std::uint16_t>(in_front.size()), echo.cookie});
  return stamped(answer, cookie);
}

/// The bits of the cookie that the echo of `bytes` shows.
std::uint64_t mask_of(const CookieBytes& bytes) {
  const std::uint64_t all = bytes.count == 8 ? ~0ULL : (1ULL << (8 * bytes.count)) - 1;
  return all << (8 * bytes.first);
}

RC_GTEST_PROP(Match, AnEchoIsAnAnswerAndOnlyToItsCookie, ()) {
  static const auto entries = parse_udp_payloads(data::udp_payloads()).value();
  const auto index = *rc::gen::inRange<std::size_t>(0, entries.size());
  const UdpPayload& payload = entries[index].payload;
  const auto cookie = *rc::gen::arbitrary<std::uint64_t>();
  const auto other = *rc::gen::arbitrary<std::uint64_t>();
  // Zeros, so that noise never looks like an echo.
  const ByteVector noise(*rc::gen::inRange<std::size_t>(0, 200));
  for (const UdpEcho& echo : payload.echoes) {
    const ByteVector answer = echo_of(echo, cookie, noise);
    RC_ASSERT(match(payload, cookie, answer) == UdpMatch::answer);
    // With several echoes, the bytes of one may say another by chance.
    const bool same = ((cookie ^ other) & mask_of(echo.cookie)) == 0;
    if (same || payload.echoes.size() > 1) continue;
    const UdpMatch wrong = payload.echo_is_optional ? UdpMatch::unknown : UdpMatch::forged;
    RC_ASSERT(match(payload, other, answer) == wrong);
  }
}

RC_GTEST_PROP(Stamp, ChangesNothingButTheIdentifiers, ()) {
  static const auto entries = parse_udp_payloads(data::udp_payloads()).value();
  const UdpPayload& payload = entries[*rc::gen::inRange<std::size_t>(0, entries.size())].payload;
  ByteVector sent = stamped(payload, *rc::gen::arbitrary<std::uint64_t>());
  for (const UdpIdentifier& identifier : payload.identifiers) {
    std::fill_n(sent.begin() + identifier.offset, identifier.cookie.size(), std::byte{0});
  }
  RC_ASSERT(sent == payload.bytes);
}

// ---------------------------------------------------------------- the format

TEST(ParseUdpPayloads, TellsWhatIsWrong) {
  const struct {
    const char* description;
    const char* text;
    const char* message;
  } kRows[] = {
      {"no ports", "a\n", "line 1 of the payloads: \"\" is not a port"},
      {"port 0", "# c\n\na 0\n", "line 3 of the payloads: \"0\" is not a port"},
      {"port too large", "a 65536\n", "\"65536\" is not a port"},
      {"a range backwards", "a 5-4\n", "\"5-4\" is not a port or a range"},
      {"an end of a list", "a 5,\n", "\"\" is not a port"},
      {"a space in a list", "a 5, 6\n", "is not a port"},
      {"a line before an entry", "  send 00\n", "line 1 of the payloads: no entry has begun"},
      {"an unknown line", "a 1\n  sent 00\n", "line 2 of the payloads: \"sent\" is none of"},
      {"half a byte", "a 1\n send 0102 3\n", "\"3\" is neither pairs"},
      {"not a digit", "a 1\n send 0g\n", "\"0g\" is neither pairs"},
      {"a sign", "a 1\n send -1\n", "\"-1\" is neither pairs"},
      {"a text without end", "a 1\n send \"abc\n", "no closing quote"},
      {"an escape at the end", "a 1\n send \"abc\\\n", "escapes"},
      {"an unknown escape", "a 1\n send \"\\x\"\n", "escapes"},
      {"an open cookie", "a 1\n send <0-7\n", "a < has no >"},
      {"a ninth byte", "a 1\n send <0-8>\n", "\"0-8\" are no bytes of the cookie"},
      {"a cookie backwards", "a 1\n send <3-2>\n", "no bytes of the cookie"},
      {"a single number", "a 1\n send <3>\n", "no bytes of the cookie"},
      {"an unknown coding", "a 1\n send <0-3:dec>\n", "no bytes of the cookie"},
      {"too small a size", "a 1\n send 0000\n pad 1\n",
       "line 3 of the payloads: \"1\" bytes are no"},
      {"too large", "a 1\n pad 1233\n", "\"1233\" bytes are no size"},
      {"too much", "a 1\n pad 1232\n send 00\n", "at most 1232 bytes"},
      {"an echo nowhere", "a 1\n send <0-1>\n echo <0-1>\n", "an echo is \"at\""},
      {"an echo at no number", "a 1\n send <0-1>\n echo at x <0-1>\n", "not a number"},
      {"an echo of nothing", "a 1\n send <0-1>\n echo at 0\n", "ends in one <0-7>"},
      {"an echo of two", "a 1\n send <0-1>\n echo at 0 <0-0> <1-1>\n", "ends in one <0-7>"},
      {"behind nothing", "a 1\n send <0-1>\n echo behind <0-1>\n", "bytes to look for"},
      {"an offset and bytes", "a 1\n send <0-1>\n echo at 0 ff <0-1>\n", "bytes to look for"},
      {"something after it", "a 1\n send <0-1>\n echo behind ff <0-1> ff\n", "ends in one <0-7>"},
      {"an echo of what is not sent", "a 1\n send <0-1>\n echo at 0 <0-2>\nb 2\n",
       "line 1 of the payloads: the echo has bytes of the cookie that are not sent"},
      {"optional, but none", "b 2\na 1\n echo optional\n", "line 2 of the payloads: an echo is"},
      {"from where", "a 1\n from port 2\n", "\"from\" is none of"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto entries = parse_udp_payloads(row.text);
    ASSERT_FALSE(entries);
    EXPECT_EQ(entries.error().kind(), ErrorKind::invalid);
    EXPECT_THAT(entries.error().message(), HasSubstr(row.message));
  }
}

TEST(ParseUdpPayloads, OfNothingIsNothing) {
  for (const char* text : {"", "\n", "# a comment\n", "   \n  # one more\n"}) {
    const auto entries = parse_udp_payloads(text);
    ASSERT_TRUE(entries) << entries.error().message();
    EXPECT_TRUE(entries->empty());
  }
}

TEST(UdpPayloadTable, GivesAPortItsEntriesInOrder) {
  const UdpPayloadTable table(
      parse_udp_payloads("a 1-3\n send 01\nb 2,65535\n from any port\nc 3,2\n").value());
  const auto names = [&table](Port port) {
    std::vector<std::string> result;
    for (const UdpPayload& payload : table.of(port)) result.push_back(payload.protocol);
    return result;
  };
  EXPECT_THAT(names(1), ElementsAre("a"));
  EXPECT_THAT(names(2), ElementsAre("a", "b", "c"));
  EXPECT_THAT(names(3), ElementsAre("a", "c"));
  EXPECT_THAT(names(4), ElementsAre(""));
  EXPECT_THAT(names(65535), ElementsAre("b"));
  EXPECT_TRUE(table.of(65535).front().answers_from_other_port);
  EXPECT_FALSE(table.of(1).front().answers_from_other_port);
}

}  // namespace
}  // namespace lockstep::scan
