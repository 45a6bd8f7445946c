#include "notify/smtp/mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "notify/test_messages.h"

namespace lockstep::notify {
namespace {

using testing::HasSubstr;

TEST(Mail, HasTheHeadersOfAThread) {
  const std::string mail =
      mail_of(samples::full(), "lockstep@lab.example", {"a@lab.example", "b@lab.example"});
  for (const char* const line :
       {"Date: Tue, 1 Dec 2026 00:00:03 +0000\r\n", "From: Lockstep <lockstep@lab.example>\r\n",
        "To: a@lab.example,\r\n b@lab.example\r\n",
        "Subject: [lab] UPDATED high: unexpected-port 4444/udp open|filtered on node[017,201] "
        "(compute+gpu)\r\n",
        "Message-ID: <A-17.1796083200.2@lab.example>\r\n",
        "References: <A-17.1796083200@lab.example>\r\n", "Importance: high\r\n",
        "\r\n\r\nUPDATED high"}) {
    EXPECT_THAT(mail, HasSubstr(line));
  }
}

TEST(Mail, NoTextFromOutsideMakesAHeaderOrEndsTheMail) {
  const std::string mail = mail_of(samples::hostile(), "l@lab.example", {"a@lab.example"});
  for (const std::string_view line : split(mail, '\n')) {
    EXPECT_FALSE(line.starts_with("Bcc")) << line;
    EXPECT_NE(line, ".\r");
    EXPECT_LE(line.size(), 998U);
  }
  for (std::size_t i = 0; i < mail.size(); ++i) {
    const char c = mail[i];
    EXPECT_TRUE((c >= 0x20 && c < 0x7f) || c == '\r' || c == '\n') << i;
    if (c == '\n') {
      EXPECT_EQ(mail[i - 1], '\r');
    }
  }
}

TEST(Mail, AddressesGoIntoHeadersAsTheyAre) {
  for (const char* const good : {"a@b", "ops+hpc@lab.example", "o'neil@x.y"}) {
    EXPECT_TRUE(is_mail_address(good)) << good;
  }
  for (const char* const bad : {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\r\nBcc: x@y", "<a@b>",
                                "\"a\"@b", "a@b,c@d", "\xc3\xa4@b"}) {
    EXPECT_FALSE(is_mail_address(bad)) << bad;
  }
}

TEST(Mail, HeadersAreEncodedWhereTheyMust) {
  EXPECT_EQ(encoded_header("plain"), "plain");
  EXPECT_EQ(encoded_header("\xc3\xa4"), "=?utf-8?B?w6Q=?=");
  EXPECT_EQ(encoded_header("=?utf-8?B?eA==?="), "=?utf-8?B?PT91dGYtOD9CP2VBPT0/PQ==?=");
}

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '=' && text.substr(i, 3) == "=\r\n") {
      i += 2;
    } else if (text[i] == '=') {
      plain += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else if (text[i] != '\r') {
      plain += text[i];
    }
  }
  return plain;
}

RC_GTEST_PROP(MailProperty, QuotedPrintableComesBack, (const std::string& text)) {
  const std::string encoded = quoted_printable(text);
  RC_ASSERT(decoded(encoded) == text + "\n");
  const auto lines = split(encoded, '\n');
  for (const std::string_view line : lines) RC_ASSERT(line.size() <= 77U);
}

}  // namespace
}  // namespace lockstep::notify
