#include "profiles/service_text.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

Service service(std::string name, std::string product = "", std::string version = "",
                bool tls = false) {
  Service made;
  made.name = std::move(name);
  made.product = std::move(product);
  made.version = std::move(version);
  made.tls = tls;
  return made;
}

TEST(ServiceText, FitsNamesProductsVersionsAndPatterns) {
  const Service sshd = service("ssh", "OpenSSH", "9.2p1 Debian 2+deb12u3");
  const Service web = service("http", "nginx", "1.22.1", true);
  struct Row {
    const char* description;
    const char* wanted;
    Service seen;
    bool fits;
  };
  const Row rows[] = {
      {"the name", "ssh", sshd, true},
      {"another name", "telnet", sshd, false},
      {"the product", "OpenSSH", sshd, true},
      {"another product", "dropbear", sshd, false},
      {"case does not matter", "openssh", sshd, true},
      {"product and version", "OpenSSH 9.2p1", sshd, true},
      {"the whole version", "OpenSSH 9.2p1 Debian 2+deb12u3", sshd, true},
      {"half a word", "OpenSSH 9.2", sshd, false},
      {"another version", "OpenSSH 9.6p1", sshd, false},
      {"a pattern", "OpenSSH 9.*", sshd, true},
      {"a pattern is for the whole", "OpenSSH 9.?", sshd, false},
      {"a pattern that does not fit", "OpenSSH 8.*", sshd, false},
      {"name and product", "ssh OpenSSH", sshd, true},
      {"either", "dropbear|OpenSSH 9.2p1", sshd, true},
      {"neither", "dropbear | telnet", sshd, false},
      {"within TLS", "ssl/http", web, true},
      {"another word for it", "https", web, true},
      {"and a product", "ssl/nginx 1.22.1", web, true},
      {"not within TLS", "http", web, false},
      {"within TLS, and it is not", "https", service("http"), false},
      {"a product that is not known", "ssh OpenSSH", service("ssh"), false},
      {"no name", "*", service(""), false},
      {"many stars", "*a*a*a*a*b", service("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(fits_service(row.wanted, row.seen), row.fits) << row.description;
  }
}

TEST(ServiceText, TellsWhatToExpectInADialogue) {
  const std::set<std::string> names = {"ssh", "http", "mysql"};
  EXPECT_EQ(hint_of("ssh", names).name, "ssh");
  EXPECT_EQ(hint_of("ssh OpenSSH 9.*", names).name, "ssh");
  EXPECT_EQ(hint_of("OpenSSH", names).name, "");
  EXPECT_EQ(hint_of("MariaDB|mysql", names).name, "mysql");
  const ServiceHint web = hint_of("https", names);
  EXPECT_EQ(web.name, "http");
  EXPECT_TRUE(web.tls);
}

TEST(ServiceText, ANameThatNobodyCanTellProvesNothing) {
  const std::set<std::string> names = {"ssh", "http"};
  EXPECT_TRUE(can_tell_service("ssh", names));
  EXPECT_TRUE(can_tell_service("https", names));
  EXPECT_TRUE(can_tell_service("OpenSSH 9.*", names));
  EXPECT_FALSE(can_tell_service("our-own-daemon", names));
  EXPECT_FALSE(can_tell_service("ssh|our-own-daemon", names));
}

TEST(ServiceText, SaysWhatIsKnown) {
  EXPECT_EQ(service_text(service("ssh", "OpenSSH", "9.2p1")), "ssh OpenSSH 9.2p1");
  EXPECT_EQ(service_text(service("http", "", "", true)), "ssl/http");
  EXPECT_EQ(service_text(service("")), "no service that is known");
}

TEST(ServiceText, OrdersVersionsAsPeopleDo) {
  struct Row {
    const char* older;
    const char* newer;
  };
  const Row rows[] = {{"9.2p1", "9.10p1"}, {"9.2", "9.2p1"},       {"8.9p1", "9.2p1"},
                      {"1.22", "1.22.1"},  {"2+deb12u3", "2+deb12u10"}, {"", "1"}};
  for (const Row& row : rows) {
    EXPECT_LT(compare_versions(row.older, row.newer), 0) << row.older << ' ' << row.newer;
    EXPECT_GT(compare_versions(row.newer, row.older), 0) << row.older << ' ' << row.newer;
  }
  EXPECT_EQ(compare_versions("9.02", "9.2"), 0);
}

}  // namespace
}  // namespace lockstep
