#include "cli/render_values.h"

#include "documents/documents.h"

#include <gtest/gtest.h>

#include "cli/render_plugin.h"
#include "cli/test_options.h"

namespace lockstep::cli {
namespace {

using namespace documents;

const WallTime kNow = WallTime(std::chrono::seconds(1'782'907'200));

control::ValueRow row(const std::string& node, const Value& value, const std::string& unit = "") {
  control::ValueRow result;
  result.fact = {{node, "mine", "size", value, unit}, kNow - std::chrono::hours(2)};
  return result;
}

TEST(RenderValues, FoldsNodesThatHaveTheSame) {
  std::vector<control::ValueRow> rows = {row("n1", 8.0, "GiB"), row("n2", 8.0, "GiB"),
                                         row("n3", "\x1b[2J")};
  rows[2].alert = 17;
  rows[2].expected = "like its class";
  rows[2].clones = "2 of 3 have 8";
  EXPECT_EQ(values_text(rows, kNow),
            "INSTANCE  NAME  VALUE      NODES   AGE  ALERT\n"
            "mine      size  \"\\x1b[2J\"  n3      2h   A-17: expected like its class; 2 of 3 have "
            "8\n"
            "mine      size  8 GiB      n[1-2]  2h   -\n");
  EXPECT_EQ(values_text({}, kNow), "No value is known.\n");
  EXPECT_EQ(values_json({rows[0]}),
            R"({"count":1,"values":[{"node":"n1","instance":"mine","name":"size","value":8E0,)"
            R"("unit":"GiB","measured":"2026-07-01T10:00:00Z","alert":null,"expected":null,)"
            R"("clones":null}]})"
            "\n");
}

TEST(RenderValues, TellsWhatIsMissing) {
  control::ValueRow absent = row("n1", "");
  absent.missing = true;
  EXPECT_EQ(values_text({absent}, kNow),
            "INSTANCE  NAME  VALUE    NODES  AGE  ALERT\n"
            "mine      size  missing  n1     2h   -\n");
  EXPECT_NE(node_values_text({absent}, kNow).find("missing"), std::string::npos);
  EXPECT_NE(values_json({absent}).find("\"value\":null"), std::string::npos);
}

TEST(RenderPlugin, TellsWhatIsWrong) {
  PluginReport report;
  report.values = {{"n1", "test", "kernel", "6.1", ""}};
  report.checks = {{"covers each node", {}, "0.1 s"}};
  EXPECT_EQ(plugin_text(report),
            "NODE  NAME    VALUE\n"
            "n1    kernel  \"6.1\"\n"
            "\n"
            "good  covers each node (0.1 s)\n"
            "\n"
            "The plug-in keeps the contract.\n");
  const IpAddress address = IpAddress::v4(0x7f010001);
  report.ports = {{"n1", address, "m", Protocol::udp, 53, PortState::open, Evidence::udp_reply}};
  report.looks = {{"n1", "test", "m", address, "1-1024", "53", WallTime()},
                  {"n2", "test", "m", address, "", "53", WallTime()}};
  EXPECT_TRUE(
      plugin_text(report).starts_with("NODE  NAME      VALUE\n"
                                      "n1    kernel    \"6.1\"\n"
                                      "n1    53/udp    open at 127.1.0.1\n"
                                      "n1    examined  tcp 1-1024, udp 53 at 127.1.0.1\n"
                                      "n2    examined  udp 53 at 127.1.0.1\n"))
      << plugin_text(report);
  EXPECT_TRUE(plugin_json(report).contains(
      R"("examined":[{"node":"n1","address":"127.1.0.1","tcp":"1-1024","udp":"53"},)"))
      << plugin_json(report);
  report.checks.push_back({"ends on SIGTERM", {"it did not"}, ""});
  report.complaint = "why\x1b";
  EXPECT_FALSE(report.good());
  EXPECT_TRUE(plugin_text(report).contains("on its standard error: \"why\\x1b\"\n"));
  EXPECT_TRUE(plugin_text(report).contains("WRONG ends on SIGTERM\n      it did not\n"));
}

TEST(ValueOptions, AreParsed) {
  EXPECT_EQ(parsed<ValuesCommand>({"values"}).nodes, "");
  const auto values = parsed<ValuesCommand>({"values", "n[1-3]", "--instance", "mine", "--json"});
  EXPECT_EQ(values.nodes, "n[1-3]");
  EXPECT_EQ(values.instance, "mine");
  EXPECT_TRUE(values.json);
  const auto test = parsed<PluginTestCommand>(
      {"plugin", "test", "--parameter", "a=1", "--parameter", "b=2", "--", "./mine", "-x", "y"});
  EXPECT_EQ(test.words, (std::vector<std::string>{"./mine", "-x", "y"}));
  EXPECT_EQ(test.parameters, (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_EQ(test.timeout_s, 60);
}

}  // namespace
}  // namespace lockstep::cli
