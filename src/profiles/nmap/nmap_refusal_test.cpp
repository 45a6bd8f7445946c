// Files that are refused: the kind of the error, the place, and what to do.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "profiles/nmap/nmap_output.h"
#include "profiles/nmap/test_files.h"

namespace lockstep {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string kOpen = "# Nmap 7.93 scan initiated DATE as: nmap -sV X\n";
const std::string kDone = "# Nmap done at DATE -- 1 IP address (1 host up) scanned in 1 seconds\n";

std::string greppable(const std::string& ports) {
  return kOpen + "Host: 198.18.1.1 ()\tPorts: " + ports + "\n" + kDone;
}

std::string normal(const std::string& ports) {
  return kOpen + "Nmap scan report for 198.18.1.1\nPORT STATE SERVICE VERSION\n" + ports + kDone;
}

/// Below the root, which ends the scan with success.
std::string xml(const std::string& hosts) {
  return "<nmaprun scanner=\"nmap\" args=\"nmap -sV X\">" + hosts +
         "<runstats><finished exit=\"success\"/></runstats></nmaprun>";
}

std::string xml_host(const std::string& ports, const std::string& address = "198.18.1.1") {
  return "<host><status state=\"up\"/><address addr=\"" + address +
         "\" addrtype=\"ipv4\"/><ports>" + ports + "</ports></host>";
}

std::string xml_port(const std::string& port, const std::string& state = "open",
                     const std::string& protocol = "tcp") {
  return "<port protocol=\"" + protocol + "\" portid=\"" + port + "\"><state state=\"" + state +
         "\"/></port>";
}

std::string xml_service(const std::string& name) {
  return xml(
      xml_host("<port protocol=\"tcp\" portid=\"22\"><state state=\"open\"/><service name=\"" +
               name + "\" method=\"probed\"/></port>"));
}

struct Row {
  const char* description;
  std::string file;
  ErrorKind kind;
  const char* place;    // what the message starts with
  const char* message;  // and says later
};

void expect_refused(const Row& row) {
  SCOPED_TRACE(row.description);
  const auto host = parse_nmap(row.file);
  ASSERT_FALSE(host);
  const std::string& message = host.error().message();
  EXPECT_EQ(host.error().kind(), row.kind) << message;
  EXPECT_THAT(message, StartsWith(row.place));
  EXPECT_THAT(message, HasSubstr(row.message));
  EXPECT_LT(message.size(), 600U);
  EXPECT_EQ(message.find_first_of("\x1b\n\r\t"), std::string::npos) << quoted(message, 600);
}

TEST(NmapRefusal, OfBytesThatAreNotNmapsAtAll) {
  const std::string good = as_xml({false, {{22}}});
  const Row rows[] = {
      {"nothing", "", ErrorKind::invalid, "the file is empty", "scan again"},
      {"space", " \r\n\t\n", ErrorKind::invalid, "the file is empty", "scan again"},
      {"prose", "Dear admin,\n22/tcp open ssh\n", ErrorKind::invalid,
       "line 1: ", "\"Dear admin,\""},
      {"prose that would move the cursor", "\x1b[2J\x07 hello", ErrorKind::invalid,
       "line 1: ", "\"\\x1b[2J\\x07 hello\""},
      {"masscan's list", "#masscan\nopen tcp 22 198.18.1.1 1\n", ErrorKind::invalid,
       "line 1: ", "#masscan"},
      {"UTF-16, with a mark", std::string("\xff\xfe<\0n\0", 6), ErrorKind::invalid,
       "byte 0: ", "UTF-8"},
      {"UTF-16, big end first", std::string("\xfe\xff\0<", 4), ErrorKind::invalid,
       "byte 0: ", "UTF-8"},
      {"UTF-16, without a mark", std::string("#\0 \0N\0", 6), ErrorKind::invalid,
       "byte 0: ", "UTF-8"},
      {"UTF-32", std::string("\0\0\xfe\xff\0\0\0<", 8), ErrorKind::invalid, "byte 0: ", "UTF-8"},
      {"a zero byte", good + std::string(1, '\0'), ErrorKind::corrupt, "byte ", "zero byte"},
      {"Latin-1", "# Nmap 7.93 scan initiated \xe9t\xe9", ErrorKind::corrupt,
       "byte 27: ", "not UTF-8"},
      {"a character that is cut", "ab\xe2\x82", ErrorKind::corrupt, "byte 2: ", "not UTF-8"},
      {"an overlong slash", "ab\xc0\xaf", ErrorKind::corrupt, "byte 2: ", "not UTF-8"},
      {"an overlong slash of three bytes", "ab\xe0\x80\xaf", ErrorKind::corrupt,
       "byte 2: ", "not UTF-8"},
      {"a surrogate", "ab\xed\xa0\x80", ErrorKind::corrupt, "byte 2: ", "not UTF-8"},
      {"more than U+10FFFF", "ab\xf4\x90\x80\x80", ErrorKind::corrupt, "byte 2: ", "not UTF-8"},
      {"a tail without a head", "ab\x80", ErrorKind::corrupt, "byte 2: ", "not UTF-8"},
      {"XML of others", "<?xml version='1.0'?><html><nmaprun></nmaprun></html>", ErrorKind::invalid,
       "byte 21: ", "\"html\""},
      {"another scanner's XML",
       "<nmaprun scanner=\"masscan\"><runstats><finished exit=\"success\"/>"
       "</runstats></nmaprun>",
       ErrorKind::invalid, "byte 0: ", "\"masscan\""},
  };
  for (const Row& row : rows) expect_refused(row);
  // What stands behind the end of the bytes is not theirs.
  const std::string euro = "ab\xe2\x82\xac";
  const auto cut = parse_nmap(std::string_view(euro).substr(0, 4));
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().message(), StartsWith("byte 2: not UTF-8"));
}

TEST(NmapRefusal, OfFilesThatAreTooLarge) {
  std::string file = as_normal({false, {{22}}});
  file.append(kMaxNmapBytes - file.size(), ' ');
  EXPECT_TRUE(parse_nmap(file));
  file += ' ';
  expect_refused({"a byte more", file, ErrorKind::invalid, "67,108,865 bytes", "67,108,864"});
  std::string tags = "<nmaprun scanner=\"nmap\">";
  while (tags.size() < 20'000'000) tags += "<a><a/><a b=''/></a>";
  expect_refused({"little text and many tags", xml(tags), ErrorKind::invalid,
                  "more than 4,000,000 elements", "scan one node"});
}

TEST(NmapRefusal, OfScansThatDidNotEnd) {
  const Scan scan{false, {{22}, {80}}};
  const Row rows[] = {
      {"greppable without its end", kOpen + "Host: 198.18.1.1 ()\tPorts: 22/open/tcp//ssh///\n",
       ErrorKind::corrupt, "line 2: ", "# Nmap done at"},
      {"an end in the middle of a line",
       kOpen + "Host: 198.18.1.1 ()\tPorts: 22/open/tcp//s\n#" + kDone, ErrorKind::corrupt,
       "line 3: ", "cut short"},
      {"the end of a terminal in a file", kOpen + "Nmap done: 1 IP address (1 host up)\n",
       ErrorKind::corrupt, "line 2: ", "# Nmap done at"},
      {"the end of a file in a terminal", "Starting Nmap 7.93\n" + kDone, ErrorKind::corrupt,
       "line 2: ", "Nmap done:"},
      {"a failure before the scan", "I cannot figure out \x1b device\nQUITTING!\n",
       ErrorKind::invalid, "line 2: ", "the scan failed: \"I cannot figure out \\x1b device\""},
      {"a failure within", kOpen + "Out of sockets\nQUITTING!\n" + kDone, ErrorKind::invalid,
       "line 3: ", "the scan failed: \"Out of sockets\""},
      {"a second scan", as_greppable(scan) + as_greppable(scan), ErrorKind::invalid,
       "line 5: ", "--append-output"},
      {"a scan that was resumed", kOpen + kOpen + kDone, ErrorKind::invalid,
       "line 2: ", "--resume"},
      {"XML without its end", "<nmaprun scanner=\"nmap\"><host>", ErrorKind::corrupt,
       "byte 30: ", "</nmaprun>"},
      {"XML whose scan was stopped", "<nmaprun scanner=\"nmap\"></nmaprun>", ErrorKind::corrupt,
       "byte 0: ", "<finished exit=\"success\">"},
      {"XML of a failed scan",
       "<nmaprun><runstats><finished exit=\"error\" errormsg=\"no &#x1b; device\"/></runstats>"
       "</nmaprun>",
       ErrorKind::invalid, "byte 19: ", "the scan failed: \"no \\x1b device\""},
      {"a second XML", as_xml(scan) + as_xml(scan), ErrorKind::invalid, "byte ", "--append-output"},
  };
  for (const Row& row : rows) expect_refused(row);
}

TEST(NmapRefusal, OfFilesCutShortAnywhere) {
  const Scan scan{true, {{22, Protocol::tcp, "open", "ssh", true}, {80}}};
  for (const Format& format : kFormats) {
    SCOPED_TRACE(format.description);
    const std::string file = format.render(scan);
    const std::size_t end = file.find(format.render == as_xml        ? "</nmaprun>\n"
                                      : format.render == as_terminal ? "Nmap done:"
                                                                     : "# Nmap done");
    ASSERT_NE(end, std::string::npos);
    for (std::size_t size = 0; size < end + 9; ++size) {
      ASSERT_FALSE(parse_nmap(std::string_view(file).substr(0, size))) << size;
    }
  }
}

TEST(NmapRefusal, OfHostsThatNothingCanBeLearnedFrom) {
  const std::string done_of = "# Nmap done at DATE -- ";
  const std::string closed = "22/closed/tcp//ssh///";
  std::string many, many_xml;
  for (int i = 1; i <= 9; ++i) {
    many += fmt::format("Host: 198.18.1.{} ()\tPorts: 22/open/tcp//ssh///\n", i);
    many_xml += xml_host(xml_port("22"), fmt::format("198.18.1.{}", i));
  }
  const Row rows[] = {
      {"no host", kOpen + done_of + "0 IP addresses (0 hosts up) scanned\n", ErrorKind::invalid,
       "no host was scanned", "resolves"},
      {"no host, and an end of another kind", kOpen + done_of + "moo\n", ErrorKind::invalid,
       "no host was scanned", ""},
      {"no host in XML", xml(""), ErrorKind::invalid, "no host was scanned", "resolves"},
      {"down", kOpen + done_of + "1 IP address (0 hosts up) scanned\n", ErrorKind::invalid,
       "the host was not seen up", "-Pn"},
      {"down, in greppable words", kOpen + "Host: 198.18.1.9 ()\tStatus: Down\n" + kDone,
       ErrorKind::invalid, "\"198.18.1.9\" was not seen up", "-Pn"},
      {"down, in normal words",
       kOpen + "Nmap scan report for node9 (198.18.1.9) [host down, received no-response]\n" +
           kDone,
       ErrorKind::invalid, "\"198.18.1.9\" was not seen up", "-Pn"},
      {"down, in XML",
       xml("<host><status state=\"down\"/><address addr=\"198.18.1.9\" addrtype=\"ipv4\"/></host>"),
       ErrorKind::invalid, "\"198.18.1.9\" was not seen up", "-Pn"},
      {"listed and not scanned", kOpen + "Host: 198.18.1.9 ()\tStatus: Unknown\n" + kDone,
       ErrorKind::invalid, "\"198.18.1.9\" was not seen up", "-sL"},
      {"left out by --open", kOpen + kDone, ErrorKind::invalid, "no open port on any host", "-p-"},
      {"pinged alone", kOpen + "Host: 198.18.1.1 ()\tStatus: Up\n" + kDone, ErrorKind::invalid,
       "198.18.1.1 shows no open port", "-p-"},
      {"all closed", greppable(closed), ErrorKind::invalid, "198.18.1.1 shows no open port", "-p-"},
      {"open by another protocol", normal("22/sctp open ssh\n"), ErrorKind::invalid,
       "198.18.1.1 shows no open port", "-p-"},
      {"a scan of protocols",
       kOpen + "Nmap scan report for 198.18.1.1\nPROTOCOL STATE SERVICE\n6 open tcp\n" + kDone,
       ErrorKind::invalid, "198.18.1.1 shows no open port", "-p-"},
      {"several", kOpen + many + kDone, ErrorKind::invalid,
       "several hosts are up (198.18.1.1, 198.18.1.2, 198.18.1.3, ...)", "one node at a time"},
      {"several in XML", xml(many_xml), ErrorKind::invalid,
       "several hosts are up (198.18.1.1, 198.18.1.2, 198.18.1.3, ...)", "one node at a time"},
      {"two, whose ports differ",
       normal("22/tcp open ssh\nNmap scan report for 198.18.1.2\nPORT STATE SERVICE\n"
              "22/tcp closed ssh\n"),
       ErrorKind::invalid, "several hosts are up (198.18.1.1, 198.18.1.2)", "one node at a time"},
  };
  for (const Row& row : rows) expect_refused(row);
}

TEST(NmapRefusal, OfPortsThatMakeNoSense) {
  const std::string long_name(51, 'x');
  std::string many = "7/open/tcp//echo///";
  for (std::size_t i = 1; i < kMaxNmapEntries; ++i) many += ", 7/open/tcp//echo///";
  EXPECT_TRUE(parse_nmap(greppable(many)));
  many += ", 7/open/tcp//echo///";
  const Row rows[] = {
      {"0", greppable("0/open/tcp/////"), ErrorKind::invalid, "line 2: ", "port 0 is open"},
      {"65536", normal("65536/tcp open x\n"), ErrorKind::invalid, "line 4: ", "65535 is the last"},
      {"a number beyond counting", xml(xml_host(xml_port("99999999999999999999"))),
       ErrorKind::invalid, "byte ", "65535 is the last"},
      {"below 0", xml(xml_host(xml_port("-22"))), ErrorKind::corrupt, "byte ", "\"-22\""},
      {"no number", greppable("ssh/open/tcp/////"), ErrorKind::corrupt, "line 2: ", "\"ssh\""},
      {"half a number", xml(xml_host(xml_port("22x"))), ErrorKind::corrupt, "byte ", "\"22x\""},
      {"no number at all", xml(xml_host("<port protocol=\"tcp\"/>")), ErrorKind::corrupt, "byte ",
       "\"\" is not the number"},
      {"no state", normal("22/tcp\n"), ErrorKind::corrupt, "line 4: ", "\"\" is not a state"},
      {"another state", xml(xml_host(xml_port("22", "ajar"))), ErrorKind::corrupt, "byte ",
       "\"ajar\""},
      {"no protocol", normal("22/ open ssh\n"), ErrorKind::corrupt,
       "line 4: ", "\"\" is not a protocol"},
      {"another protocol", xml(xml_host(xml_port("22", "open", "t\xc3\xa7p"))), ErrorKind::corrupt,
       "byte ", "\"t\xc3\xa7p\""},
      {"a field that would move the cursor", greppable("22/\x1b[2J/tcp/////"), ErrorKind::corrupt,
       "line 2: ", "\"\\x1b[2J\""},
      {"fields that are missing", greppable("22/open/tcp//ssh/"), ErrorKind::corrupt,
       "line 2: ", "less than 7 fields"},
      {"fields too many", greppable("22/open/tcp//ssh///x/, 23/open/tcp//ssh///"),
       ErrorKind::corrupt, "line 2: ", "does not end"},
      {"open and closed", greppable("22/open/tcp//ssh///, 22/closed/tcp//ssh///"),
       ErrorKind::invalid, "line 2: ", "22/tcp is closed here and open (ssh) before"},
      {"two services", normal("22/tcp open ssh\n22/tcp open http\n"), ErrorKind::invalid,
       "line 5: ", "22/tcp is open (http) here and open (ssh) before"},
      {"open and filtered in XML",
       xml(xml_host(xml_port("22")) + xml_host(xml_port("22", "filtered"))), ErrorKind::invalid,
       "byte ", "22/tcp is filtered here and open before"},
      {"more than there are", greppable(many), ErrorKind::invalid,
       "line 2: ", "more than 131,072 entries"},
      {"a name that Table 1 cannot hold", greppable("22/open/tcp//" + long_name + "///"),
       ErrorKind::invalid, "line 2: ", "51 bytes, and a profile holds 50"},
      {"one with its prefix", normal("22/tcp open ssl/" + long_name.substr(4) + "\n"),
       ErrorKind::invalid, "line 4: ", "51 bytes, and a profile holds 50"},
      {"the same in XML", xml_service(long_name), ErrorKind::invalid, "byte ", "51 bytes"},
      {"a name that would move the cursor", xml_service("a&#x1b;[2Jb"), ErrorKind::invalid, "byte ",
       "\"a\\x1b[2Jb\""},
      {"a name that would turn the text", xml_service("a&#x202e;b"), ErrorKind::invalid, "byte ",
       "\"a\\u{202e}b\""},
      {"a name of two words", xml_service("a b"), ErrorKind::invalid, "byte ",
       "one printable word"},
      {"a port before any host", kOpen + "PORT STATE SERVICE\n22/tcp open ssh\n" + kDone,
       ErrorKind::corrupt, "line 3: ", "no host that is up before it"},
      {"no address", kOpen + "Nmap scan report for node1\n" + kDone, ErrorKind::corrupt,
       "line 2: ", "\"node1\" is not the address"},
      {"no address in XML", xml("<host><status state=\"up\"/></host>"), ErrorKind::corrupt, "byte ",
       "\"\" is not the address"},
      {"half a host", kOpen + "Host: 198.18.1.1\tPorts: 22/open/tcp//ssh///\n" + kDone,
       ErrorKind::corrupt, "line 2: ", "\"198.18.1.1\" is not an address and a name"},
      {"a host's name that would move the cursor",
       kOpen + "Nmap scan report for a\x1b[2J (198.18.1.1)\n" + kDone, ErrorKind::corrupt,
       "line 2: ", "\"a\\x1b[2J\" cannot be the name"},
      {"a host's name without end",
       kOpen + "Nmap scan report for " + std::string(256, 'a') + " (198.18.1.1)\n" + kDone,
       ErrorKind::corrupt, "line 2: ", "cannot be the name"},
  };
  for (const Row& row : rows) expect_refused(row);
}

TEST(NmapRefusal, OfXmlThatWasMadeToHurt) {
  const std::string host = xml(xml_host(xml_port("22")));
  const Row rows[] = {
      {"entities that multiply",
       "<!DOCTYPE nmaprun [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;\">]>" + host,
       ErrorKind::invalid, "byte 19: ", "definition of an entity"},
      {"a subset without entities", "<!DOCTYPE nmaprun [<!ATTLIST a b CDATA 'c'>]>" + host,
       ErrorKind::invalid, "byte 0: ", "subset"},
      {"a subset behind a quoted >", "<!DOCTYPE nmaprun SYSTEM 'a>' [<?x?>]>" + host,
       ErrorKind::invalid, "byte 0: ", "subset"},
      {"tags that cross", "<nmaprun><a></b></nmaprun>", ErrorKind::corrupt, "byte ",
       "not well-formed XML"},
      {"an attribute without quotes", "<nmaprun scanner=nmap></nmaprun>", ErrorKind::corrupt,
       "byte ", "not well-formed XML"},
      {"an end in a comment", "<nmaprun><!-- </nmaprun> ", ErrorKind::corrupt, "byte ",
       "not well-formed XML"},
  };
  for (const Row& row : rows) expect_refused(row);
}

TEST(NmapRefusal, BearsNestingOfAnyDepth) {
  std::string nested;
  for (int i = 0; i < 1'000'000; ++i) nested += "<a>";
  expect_refused({"never closed", xml(nested), ErrorKind::corrupt, "byte ", "not well-formed"});
  for (int i = 0; i < 1'000'000; ++i) nested += "</a>";
  expect_refused({"closed", xml(nested), ErrorKind::invalid, "no host was scanned", ""});
}

}  // namespace
}  // namespace lockstep
