#include "services/matcher.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "services/test_probes.h"

namespace lockstep::services {
namespace {

constexpr std::string_view kSet = R"(
Probe TCP NULL q||
match ssh m|^SSH-([\d.]+)-OpenSSH_([\w.]+)\r?\n| p/OpenSSH/ v/$2/ i/protocol $1/
match ssh m|^SSH-[\d.]+-([\w.]+)| p/$1/
softmatch ftp m|^220 .*ftp|i
match smtp m|^220[ -]([\w.-]+) ESMTP (?!Postfix)| h/$1/
match smtp m|^220[ -]([\w.-]+) ESMTP Postfix| p/Postfix/ h/$1/
match echoed m|^(\w+) \1$|
Probe TCP Get q|GET|
match http m|^HTTP/1\.[01] \d\d\d (?:[^\r\n]*\r\n(?!\r\n))*?Server: nginx/([\d.]+)| p/nginx/ v/$1/
softmatch http m|^HTTP/1\.[01] \d\d\d|
match kept m|^keep\Kthis|
match long m|^long.{3,40000}?end[{5,1000}\]]{2,900}x\{1,99}$|s
Probe TCP Other q|OTHER|
fallback Get
match other m|^<a>.*</a>$|s
Probe UDP Dgram q|x|
match dgram m|^\0\x01(.)|s i/$I(1,">")/
)";

Match match(Matcher& matcher, std::string_view probe, std::string_view answer,
            Protocol protocol = Protocol::tcp) {
  const ServiceProbe* const asked = matcher.probes().find(protocol, probe);
  const Match found = matcher.match(*asked, answer);
  EXPECT_EQ(found.service, matcher.match_one_by_one(*asked, answer).service);
  return found;
}

TEST(Matcher, TheFirstSignatureThatFitsTells) {
  Matcher matcher = matcher_of(kSet);
  struct Row {
    std::string_view description, probe, answer, name, product, version;
    ServiceMatch how;
  };
  const Row rows[] = {
      {"product and version", "NULL", "SSH-2.0-OpenSSH_9.2p1\r\n", "ssh", "OpenSSH", "9.2p1",
       ServiceMatch::hard},
      {"the general one is behind", "NULL", "SSH-2.0-dropbear_2022\r\n", "ssh", "dropbear_2022", "",
       ServiceMatch::hard},
      {"soft", "NULL", "220 an FTP server\r\n", "ftp", "", "", ServiceMatch::soft},
      {"lookahead, which only PCRE2 judges", "NULL", "220 a ESMTP Postfix", "smtp", "Postfix", "",
       ServiceMatch::hard},
      {"a back reference", "NULL", "ab ab", "echoed", "", "", ServiceMatch::hard},
      {"a back reference that does not fit", "NULL", "ab ac", "", "", "", ServiceMatch::none},
      {"nothing fits", "NULL", "hello", "", "", "", ServiceMatch::none},
      {"no bytes", "NULL", "", "", "", "", ServiceMatch::none},
      {"signatures of other probes do not count", "NULL", "HTTP/1.1 200 OK\r\n", "", "", "",
       ServiceMatch::none},
      {"its own", "Get", "HTTP/1.1 200 OK\r\nDate: x\r\nServer: nginx/1.22.1\r\n", "http", "nginx",
       "1.22.1", ServiceMatch::hard},
      {"the listening probe's as well", "Get", "SSH-2.0-OpenSSH_9.2p1\r\nProtocol mismatch", "ssh",
       "OpenSSH", "9.2p1", ServiceMatch::hard},
      {"its fallback's", "Other", "HTTP/1.0 404 x", "http", "", "", ServiceMatch::soft},
      {"dots that match line feeds", "Other", "<a>\n\n</a>", "other", "", "", ServiceMatch::hard},
      {"a repeat too long for the filter", "Get", "long123\n456end{]x{1,99}", "long", "", "",
       ServiceMatch::hard},
      {"and its bounds count", "Get", "long12end{]x{1,99}", "", "", "", ServiceMatch::none},
      {"what the filter refuses is tried all the same", "Get", "keepthis", "kept", "", "",
       ServiceMatch::hard},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.description);
    const Match found = match(matcher, row.probe, row.answer);
    EXPECT_EQ(found.service.name, row.name);
    EXPECT_EQ(found.service.product, row.product);
    EXPECT_EQ(found.service.version, row.version);
    EXPECT_EQ(found.service.match, row.how);
    EXPECT_FALSE(found.limited);
  }
  EXPECT_EQ(match(matcher, "Dgram", std::string_view("\0\x01\x07", 3), Protocol::udp).service.info,
            "7");
  EXPECT_EQ(matcher.unfiltered(), 1U);
}

TEST(Matcher, TheSecondTimeNoPatternRuns) {
  Matcher matcher = matcher_of(kSet);
  const ServiceProbe& listening = *matcher.probes().find(Protocol::tcp, "NULL");
  const ServiceProbe& get = *matcher.probes().find(Protocol::tcp, "Get");
  struct Row {
    std::string_view description;
    const ServiceProbe& probe;
    std::string answer;
    bool known;
  };
  const Row rows[] = {
      {"the first", listening, "SSH-2.0-OpenSSH_9.2p1\r\n", false},
      {"its clone", listening, "SSH-2.0-OpenSSH_9.2p1\r\n", true},
      {"another version", listening, "SSH-2.0-OpenSSH_9.2p2\r\n", false},
      {"to another probe", get, "SSH-2.0-OpenSSH_9.2p1\r\n", false},
      {"what nothing fits", listening, "ab ac", false},
      {"and its clone", listening, "ab ac", true},
      {"the first once more", listening, "SSH-2.0-OpenSSH_9.2p1\r\n", true},
      {"longer than is looked at", listening, "ab ab" + std::string(kMostMatchedBytes, 'x'), false},
      {"whose rest does not count", listening, "ab ab" + std::string(kMostMatchedBytes + 9, 'x'),
       true},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.description);
    const std::uint64_t before = matcher.patterns_tried();
    const Match found = matcher.match(row.probe, row.answer);
    EXPECT_EQ(matcher.patterns_tried() == before, row.known);
    EXPECT_EQ(found.service, matcher.match_anew(row.probe, row.answer).service);
  }
}

TEST(Matcher, ARefinerAddsToWhatHasAName) {
  struct AddSystem final : Refiner {
    void refine(std::string_view answer, Match& match) override {
      match.service.system = match.service.name + std::to_string(answer.size());
    }
  };
  auto matcher = Matcher::create(probes_of(kSet), {}, std::make_unique<AddSystem>());
  ASSERT_TRUE(matcher);
  const ServiceProbe& probe = *matcher->probes().find(Protocol::tcp, "NULL");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(matcher->match(probe, "SSH-2.0-x").service.system, "ssh9");
    EXPECT_EQ(matcher->match(probe, "nothing").service.system, "");
  }
}

TEST(Matcher, HostileAnswersRunIntoLimits) {
  Matcher matcher =
      matcher_of("Probe TCP NULL q||\nmatch bad m|^(a+)+(?=b)(?!b)|\nmatch good m|^a|\n");
  const Match found = match(matcher, "NULL", std::string(5000, 'a') + "b");
  EXPECT_TRUE(found.limited);
  EXPECT_EQ(found.service.name, "good");
}

TEST(Matcher, AFilterThatWasKeptIsTakenForItsOwnSetAlone) {
  const auto kept = matcher_of(kSet).serialize_filter();
  ASSERT_TRUE(kept) << kept.error().message();
  Matcher again = matcher_of(kSet, *kept);
  EXPECT_TRUE(again.took_filter());
  EXPECT_EQ(again.unfiltered(), 1U);
  EXPECT_EQ(match(again, "NULL", "SSH-2.0-OpenSSH_9.2p1\r\n").service.version, "9.2p1");
  EXPECT_EQ(match(again, "Get", "keepthis").service.name, "kept");

  Matcher other = matcher_of("Probe TCP NULL q||\nmatch ssh m|^SSH|\n", *kept);
  EXPECT_FALSE(other.took_filter());
  EXPECT_EQ(match(other, "NULL", "SSH-2.0").service.name, "ssh");
  for (std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{16}, kept->size() - 1}) {
    EXPECT_FALSE(matcher_of(kSet, std::span(*kept).first(size)).took_filter()) << size;
  }
}

TEST(Matcher, APatternThatIsNoneIsNamed) {
  const auto matcher = Matcher::create(probes_of("Probe TCP NULL q||\nmatch a m|(b|\n"));
  ASSERT_FALSE(matcher);
  EXPECT_EQ(matcher.error().message(),
            "line 2: pattern \"(b\": missing closing parenthesis at its byte 2");
  ProbeSet set = probes_of(kSet);
  ASSERT_TRUE(parse_own_probe_file("\nProbe TCP NULL q||\nmatch a m|(b|\n", "/etc/mine", set));
  const auto with_own = Matcher::create(std::move(set));
  ASSERT_FALSE(with_own);
  EXPECT_EQ(with_own.error().message(),
            "/etc/mine:3: pattern \"(b\": missing closing parenthesis at its byte 2");
}

RC_GTEST_PROP(Matcher, FindsWhatPcreFindsOneByOne, ()) {
  static Matcher matcher = matcher_of(kSet);
  const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "SSH-2.0-", "OpenSSH_9", "\r\n", "220 ", "a.b ESMTP ", "Postfix", "FTP", "HTTP/1.1 200",
      "Server: ", "nginx/1.2", "<a>", "</a>", "keep", "this", "ab ab", std::string("\0\x01", 2),
      "\n", "x"));
  std::string answer;
  for (const std::string& piece : pieces) answer += piece;
  for (const ServiceProbe& probe : matcher.probes().probes) {
    RC_ASSERT(matcher.match(probe, answer).service ==
              matcher.match_one_by_one(probe, answer).service);
  }
}

}  // namespace
}  // namespace lockstep::services
