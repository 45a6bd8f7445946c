// What the page changes: proposals of profiles, windows of maintenance; and notices.

#include <fmt/format.h>

#include "documents/json_parts.h"
#include "serve/api/test_world.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kTable =
    R"({"open_ports":[{"port":22,"protocol":"tcp","service":"ssh"}],"note":"as it should be"})";

json::array rows(const HttpResponse& response, const char* key) {
  return json::parse(response.body).as_object().at(key).as_array();
}

std::string text(const json::value& row, const char* key) {
  return std::string(row.as_object().at(key).as_string());
}

TEST_F(ApiTest, AnEditedTableWaitsForApproval) {
  const std::string secret = token(Role::admin);  // of user1
  const HttpResponse put = ask("PUT", "/profiles/compute/proposal", secret, kTable);
  ASSERT_EQ(put.status, 200U) << put.body;
  EXPECT_EQ(text(rows(put, "waiting")[0], "origin"), "edited by user1");
  const HttpResponse network = ask("PUT", "/profiles/compute%40hsn/proposal", secret, kTable);
  ASSERT_EQ(network.status, 200U) << network.body;
  const HttpResponse shown = ask("GET", "/profiles", secret);
  const json::array changes = rows(shown, "changes");
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(text(changes[0], "change"), "added");
  EXPECT_EQ(text(changes[1], "host_type"), "compute@hsn");
  EXPECT_EQ(rows(shown, "classes").size(), 2U) << "login has none yet";
  EXPECT_TRUE(rows(shown, "open_ports").empty()) << "nothing counts before it is approved";
  EXPECT_EQ(ask("DELETE", "/profiles/compute@hsn/proposal", secret).status, 204U);
  EXPECT_EQ(ask("DELETE", "/profiles/compute@hsn/proposal", secret).status, 404U);
  ASSERT_EQ(ask("POST", "/profiles/compute/approve", secret).status, 200U);
  const json::array entries = rows(ask("GET", "/profiles/compute/history", secret), "entries");
  std::vector<std::string> acts;
  for (const json::value& entry : entries) {
    acts.push_back(text(entry, "action") + " " + text(entry, "host_type"));
  }
  EXPECT_THAT(
      acts, ElementsAre("approve compute", "drop compute@hsn", "edit compute@hsn", "edit compute"));
  EXPECT_EQ(text(entries[3], "detail"), "1 ports: as it should be");
  EXPECT_EQ(text(entries[3], "by"), "user1");
}

TEST_F(ApiTest, WhatWouldMakeNoProfileIsTold) {
  const std::string secret = token(Role::admin);
  const struct {
    const char* body;
    const char* message;
  } cases[] = {
      {"", "open_ports"},
      {R"({"open_ports":{}})", "open_ports"},
      {R"({"open_ports":[]})", "no port"},
      {R"({"open_ports":[1]})", "row 1"},
      {R"({"open_ports":[{"port":22,"protocol":"tcp"},{"port":"x","protocol":"tcp"}]})", "row 2"},
      {R"({"open_ports":[{"port":70000,"protocol":"tcp"}]})", "row 1: 70000"},
      {R"({"open_ports":[{"port":22.5,"protocol":"tcp"}]})", "row 1"},
      {R"({"open_ports":[{"port":22}]})", "row 1: the protocol"},
      {R"({"open_ports":[{"port":22,"protocol":"tcp","service":1}]})", "row 1: \"service\""},
      {R"({"open_ports":[{"port":22,"protocol":"tcp","x":1}]})", "row 1: it has an unknown key"},
      {R"({"open_ports":[],"x":1})", "unknown key"},
  };
  for (const auto& each : cases) {
    const HttpResponse answer = ask("PUT", "/profiles/compute/proposal", secret, each.body);
    EXPECT_EQ(answer.status, 400U) << each.body;
    EXPECT_THAT(text(parse(answer)["error"], "message"), HasSubstr(each.message)) << each.body;
  }
  EXPECT_EQ(ask("PUT", "/profiles/a,b/proposal", secret, kTable).status, 400U);
  EXPECT_TRUE(store_->baselines()->empty());
}

TEST_F(ApiTest, LearningBeginsAndIsNotWaitedFor) {
  const std::string secret = token(Role::admin);
  EXPECT_EQ(ask("POST", "/profiles/compute/learn", secret).status, 202U);
  EXPECT_EQ(ask("POST", "/profiles/compute@hsn/learn", secret, R"({"node":"node3"})").status, 202U);
  EXPECT_EQ(ask("POST", "/profiles/compute/learn", secret, R"({"node":"nobody"})").status, 404U);
  EXPECT_THAT(world_->told,
              ElementsAre("learn compute from  by user1", "learn compute@hsn from node3 by user1"));
}

TEST_F(ApiTest, NobodyApprovesWhatHeHasNotSeen) {
  const std::string secret = token(Role::admin);
  const auto propose = [&](int port) {
    const std::string body =
        fmt::format(R"({{"open_ports":[{{"port":{},"protocol":"tcp","service":""}}]}})", port);
    ASSERT_EQ(ask("PUT", "/profiles/compute/proposal", secret, body).status, 200U);
  };
  propose(22);
  const std::string seen = documents::time_text(store_->baselines()->front().made);
  world_->time += std::chrono::seconds(5);
  propose(4444);
  const std::string approval =
      fmt::format(R"({{"what":"baseline","made":{{"compute":"{}"}}}})", seen);
  const HttpResponse refused = ask("POST", "/profiles/compute/approve", secret, approval);
  EXPECT_EQ(refused.status, 400U);
  EXPECT_THAT(refused.body, HasSubstr("another than you saw"));
  EXPECT_EQ(store_->baselines()->size(), 1U);
  const std::string now = documents::time_text(store_->baselines()->front().made);
  EXPECT_EQ(ask("POST", "/profiles/compute/approve", secret,
                fmt::format(R"({{"what":"baseline","made":{{"compute":"{}"}}}})", now))
                .status,
            200U);
}

TEST_F(ApiTest, OfAnothersClassNothingIsThere) {
  const std::string secret = token(Role::admin, {"login"});
  EXPECT_EQ(ask("PUT", "/profiles/compute/proposal", secret, kTable).status, 404U);
  EXPECT_EQ(ask("PUT", "/profiles/compute@login/proposal", secret, kTable).status, 404U);
  EXPECT_EQ(ask("POST", "/profiles/compute/learn", secret).status, 404U);
  EXPECT_EQ(ask("GET", "/profiles/compute/history", secret).status, 404U);
  EXPECT_EQ(ask("DELETE", "/profiles/compute/proposal", secret).status, 404U);
  EXPECT_EQ(ask("PUT", "/profiles/login/proposal", secret, kTable).status, 200U);
  EXPECT_EQ(rows(ask("GET", "/profiles", secret), "classes").size(), 1U);
  for (const char* const path : {"/notices", "/outbox"}) {
    EXPECT_EQ(ask("GET", path, secret).status, 403U) << path;
  }
  EXPECT_EQ(ask("POST", "/notices/test", secret, R"({"channel":"ops"})").status, 403U);
  EXPECT_THAT(world_->told, testing::IsEmpty());
}

TEST_F(ApiTest, NoticesShowWhatWasTold) {
  const auto message = [&](const char* dedup, MessageState state) {
    return OutboxMessage{.channel = "ops",
                         .dedup = dedup,
                         .made = world_->time,
                         .due = world_->time,
                         .state = state,
                         .problem = "away"};
  };
  ASSERT_TRUE(store_->change_notices([&](const NoticeBook&) -> Result<NoticeChanges> {
    return NoticeChanges{
        .written = {{.channel = "ops",
                     .cause = "A-1",
                     .state = NoticeState::told,
                     .since = world_->time,
                     .nodes = "node1"}},
        .messages = {message("a", MessageState::waiting), message("b", MessageState::delivered)}};
  }));
  const std::string secret = token(Role::operating);
  const HttpResponse notices = ask("GET", "/notices", secret);
  EXPECT_EQ(text(rows(notices, "channels")[0], "kind"), "webhook");
  EXPECT_EQ(text(rows(notices, "notices")[0], "cause"), "A-1");
  EXPECT_EQ(parse(notices).at("waiting").as_object().at("ops"), 1);
  EXPECT_EQ(parse(ask("GET", "/outbox", secret)).at("count"), 2);
  const json::array waiting =
      rows(ask("GET", "/outbox?state=waiting&channel=ops", secret), "messages");
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_EQ(text(waiting[0], "title"), "of a");
  EXPECT_EQ(text(waiting[0], "problem"), "away");
  EXPECT_EQ(parse(ask("GET", "/outbox?channel=%27", secret)).at("count"), 0);
  EXPECT_EQ(ask("GET", "/outbox?state=lost", secret).status, 400U);
}

TEST_F(ApiTest, AChannelIsTried) {
  const std::string secret = token(Role::admin);
  const HttpResponse tried = ask("POST", "/notices/test", secret, R"({"channel":"ops"})");
  ASSERT_EQ(tried.status, 200U) << tried.body;
  EXPECT_EQ(parse(tried).at("delivered"), false);
  EXPECT_EQ(parse(tried).at("problem"), "away");
  EXPECT_EQ(ask("POST", "/notices/test", secret, R"({"channel":"x"})").status, 404U);
  EXPECT_EQ(ask("POST", "/notices/test", secret, "{}").status, 400U);
  EXPECT_THAT(world_->told, ElementsAre("test ops"));
  EXPECT_EQ(store_->audit(1)->front().action, "notify test");
}

TEST_F(ApiTest, AWindowOfMaintenanceIsOpenedAndTakenAway) {
  const std::string secret = token(Role::operating);
  const HttpResponse opened =
      ask("POST", "/maintenance", secret,
          R"({"nodes":"@compute","for":"4h","from":"2027-01-15T09:00:00Z","note":"switch"})");
  ASSERT_EQ(opened.status, 200U) << opened.body;
  EXPECT_EQ(parse(opened).at("id"), 1);
  EXPECT_EQ(parse(opened).at("nodes"), "node[1-4]");
  EXPECT_EQ(parse(opened).at("until"), "2027-01-15T13:00:00Z");
  const json::array listed = rows(ask("GET", "/maintenance", token(Role::viewer)), "maintenance");
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(text(listed[0], "source"), "configuration");
  EXPECT_TRUE(listed[0].as_object().at("id").is_null());
  EXPECT_EQ(text(listed[1], "source"), "user1");
  EXPECT_EQ(ask("DELETE", "/maintenance/1", secret).status, 204U);
  EXPECT_EQ(ask("DELETE", "/maintenance/1", secret).status, 404U);
  EXPECT_EQ(parse(ask("GET", "/maintenance", secret)).at("count"), 1);
  const struct {
    const char* body;
    unsigned status;
    const char* message;
  } cases[] = {
      {R"({"nodes":"","for":"4h"})", 400, "nodes"},
      {R"({"nodes":"node[1-","for":"4h"})", 400, "node[1-"},
      {R"({"nodes":"node9","for":"4h"})", 404, "node9"},
      {R"({"nodes":"node1"})", 400, "for"},
      {R"({"nodes":"node1","for":"soon"})", 400, "for"},
      {R"({"nodes":"node1","for":"400d"})", 400, "at most 90 days"},
      {R"({"nodes":"node1","for":"4h","from":"now"})", 400, "from"},
      {R"({"nodes":"node1","for":"1h","from":"2020-01-01T00:00:00Z"})", 400, "over already"},
      {R"({"nodes":"node1","for":"4h","until":"x"})", 400, "unknown key"},
  };
  for (const auto& each : cases) {
    const HttpResponse answer = ask("POST", "/maintenance", secret, each.body);
    EXPECT_EQ(answer.status, each.status) << each.body;
    EXPECT_THAT(answer.body, HasSubstr(each.message));
  }
  EXPECT_EQ(ask("DELETE", "/maintenance/x", secret).status, 400U);
  EXPECT_TRUE(store_->maintenance()->empty());
}

TEST_F(ApiTest, OthersNodesAreNotUnderMaintenance) {
  const std::string all = token(Role::operating);
  const std::string login = token(Role::operating, {"login"});
  ASSERT_EQ(ask("POST", "/maintenance", all, R"({"nodes":"login1,node1","for":"4h"})").status,
            200U);
  ASSERT_EQ(ask("POST", "/maintenance", all, R"({"nodes":"node2","for":"4h"})").status, 200U);
  const HttpResponse seen = ask("GET", "/maintenance", login);
  EXPECT_EQ(parse(seen).at("count"), 2) << "that of the configuration, and one";
  EXPECT_THAT(seen.body, Not(HasSubstr("node1")));
  EXPECT_THAT(seen.body, Not(HasSubstr("node4")));
  EXPECT_EQ(ask("DELETE", "/maintenance/1", login).status, 404U) << "it is of node1 too";
  EXPECT_EQ(ask("DELETE", "/maintenance/2", login).status, 404U);
  EXPECT_EQ(ask("POST", "/maintenance", login, R"({"nodes":"@compute","for":"4h"})").status, 404U);
  for (const char* guess : {"nod", "node1", "node77"}) {
    const HttpResponse answer =
        ask("POST", "/maintenance", login, fmt::format(R"({{"nodes":"{}","for":"4h"}})", guess));
    EXPECT_EQ(answer.status, 404U);
    EXPECT_THAT(answer.body, HasSubstr(fmt::format("the inventory has no node {}\"", guess)))
        << "whether it is there or not";
  }
  ASSERT_EQ(ask("POST", "/maintenance", login, R"({"nodes":"login1","for":"4h"})").status, 200U);
  EXPECT_EQ(ask("DELETE", "/maintenance/3", login).status, 204U);
}

}  // namespace
}  // namespace lockstep::serve
