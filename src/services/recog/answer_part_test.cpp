#include "services/recog/answer_part.h"

#include <gtest/gtest.h>

namespace lockstep::services {
namespace {

using Texts = std::vector<std::string>;

TEST(AnswerPart, IsTakenFromAnAnswer) {
  struct Row {
    std::string_view matches, service;
    std::string answer;
    Texts expected;
  };
  const std::string page =
      "HTTP/1.1 401 no\r\nserver:  Cherokee/1.2 (UNIX) \r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
      "WWW-Authenticate: Basic realm=\"x\"\r\nX-Powered-By: PHP\r\n\r\nServer: not this\r\n"
      "<html><TITLE lang=en>\n A page </Title>";
  const Row rows[] = {
      {"ssh.banner", "ssh", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\nmore", {"OpenSSH_9.2p1 Debian-2"}},
      {"ssh.banner", "ssh", "hello\r\nSSH-1.99-x-y\n", {"x-y"}},
      {"ssh.banner", "ssh", "SSH-2.0", {}},
      {"ssh.banner", "ssh", "", {}},
      {"ftp.banner", "ftp", "220 ftp.example ready\r\n", {"ftp.example ready"}},
      {"ftp.banner",
       "ftp",
       "220-one\r\n220-two\r\n three\r\n220 four\r\n230 x",
       {"one\ntwo\n three\nfour"}},
      {"ftp.banner", "ftp", "421 busy\r\n", {}},
      {"ftp.banner", "ftp", "220\r\n", {}},
      {"smtp.banner", "smtp", "220 mail.example ESMTP", {"mail.example ESMTP"}},
      {"nntp.banner", "nntp", "201 news.example\r\n", {"news.example"}},
      {"pop3.banner", "pop3", "+OK Dovecot ready.\r\n", {"Dovecot ready."}},
      {"imap4.banner", "imap", "* OK [CAPABILITY] ready\r\n", {"[CAPABILITY] ready"}},
      {"telnet.banner",
       "telnet",
       "\xff\xfd\x18\xff\xfa\x18\x01\xff\xf0\xff\xf1router\r\n\xff\xfflogin: ",
       {"router\n\xfflogin: "}},
      {"telnet.banner", "telnet", "\xff\xfa\x18", {}},
      {"telnet.banner", "telnet", "\xff", {"\xff"}},
      {"mysql.banners",
       "mysql",
       std::string("\x4a\0\0\0\x0a"
                   "8.0.1-x\0rest",
                   18),
       {"8.0.1-x"}},
      {"mysql.error",
       "mysql",
       std::string("\x4a\0\0\0\xff\x6a\x04"
                   "Host is not allowed",
                   26),
       {"Host is not allowed"}},
      {"mysql.error", "mysql", std::string("\x4a\0\0\0\xff\x6a\x04#HY000Host", 17), {"Host"}},
      {"http_header.server", "http", page, {"Cherokee/1.2 (UNIX)"}},
      {"http_header.cookie", "http", page, {"a=1", "b=2"}},
      {"http_header.wwwauth", "http-proxy", page, {"Basic realm=\"x\""}},
      {"http_header.x-powered-by", "http", page, {"PHP"}},
      {"http_header.server", "http", "<html>\r\nServer: x", {}},
      {"html_title", "http", page, {"A page"}},
      {"html_title", "http", "<title>unfinished", {}},
      {"sip_header.user_agent", "sip", "SIP/2.0 200 OK\r\nUser-Agent: Phone 1\r\n", {"Phone 1"}},
      {"ssh.banner",
       "ssh",
       "SSH-2.0-" + std::string(9000, 'x'),
       {std::string(kMostPartBytes, 'x')}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(fmt::format("{} {}", row.matches, row.answer.substr(0, 20)));
    const auto part = AnswerPart::named(row.matches);
    ASSERT_TRUE(part);
    EXPECT_TRUE(part->is_of(row.service));
    EXPECT_EQ(part->of(row.answer), row.expected);
  }
}

TEST(AnswerPart, IsOfItsServicesAlone) {
  EXPECT_FALSE(AnswerPart::named("ssh.banner")->is_of("ftp"));
  EXPECT_FALSE(AnswerPart::named("ssh.banner")->is_of(""));
  EXPECT_FALSE(AnswerPart::named("http_header.server")->is_of("prometheus"));
  for (const std::string_view unknown : {"", "favicon.md5", "http_header.", "ssh.banner.x"}) {
    EXPECT_FALSE(AnswerPart::named(unknown)) << unknown;
  }
}

}  // namespace
}  // namespace lockstep::services
