#include "inventory/json/json_document.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace lockstep {
namespace {

TEST(JsonDocument, IsReadByPath) {
  const auto document = JsonDocument::parse(
      R"({"nodes": [{"name": "n1", "state": ["IDLE", "DRAIN"], "port": 6818, "owner": null}]}
)");
  ASSERT_TRUE(document) << document.error().message();
  const auto nodes = document->root().member("nodes");
  ASSERT_TRUE(nodes);
  const auto items = nodes->items();
  ASSERT_TRUE(items);
  const JsonValue node = items->at(0);
  EXPECT_EQ(node.member("name")->text().value(), "n1");
  EXPECT_EQ(node.member("name")->texts().value(), (std::vector<std::string>{"n1"}));
  EXPECT_EQ(node.find("state")->texts().value(), (std::vector<std::string>{"IDLE", "DRAIN"}));
  EXPECT_EQ(node.find("port")->number(), 6818);
  EXPECT_EQ(node.find("name")->number(), std::nullopt);
  EXPECT_FALSE(node.find("owner"));
  EXPECT_FALSE(node.find("none"));
  EXPECT_EQ(node.find("state")->path(), "nodes[0].state");
}

TEST(JsonDocument, TellsWhereItIsOtherThanExpected) {
  const auto document = JsonDocument::parse(R"({"a": [1, {"b\n\u202e": true}]})");
  ASSERT_TRUE(document);
  const JsonValue root = document->root();
  const JsonValue inner = root.member("a")->items()->at(1);
  EXPECT_EQ(root.text().error().message(), "the document: an object, where text is expected");
  EXPECT_EQ(root.member("c").error().message(), "the document: has no \"c\"");
  EXPECT_EQ(root.member("a")->texts().error().message(), "a[0]: a number, where text is expected");
  EXPECT_EQ(inner.items().error().message(), "a[1]: an object, where a list is expected");
  EXPECT_EQ(inner.members()->at(0).second.text().error().message(),
            "a[1][\"b\\n\\u{202e}\"]: true or false, where text is expected");
}

TEST(JsonDocument, TellsAtWhichByteItIsNone) {
  const struct {
    const char* description;
    std::string text;
    const char* message;
  } rows[] = {
      {"nothing", "", "not JSON at byte 0 of 0: "},
      {"a message", "slurm_load_node: error", "not JSON at byte 0 of 22: "},
      {"an end that is missing", R"({"a": [1, 2)", "not JSON at byte 11 of 11: incomplete"},
      {"something after the end", "{} {}", "not JSON at byte "},
      {"nested without end", std::string(100'000, '['), "not JSON at byte 32 of 100000: "},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    const auto document = JsonDocument::parse(row.text);
    ASSERT_FALSE(document);
    EXPECT_EQ(document.error().kind(), ErrorKind::invalid);
    EXPECT_EQ(document.error().message().find(row.message), 0U) << document.error().message();
  }
}

TEST(JsonDocument, KeepsBytesThatAreNotUtf8) {
  const auto document = JsonDocument::parse("[\"\xff\"]");
  ASSERT_TRUE(document) << document.error().message();
  EXPECT_EQ(document->root().texts().value(), (std::vector<std::string>{"\xff"}));
}

TEST(JsonDocument, AnyBytesAreReadOrRefused) {
  rc::check([](const std::string& text) {
    const auto document = JsonDocument::parse(text);
    if (!document) RC_ASSERT(!document.error().message().empty());
  });
}

}  // namespace
}  // namespace lockstep
