#include "notify/syslog/lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "notify/test_messages.h"

namespace lockstep::notify {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const SyslogLine kHow = {.facility = 16, .host = "mon1", .pid = "17"};

TEST(SyslogLines, AreOfRfc5424) {
  EXPECT_EQ(syslog_line(samples::full(), kHow),
            "<131>1 2026-12-01T00:00:03Z mon1 lockstep 17 updated [lockstep@32473 "
            "id=\"A-17.1796083200.2\" what=\"updated\" cluster=\"lab\" alert=\"A-17\" "
            "kind=\"unexpected-port\" severity=\"high\" class=\"compute+gpu\" network=\"hsn\" "
            "port=\"4444\" protocol=\"udp\" state=\"open|filtered\" nodes=\"node[017,201\\]\" "
            "node_count=\"2\"] UPDATED high: unexpected-port 4444/udp open|filtered on "
            "node[017,201] (compute+gpu); re-asked 2x, still open");
}

TEST(SyslogLines, OfWhatIsOverAreInformational) {
  Message message = samples::full();
  message.what = What::resolved;
  EXPECT_THAT(syslog_line(message, kHow), StartsWith("<134>1 "));
  message.what = What::raised;
  message.severity = Severity::critical;
  EXPECT_THAT(syslog_line(message, kHow), StartsWith("<130>1 "));
}

TEST(SyslogLines, StayOneLineWhateverANodeSays) {
  for (const SyslogFormat format : {SyslogFormat::rfc5424, SyslogFormat::cef}) {
    SyslogLine how = kHow;
    how.format = format;
    for (const std::string& line :
         {syslog_line(samples::hostile(), how), local_line(samples::hostile(), how)}) {
      for (const char c : line) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    }
  }
  Message message = samples::full();
  message.subject.node_class = "a\" x=\"b] ";
  EXPECT_THAT(syslog_line(message, kHow), HasSubstr("class=\"a\\\" x=\\\"b\\] \""));
}

TEST(SyslogLines, AreCutBetweenCharacters) {
  Message message = samples::full();
  SyslogLine how = kHow;
  message.detail = std::string(400, 'x') + "\xc3\xa4\xc3\xa4\xc3\xa4";
  const std::size_t whole = syslog_line(message, how).size();
  how.most_bytes = whole - 1;
  EXPECT_EQ(syslog_line(message, how).size(), whole - 2);
}

TEST(SyslogLines, OfStreamsSayTheirLength) {
  EXPECT_EQ(counted("abc"), "3 abc");
}

TEST(Cef, EscapesHeaderAndExtensionsEachInItsWay) {
  EXPECT_EQ(cef_of(samples::full()).substr(0, 22), "CEF:0|Lockstep|Lockste");
  const std::string line = cef_of(samples::full());
  EXPECT_THAT(line, HasSubstr("|unexpected-port|UPDATED high: unexpected-port 4444/udp "
                              "open\\|filtered on node[017,201] (compute+gpu)|8|"));
  EXPECT_THAT(line, HasSubstr("rt=1796083203000 act=updated externalId=A-17 cs1=lab "
                              "cs1Label=cluster cnt=2 cs2=node[017,201] cs2Label=nodes"));
  Message message = samples::full();
  message.detail = "a=b|c\\d";
  EXPECT_THAT(cef_of(message), HasSubstr("msg=a\\=b|c\\\\d"));
}

}  // namespace
}  // namespace lockstep::notify
