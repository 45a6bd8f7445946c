#include "collectors/exec/plugin_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace lockstep::exec {
namespace {

using Lines = std::vector<std::string>;

const std::vector<PluginNode> kNodes = {
    {"n1", {{IpAddress::v4(0xc6120001), "management"}, {IpAddress::v4(0xc6130001), "fabric"}}, {}},
    {"n2", {{IpAddress::v4(0xc6120002), "management"}}, {}}};

std::string told(const Value& value) {
  if (const double* const number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  return std::get<std::string>(value);
}

/// Everything that comes of an output, one line each.
struct Reading {
  explicit Reading(std::string_view output, std::size_t piece = 1 << 20, bool cut_short = false) {
    PluginReader reader(
        "mine", kNodes,
        {.value =
             [&](const ValueObservation& v) {
               lines.push_back(fmt::format("{} {}={} {}", v.node, v.name, told(v.value), v.unit));
             },
         .port =
             [&](const PortObservation& p) {
               lines.push_back(fmt::format("{} {} {}/{} {}", p.node, p.address.to_string(), p.port,
                                           to_string(p.protocol), p.network));
             },
         .look =
             [&](const ReportedLook& look) {
               if (!look.declares()) return;
               looks.push_back(fmt::format("{} {} {} tcp {} udp {}", look.node, look.network,
                                           look.address.to_string(), look.tcp, look.udp));
             }});
    while (!output.empty() && reader.take(output.substr(0, piece))) {
      output.remove_prefix(std::min(piece, output.size()));
    }
    reader.finish(cut_short);
    for (const PluginNode& node : kNodes) {
      const auto& answer = reader.of(node.name);
      if (answer.answer == PluginReader::Answer::covered) lines.push_back(node.name + " covered");
      if (answer.answer == PluginReader::Answer::failed) {
        lines.push_back(node.name + " failed: " + answer.error);
      }
    }
    for (const Violation& each : reader.violations()) violations.push_back(to_string(each));
    error = reader.error();
  }

  Lines lines;
  Lines looks;
  Lines violations;
  std::string error;
};

constexpr const char* kGood =
    R"({"value": {"node": "n1", "name": "kernel", "value": "6.1.0"}}
{"value": {"node": "n1", "name": "memory", "value": 512, "unit": "GiB"}}
{"value": {"node": "n1", "name": "selinux", "value": true}}

{"port": {"node": "n1", "port": 80}}
{"port": {"node": "n1", "address": "198.19.0.1", "protocol": "udp", "port": 53}}
{"covered": {"node": "n1"}}
{"error": {"node": "n2", "message": "no route"}}
{"error": {"message": "the map is old"}})";

TEST(PluginReader, UnderstandsTheContract) {
  const Reading reading(kGood);
  EXPECT_EQ(reading.lines, Lines({"n1 kernel=6.1.0 ", "n1 memory=512 GiB", "n1 selinux=true ",
                                  "n1 198.18.0.1 80/tcp management", "n1 198.19.0.1 53/udp fabric",
                                  "n1 covered", "n2 failed: no route"}));
  EXPECT_EQ(reading.violations, Lines());
  EXPECT_EQ(reading.error, "the map is old");
}

TEST(PluginReader, DoesNotCareHowPiecesFall) {
  const Reading whole(kGood);
  rc::check([&] {
    const auto piece = *rc::gen::inRange<std::size_t>(1, 200);
    RC_ASSERT(Reading(kGood, piece).lines == whole.lines);
  });
}

TEST(PluginReader, ReadsALastLineWithoutAnEndUnlessItWasCutShort) {
  const std::string line = R"({"covered": {"node": "n1"}})";
  EXPECT_EQ(Reading(line).lines, Lines({"n1 covered"}));
  EXPECT_EQ(Reading(line, 5, true).lines, Lines());
  EXPECT_EQ(Reading(line.substr(0, 9), 5, true).violations, Lines());
}

TEST(PluginReader, TellsWhatIsWrongWithALineAndGoesOn) {
  const struct {
    const char* description;
    std::string line;
    const char* complaint;
  } rows[] = {
      {"no JSON", "hello", "it is no JSON"},
      {"bytes", std::string("\x00\xff\xfe", 3), "it is no JSON"},
      {"no UTF-8", "{\"value\": {\"node\": \"n2\", \"name\": \"a\", \"value\": \"\xff\"}}",
       "it is no JSON"},
      {"a list", "[1]", "it is no object with one key"},
      {"two messages", R"({"covered": {"node": "n2"}, "value": 1})", "one key"},
      {"another message", R"({"coverd": {"node": "n2"}})", "no message is called \"coverd\""},
      {"no object in it", R"({"covered": "n2"})", "\"covered\" is no object"},
      {"another key", R"({"covered": {"node": "n2", "nodes": 1}})", "no key \"nodes\""},
      {"no node", R"({"value": {"name": "a", "value": 1}})", "lacks \"node\""},
      {"a node that is a number", R"({"covered": {"node": 2}})", "is no text"},
      {"no name", R"({"value": {"node": "n2", "value": 1}})", "lacks \"name\""},
      {"a bad name", R"({"value": {"node": "n2", "name": "a b", "value": 1}})", "is not of A-Z"},
      {"a long name",
       fmt::format(R"({{"value": {{"node": "n2", "name": "{}", "value": 1}}}})",
                   std::string(101, 'a')),
       "101 bytes"},
      {"no value", R"({"value": {"node": "n2", "name": "a"}})", "lacks \"value\""},
      {"null", R"({"value": {"node": "n2", "name": "a", "value": null}})",
       "neither a number nor a text"},
      {"NaN", R"({"value": {"node": "n2", "name": "a", "value": NaN}})", "it is no JSON"},
      {"a number without end", R"({"value": {"node": "n2", "name": "a", "value": 1e999}})",
       "number"},
      {"a long text",
       fmt::format(R"({{"value": {{"node": "n2", "name": "a", "value": "{}"}}}})",
                   std::string(1025, 'a')),
       "1025 bytes"},
      {"deep", std::string(5000, '['), "it is no JSON"},
      {"a long line", std::string(kMaxLineBytes + 5, ' ') + "x", "more than 65536 bytes"},
      {"port 0", R"({"port": {"node": "n2", "port": 0}})", "1 to 65535"},
      {"port as text", R"({"port": {"node": "n2", "port": "80"}})", "1 to 65535"},
      {"a foreign address", R"({"port": {"node": "n2", "address": "198.18.0.1", "port": 80}})",
       "the node has no address"},
      {"a foreign node", R"({"value": {"node": "n3", "name": "a", "value": 1}})",
       "not asked about the node \"n3\""},
      {"an error without a message", R"({"error": {"node": "n2"}})", "lacks \"message\""},
  };
  for (const auto& row : rows) {
    const Reading reading(row.line + "\n{\"covered\": {\"node\": \"n1\"}}\n", 1000);
    ASSERT_EQ(reading.violations.size(), 1U) << row.description;
    EXPECT_TRUE(reading.violations[0].starts_with("line 1: ")) << reading.violations[0];
    EXPECT_TRUE(reading.violations[0].contains(row.complaint)) << reading.violations[0];
    EXPECT_EQ(reading.lines, Lines({"n1 covered"})) << row.description;
  }
}

TEST(PluginReader, CoversANodeOnce) {
  const Reading twice("{\"covered\": {\"node\": \"n1\"}}\n{\"covered\": {\"node\": \"n1\"}}\n");
  ASSERT_EQ(twice.violations.size(), 1U);
  EXPECT_TRUE(twice.violations[0].starts_with("line 2: the node is covered already"));
  const Reading late(
      "{\"covered\": {\"node\": \"n1\"}}\n{\"value\": {\"node\": \"n1\", \"name\": \"a\", "
      "\"value\": 1}}\n");
  EXPECT_EQ(late.violations.size(), 1U);
  const Reading port(
      "{\"covered\": {\"node\": \"n1\"}}\n{\"port\": {\"node\": \"n1\", \"port\": 80}}\n");
  EXPECT_EQ(port.violations.size(), 1U);
  EXPECT_EQ(port.lines, Lines({"n1 covered"}));
}

TEST(PluginReader, TellsWhichPortsWereExamined) {
  const struct {
    const char* description;
    const char* line;
    Lines looks;
  } rows[] = {
      {"nothing is said", R"({"covered": {"node": "n1"}})", {}},
      {"at the first address",
       R"({"covered": {"node": "n1", "tcp": "22, 1-3", "udp": "all"}})",
       {"n1 management 198.18.0.1 tcp 1-3,22 udp 1-65535"}},
      {"elsewhere",
       R"({"covered": {"node": "n1", "tcp": "22", "addresses": ["198.19.0.1"]}})",
       {"n1 fabric 198.19.0.1 tcp 22 udp "}},
      {"at both",
       R"({"covered": {"node": "n1", "udp": "53", "addresses": ["198.19.0.1", "198.18.0.1"]}})",
       {"n1 management 198.18.0.1 tcp  udp 53", "n1 fabric 198.19.0.1 tcp  udp 53"}},
  };
  for (const auto& row : rows) {
    const Reading reading(row.line);
    EXPECT_EQ(reading.looks, row.looks) << row.description;
    EXPECT_EQ(reading.violations, Lines()) << row.description;
    EXPECT_EQ(reading.lines, Lines({"n1 covered"})) << row.description;
  }
}

TEST(PluginReader, TellsWhatIsWrongWithThePortsThatWereExamined) {
  const struct {
    const char* description;
    std::string line;
    const char* complaint;
    bool covered;
  } rows[] = {
      {"a name", R"({"covered": {"node": "n1", "tcp": "ssh"}})", "ssh", true},
      {"port 0", R"({"covered": {"node": "n1", "tcp": "0-5"}})", "\"0-5\" is no set of ports",
       true},
      {"a number", R"({"covered": {"node": "n1", "tcp": 22}})", "is no text", false},
      {"long",
       fmt::format(R"({{"covered": {{"node": "n1", "tcp": "{}1"}}}})", std::string(1024, ' ')),
       "1025 bytes", false},
      {"a foreign address",
       R"({"covered": {"node": "n1", "tcp": "1", "addresses": ["198.18.0.2"]}})", "not the node's",
       true},
      {"an address twice",
       R"({"covered": {"node": "n2", "tcp": "1", "addresses": ["198.18.0.2", "198.18.0.2"]}})",
       "twice", true},
      {"addresses without ports", R"({"covered": {"node": "n1", "addresses": ["198.18.0.1"]}})",
       "add \"tcp\" or \"udp\"", false},
      {"addresses that are none", R"({"covered": {"node": "n1", "tcp": "1", "addresses": [7]}})",
       "no text", false},
      {"addresses that are no list", R"({"covered": {"node": "n1", "tcp": "1", "addresses": "a"}})",
       "no list", false},
  };
  for (const auto& row : rows) {
    const Reading reading(row.line);
    ASSERT_EQ(reading.violations.size(), 1U) << row.description;
    EXPECT_TRUE(reading.violations[0].contains(row.complaint)) << reading.violations[0];
    EXPECT_EQ(reading.looks, Lines()) << row.description;
    EXPECT_EQ(reading.lines.size(), row.covered ? 1U : 0U) << row.description;
  }
}

TEST(PluginReader, BoundsTheSetsOfPortsOfARun) {
  std::vector<PluginNode> nodes;
  std::string output;
  for (std::size_t i = 0; i <= PluginReader::kMostPortSets; ++i) {
    nodes.push_back({fmt::format("m{}", i), {{IpAddress::v4(0xc6120001), "management"}}, {}});
    output += fmt::format("{{\"covered\": {{\"node\": \"m{}\", \"tcp\": \"{}\"}}}}\n", i, i + 1);
  }
  std::size_t looks = 0;
  PluginReader reader("mine", nodes,
                      {.value = {}, .port = {}, .look = [&](const ReportedLook&) { ++looks; }});
  EXPECT_TRUE(reader.take(output));
  EXPECT_EQ(looks, PluginReader::kMostPortSets);
  ASSERT_EQ(reader.violations().size(), 1U);
  EXPECT_TRUE(to_string(reader.violations()[0]).contains("more than 32 different sets"));
}

TEST(PluginReader, BoundsTheValuesOfANode) {
  std::string output;
  for (std::size_t i = 0; i <= kMaxValuesANode; ++i) {
    output +=
        fmt::format("{{\"value\": {{\"node\": \"n1\", \"name\": \"v{}\", \"value\": 1}}}}\n", i);
  }
  const Reading reading(output);
  EXPECT_EQ(reading.lines.size(), kMaxValuesANode);
  ASSERT_EQ(reading.violations.size(), 1U);
  EXPECT_TRUE(reading.violations[0].contains("more than 1000 values"));
}

TEST(PluginReader, GivesUpOnAFlood) {
  std::string output;
  for (int i = 0; i < 5000; ++i) output += "garbage\n";
  PluginReader reader("mine", kNodes, {});
  EXPECT_FALSE(reader.take(output));
  EXPECT_EQ(reader.violation_count(), PluginReader::kMostBorne);
  EXPECT_EQ(reader.violations().size(), PluginReader::kMostKept);
}

}  // namespace
}  // namespace lockstep::exec
