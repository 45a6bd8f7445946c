#include "services/recog/recognizer.h"

#include <gtest/gtest.h>

#include "services/test_probes.h"

namespace lockstep::services {
namespace {

// All of our own making, in recog's grammar.
constexpr std::string_view kSsh = R"(<fingerprints matches="ssh.banner" preference="0.9">
<fingerprint pattern="^OpenSSH_([\w.]+) Lab-(\d+)$">
  <example service.version="9.2p1" os.version="12">OpenSSH_9.2p1 Lab-12</example>
  <param pos="0" name="service.vendor" value="OpenBSD"/>
  <param pos="0" name="service.product" value="OpenSSH"/>
  <param pos="1" name="service.version"/>
  <param pos="0" name="os.vendor" value="Lab"/>
  <param pos="0" name="os.product" value="Linux"/>
  <param pos="2" name="os.version"/>
  <param pos="0" name="service.cpe23" value="cpe:/a:openbsd:openssh:{service.version}"/>
</fingerprint>
<fingerprint pattern="^Box_([\w.]+)$">
  <param pos="0" name="service.product" value="BoxSSH"/>
  <param pos="1" name="service.version"/>
  <param pos="0" name="hw.vendor" value="Box"/>
  <param pos="0" name="hw.product" value="Box 3000"/>
  <param pos="0" name="os.product" value="BoxOS"/>
  <param pos="0" name="os.certainty" value="0.0"/>
</fingerprint>
<fingerprint pattern="^wrong$">
  <example>right</example>
</fingerprint>
<fingerprint pattern="^value_(\d)$">
  <example service.version="2">value_1</example>
  <param pos="1" name="service.version"/>
</fingerprint>
<fingerprint pattern="(unclosed"/>
</fingerprints>)";

constexpr std::string_view kServers =
    R"(<fingerprints matches="http_header.server" preference="0.2">
<fingerprint pattern="^Web/(\S+)(?: \((\w+)\))?" flags="REG_ICASE">
  <param pos="0" name="service.vendor" value="Lab"/>
  <param pos="0" name="service.product" value="Web"/>
  <param pos="1" name="service.version"/>
  <param pos="2" name="os.product"/>
</fingerprint>
</fingerprints>)";

constexpr std::string_view kPreferred =
    R"(<fingerprints matches="http_header.server" preference="0.8">
<fingerprint pattern="^Web/9$"><param pos="0" name="service.product" value="Web Nine"/></fingerprint>
</fingerprints>)";

constexpr std::string_view kElsewhere =
    R"(<fingerprints matches="favicon.md5"><fingerprint pattern="x"/></fingerprints>)";

std::vector<RecogFile> files() {
  std::vector<RecogFile> result;
  for (const auto& [name, text] : {std::pair{"ssh.xml", kSsh},
                                   {"servers.xml", kServers},
                                   {"preferred.xml", kPreferred},
                                   {"icons.xml", kElsewhere}}) {
    auto file = parse_recog_file(text, name);
    EXPECT_TRUE(file);
    if (file) result.push_back(std::move(*file));
  }
  return result;
}

std::unique_ptr<Recognizer> recognizer(std::span<const std::byte> filter = {}) {
  auto result = std::make_unique<Recognizer>(files());
  result->make_filter(filter);
  return result;
}

TEST(Recognizer, LeavesOutWhatItCannotUse) {
  const auto made = recognizer();
  EXPECT_EQ(made->fingerprints(), 4U);
  EXPECT_EQ(made->left_out(),
            (std::vector<std::string>{
                "ssh.xml:20: the pattern does not fit its own example \"right\"",
                "ssh.xml:23: of its own example \"value_1\" it tells \"service.version\" \"1\" and "
                "not \"2\"",
                "ssh.xml:27: pattern \"(?m)(unclosed\": missing closing parenthesis at its byte 13",
            }));
  EXPECT_EQ(made->unused_files(),
            (std::vector<std::string>{"icons.xml: fingerprints of \"favicon.md5\", which Lockstep "
                                      "does not ask for"}));
}

constexpr std::string_view kSet = R"(
Probe TCP NULL q||
match ssh m|^SSH-2.0-OpenSSH_([\w.]+)| p/OpenSSH/ v/$1/ i/protocol 2.0/
match ssh m|^SSH-2.0-Box_7| p/Boxes/
match ssh m|^SSH-2.0-Box_8| p/Dropbear/
softmatch ssh m|^SSH-|
match telnet m|^OpenSSH|
Probe TCP Get q|GET|
match http m|^HTTP/1.1 200 ok\r\nServer: Web/1 | p/lab web server/ o/Plan 9/
match prometheus m|^HTTP/1.1 201|
softmatch http m|^HTTP/|
)";

TEST(Recognizer, FillsWhatSignaturesLeaveOpen) {
  auto matcher = Matcher::create(probes_of(kSet), {}, recognizer());
  ASSERT_TRUE(matcher);
  struct Row {
    std::string_view description, probe, answer, name, product, version, system, device;
    ServiceMatch how;
  };
  constexpr auto kHard = ServiceMatch::hard;
  constexpr auto kSoft = ServiceMatch::soft;
  const Row rows[] = {
      {"of a hard match what is empty", "NULL", "SSH-2.0-OpenSSH_9.2p1 Lab-12\r\n", "ssh",
       "OpenSSH", "9.2p1", "Lab Linux 12", "", kHard},
      {"nothing fits", "NULL", "SSH-2.0-OpenSSH_9.2p1\r\n", "ssh", "OpenSSH", "9.2p1", "", "",
       kHard},
      {"a soft match stays soft; a certainty of 0 is none", "NULL", "SSH-2.0-Box_1.0\r\n", "ssh",
       "BoxSSH", "1.0", "", "Box 3000", kSoft},
      {"a product that is nearly the same", "NULL", "SSH-2.0-Box_8\r\n", "ssh", "Dropbear", "", "",
       "", kHard},
      {"another part of the answer", "Get", "HTTP/1.1 200\r\nserver: web/2.0 (Unix)\r\n\r\n",
       "http", "Lab Web", "2.0", "Unix", "", kSoft},
      {"a group that captured nothing", "Get", "HTTP/1.1 200\r\nServer: Web/2.0\r\n\r\n", "http",
       "Lab Web", "2.0", "", "", kSoft},
      {"what is preferred comes first", "Get", "HTTP/1.1 200\r\nServer: Web/9\r\n\r\n", "http",
       "Web Nine", "9", "", "", kSoft},
      {"what a signature said stays", "Get", "HTTP/1.1 200 ok\r\nServer: Web/1 (Unix)\r\n\r\n",
       "http", "lab web server", "1", "Plan 9", "", kHard},
      {"a service of another name", "Get", "HTTP/1.1 201\r\nServer: Web/2.0\r\n\r\n", "prometheus",
       "", "", "", "", kHard},
      {"no name, nothing to refine", "NULL", "hello", "", "", "", "", "", ServiceMatch::none},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.description);
    const ServiceProbe& probe = *matcher->probes().find(Protocol::tcp, row.probe);
    const Service found = matcher->match(probe, row.answer).service;
    EXPECT_EQ(found.name, row.name);
    EXPECT_EQ(found.product, row.product);
    EXPECT_EQ(found.version, row.version);
    EXPECT_EQ(found.system, row.system);
    EXPECT_EQ(found.device, row.device);
    EXPECT_EQ(found.match, row.how);
    EXPECT_EQ(found, matcher->match_one_by_one(probe, row.answer).service);
  }
}

TEST(Recognizer, OfStrangersNothingButPrintableTextGetsThrough) {
  auto matcher = Matcher::create(probes_of(kSet), {}, recognizer());
  ASSERT_TRUE(matcher);
  const ServiceProbe& probe = *matcher->probes().find(Protocol::tcp, "Get");
  const Service found = matcher
                            ->match(probe, "HTTP/1.1 200\r\nServer: Web/\x1b[2J{service.vendor}" +
                                               std::string(500, 'x') + "\r\n\r\n")
                            .service;
  EXPECT_EQ(found.version.substr(0, 20), "[2J{service.vendor}x");
  EXPECT_EQ(found.version.size(), kMostFieldBytes);
}

TEST(Recognizer, AFilterThatWasKeptIsTaken) {
  const auto first = recognizer();
  EXPECT_FALSE(first->took_filter());
  const auto kept = first->serialize_filter();
  ASSERT_TRUE(kept);
  const auto second = recognizer(*kept);
  EXPECT_TRUE(second->took_filter());
  EXPECT_EQ(second->filter_key(), first->filter_key());
  EXPECT_FALSE(recognizer(std::span(*kept).first(kept->size() - 1))->took_filter());
}

TEST(Recognizer, WithoutFingerprintsItSaysNothing) {
  Recognizer none({});
  none.make_filter({});
  Match match;
  match.service.name = "ssh";
  none.refine("SSH-2.0-OpenSSH_9.2p1 Lab-12\r\n", match);
  EXPECT_EQ(match.service.product, "");
}

}  // namespace
}  // namespace lockstep::services
