#include "profiles/csv_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kHeader = std::string(kCsvTableHeader) + "\n";

TEST(CsvTable, IsKnownByItsHeader) {
  EXPECT_TRUE(is_csv_table(kCsvTableHeader));
  EXPECT_TRUE(is_csv_table(kHeader + "22,tcp,,compute\n"));
  EXPECT_TRUE(is_csv_table(std::string(kCsvTableHeader) + "\r\n22,tcp,,compute\r\n"));
  EXPECT_TRUE(is_csv_table("\xef\xbb\xbf" + kHeader)) << "as spreadsheets write it";
  for (const char* const text : {"", "\n", "22,tcp,,compute", "port,protocol", "# Nmap 7.93",
                                 "port,protocol,service,host_type,more"}) {
    EXPECT_FALSE(is_csv_table(text)) << text;
  }
}

TEST(CsvTable, GivesTheRowsOfAHostType) {
  const auto ports = parse_csv_table("\xef\xbb\xbf" + kHeader +
                                         "6818,tcp,,compute\r\n"
                                         "# by hand\n"
                                         "\n"
                                         "  22 , tcp , ssh , compute \n"
                                         "22,tcp,,login\n"
                                         "53,udp,\"a, \"\"b\"\"\",\"compute\"\n"
                                         "53,tcp,,compute\n"
                                         "988,tcp,,compute@fabric",
                                     "compute");
  EXPECT_THAT(ports.value(), ElementsAre(ExpectedPort{22, Protocol::tcp, "ssh", ""},
                                         ExpectedPort{53, Protocol::tcp, "", ""},
                                         ExpectedPort{53, Protocol::udp, "a, \"b\"", ""},
                                         ExpectedPort{6818, Protocol::tcp, "", ""}));
  EXPECT_THAT(parse_csv_table(kHeader + "988,tcp,,compute@fabric", "compute@fabric").value(),
              testing::SizeIs(1));
}

TEST(CsvTable, RefusesWithTheLine) {
  const struct {
    const char* description;
    std::string text;
    const char* says;
  } kRows[] = {
      {"nothing", "", "line 1: the table begins with the line port,protocol,service,host_type"},
      {"comments alone", "# nothing\n\n", "the table begins with the line"},
      {"no header: no row may be taken for one", "22,tcp,,compute\n80,tcp,,compute\n",
       "line 1: the table begins with"},
      {"a header with more", "port,protocol,service,host_type,until\n22,tcp,,compute,\n",
       "the table begins with"},
      {"the header alone", kHeader, "no row has the host type \"compute\""},
      {"other host types", kHeader + "22,tcp,,compute2\n22,tcp,,Compute\n",
       "no row has the host type"},
      {"three fields", kHeader + "22,tcp,compute\n", "line 2: 3 fields where the header has 4"},
      {"five fields, of another host type", kHeader + "22,tcp,,login,\n", "line 2: 5 fields"},
      {"port 0", kHeader + "0,tcp,,compute\n", "line 2: \"0\" is no port"},
      {"port 65536", kHeader + "65536,tcp,,compute\n", "line 2: \"65536\" is no port"},
      {"a port below 0", kHeader + "-1,tcp,,compute\n", "\"-1\" is no port"},
      {"a signed port", kHeader + "+22,tcp,,compute\n", "\"+22\" is no port"},
      {"a port of a spreadsheet", kHeader + "22.0,tcp,,compute\n", "\"22.0\" is no port"},
      {"a hexadecimal port", kHeader + "0x16,tcp,,compute\n", "is no port"},
      {"no port", kHeader + ",tcp,,compute\n", "\"\" is no port"},
      {"a NUL", kHeader + std::string("22\0,tcp,,compute\n", 17), "is no port"},
      {"a terminal's escape", kHeader + "\x1b[2K,tcp,,compute\n", "\"\\x1b[2K\" is no port"},
      {"another protocol", kHeader + "22,sctp,,compute\n", "\"sctp\" is neither tcp nor udp"},
      {"upper case", kHeader + "22,TCP,,compute\n", "\"TCP\" is neither"},
      {"a port twice", kHeader + "22,tcp,,compute\n80,tcp,,compute\n22,tcp,ssh,compute\n",
       "line 4: port 22 stands twice"},
      {"a quote that never closes", kHeader + "22,tcp,\"ssh,compute\n", "line 2: a quote"},
      {"a quote within a field", kHeader + "22,tcp,s\"sh,compute\n", "line 2: a quote"},
      {"lines are counted within quotes", kHeader + "22,tcp,\"a\nb\",compute\n0,tcp,,compute\n",
       "line 4: \"0\" is no port"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const auto ports = parse_csv_table(row.text, "compute");
    ASSERT_FALSE(ports.has_value());
    EXPECT_EQ(ports.error().kind(), ErrorKind::invalid);
    EXPECT_THAT(ports.error().message(), HasSubstr(row.says));
  }
}

TEST(CsvTable, HasABound) {
  const std::string large(std::size_t{64} << 20, '\n');
  EXPECT_THAT(parse_csv_table(kHeader + large, "compute").error().message(), HasSubstr("64 MiB"));
}

RC_GTEST_PROP(CsvTable, SurvivesAnyText, (const std::string& text)) {
  const auto ports = parse_csv_table(kHeader + text, "compute");
  RC_ASSERT(!ports || !ports->empty());
  RC_ASSERT(!parse_csv_table(text, "compute").has_value());
}

RC_GTEST_PROP(CsvTable, ReadsWhatIsWritten, (const std::set<Port>& ports)) {
  std::string text = kHeader;
  std::vector<ExpectedPort> expected;
  for (const Port port : ports) {
    if (port == 0) continue;
    const std::string service = *rc::gen::element<std::string>("", "ssh", "a,b", "\"");
    std::string quoted;
    for (const char c : service) quoted += c == '"' ? "\"\"" : std::string(1, c);
    text += std::to_string(port) + ",tcp,\"" + quoted + "\",compute\n";
    expected.push_back({port, Protocol::tcp, service, ""});
  }
  RC_PRE(!expected.empty());
  RC_ASSERT(parse_csv_table(text, "compute").value() == expected);
}

}  // namespace
}  // namespace lockstep
