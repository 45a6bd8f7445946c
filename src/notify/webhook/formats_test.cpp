#include "notify/webhook/formats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "notify/test_messages.h"

namespace lockstep::notify {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

json::object body(const Message& message, WebhookFormat format) {
  return json::parse(body_of(message, format)).as_object();
}

TEST(JsonBody, HasAllFacts) {
  const json::object object = body(samples::full(), WebhookFormat::json);
  EXPECT_EQ(object.at("what"), "updated");
  EXPECT_EQ(object.at("alert"), "A-17");
  EXPECT_EQ(object.at("port"), 4444);
  EXPECT_EQ(object.at("nodes"), "node[017,201]");
  EXPECT_EQ(object.at("node_count"), 2);
  EXPECT_EQ(object.at("at"), "2026-12-01T00:00:03Z");
  EXPECT_FALSE(
      body({.what = What::alive, .cluster = "lab"}, WebhookFormat::json).contains("alert"));
}

TEST(OcsfBody, IsADetectionFinding) {
  struct Row {
    What what;
    int activity;
    int status;
  };
  const Row rows[] = {{What::raised, 1, 1},
                      {What::updated, 2, 2},
                      {What::repeated, 2, 2},
                      {What::resolved, 3, 4},
                      {What::test, 99, 99}};
  for (const Row& row : rows) {
    Message message = samples::full();
    message.what = row.what;
    const json::object object = body(message, WebhookFormat::ocsf);
    EXPECT_EQ(object.at("class_uid"), 2004);
    EXPECT_EQ(object.at("category_uid"), 2);
    EXPECT_EQ(object.at("activity_id"), row.activity);
    EXPECT_EQ(object.at("type_uid"), 200400 + row.activity);
    EXPECT_EQ(object.at("status_id"), row.status);
    EXPECT_EQ(object.at("severity_id"), 4);
    EXPECT_EQ(object.at("time"), 1'796'083'203'000);
    EXPECT_EQ(object.at("metadata").at("version"), "1.3.0");
    EXPECT_EQ(object.at("finding_info").at("uid"), "lab/A-17");
    EXPECT_EQ(object.at("resources").as_array().size(), 2U);
  }
}

TEST(SlackBody, MentionsNobodyWhateverANodeSays) {
  const json::object object = body(samples::hostile(), WebhookFormat::slack);
  const std::string text(object.at("text").as_string());
  EXPECT_THAT(text, testing::StartsWith("```\n"));
  EXPECT_THAT(text, testing::EndsWith("\n```"));
  EXPECT_EQ(text.find('`', 3), text.size() - 3) << "the block does not end early";
  EXPECT_THAT(text, Not(HasSubstr("<!channel>")));
  EXPECT_THAT(text, HasSubstr("&lt;!channel&gt;"));
}

TEST(Bodies, AreJsonWhateverANodeSays) {
  for (const WebhookFormat format :
       {WebhookFormat::json, WebhookFormat::ocsf, WebhookFormat::slack}) {
    EXPECT_FALSE(body_of(samples::full(), format).empty());
    json::error_code problem;
    json::parse_options options;
    options.allow_invalid_utf8 = true;  // the store has no such text
    json::parse(body_of(samples::hostile(), format), problem, {}, options);
    EXPECT_FALSE(problem) << static_cast<int>(format);
  }
}

}  // namespace
}  // namespace lockstep::notify
