// What the API refuses, and what it answers.

#include <fmt/format.h>
#include <sqlite3.h>

#include <map>

#include "serve/api/openapi.h"
#include "serve/api/test_world.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;
using testing::Contains;
using testing::HasSubstr;

std::string header(const HttpResponse& response, const std::string& name) {
  for (const auto& [each, value] : response.headers) {
    if (each == name) return value;
  }
  return "";
}

/// A path of the route as somebody would ask it.
std::string sample_path(const Route& route) {
  std::string path = route.path;
  for (const auto& [part, value] : std::map<std::string, std::string>{
           {"{id}", "A-1"}, {"{name}", "node1"}, {"{class}", "compute"}}) {
    const std::size_t at = path.find(part);
    if (at != std::string::npos) path.replace(at, part.size(), value);
  }
  return path;
}

TEST_F(ApiTest, NoRouteLetsInWhoIsNobody) {
  for (const Route& route : all_routes()) {
    if (route.is_open) continue;
    SCOPED_TRACE(std::string(route.method) + " " + route.path);
    for (const char* const secret : {"", "lst_nonsense", "' OR 1=1 --", "lss_"}) {
      const HttpResponse answer = ask(route.method, sample_path(route), secret);
      EXPECT_EQ(answer.status, 401U) << secret;
      EXPECT_EQ(parse(answer)["error"].as_object()["kind"], "denied");
    }
  }
}

TEST_F(ApiTest, NoRouteLetsInWhoHasAnotherRole) {
  const std::map<Role, std::string> tokens = {{Role::viewer, token(Role::viewer)},
                                              {Role::operating, token(Role::operating)},
                                              {Role::admin, token(Role::admin)}};
  std::size_t refused = 0;
  for (const Route& route : all_routes()) {
    if (route.is_open) continue;
    SCOPED_TRACE(std::string(route.method) + " " + route.path);
    for (const auto& [role, secret] : tokens) {
      if (role >= route.role) continue;
      EXPECT_EQ(ask(route.method, sample_path(route), secret, "{}").status, 403U);
      ++refused;
    }
  }
  EXPECT_GT(refused, 15U);
  EXPECT_TRUE(world_->told.empty()) << "and nothing was done";
}

TEST_F(ApiTest, AllThatOnlyReadsIsThereForAdministrators) {
  raise(1, {"node1"});
  const std::string secret = token(Role::admin);
  for (const Route& route : all_routes()) {
    if (std::string_view(route.method) != "GET") continue;
    SCOPED_TRACE(route.path);
    const std::string path = sample_path(route);
    const HttpResponse answer = ask("GET", path, secret);
    // There is no such instance, and no profile.
    const bool missing = path == "/instances/node1" || path == "/profiles/compute";
    EXPECT_EQ(answer.status, missing ? 404U : 200U) << answer.body;
  }
}

TEST_F(ApiTest, WhatMakesNoSenseIsToldAndDoesNothing) {
  const std::string secret = token(Role::admin);
  const struct {
    const char* method;
    const char* target;
    const char* body;
    unsigned status;
    const char* message;
  } cases[] = {
      {"GET", "/nothing", "", 404, "openapi.json"},
      {"GET", "/alerts/A-1/x", "", 404, "openapi.json"},
      {"PUT", "/alerts", "", 405, "takes GET"},
      {"GET", "/alerts/A-99", "", 404, "A-99"},
      {"GET", "/alerts/x", "", 400, "A-17"},
      {"GET", "/alerts?limit=0", "", 400, "limit"},
      {"GET", "/alerts?limit=1001", "", 400, "limit"},
      {"GET", "/alerts?limit=1e3", "", 400, "limit"},
      {"GET", "/alerts?cursor=zz", "", 400, "cursor"},
      {"GET", "/alerts?severity=awful", "", 400, "severity"},
      {"GET", "/alerts?all=maybe", "", 400, "all"},
      {"GET", "/alerts?nodes=node[1-", "", 400, "node[1-"},
      {"GET", "/alerts?nodes=@nothing", "", 404, "nothing"},
      {"GET", "/nodes/nobody", "", 404, "nobody"},
      {"GET", "/events?after=-1", "", 400, "after"},
      {"POST", "/alerts/acknowledge", "", 400, "alerts"},
      {"POST", "/alerts/acknowledge", "[1]", 400, "object"},
      {"POST", "/alerts/acknowledge", "{\"alerts\":", 400, "object"},
      {"POST", "/alerts/acknowledge", "{\"alerts\":[1]}", 400, "texts"},
      {"POST", "/alerts/acknowledge", "{\"alerts\":[\"A-99\"]}", 404, "A-99"},
      {"POST", "/alerts/acknowledge", "{\"alerts\":[\"A-1\"],\"x\":1}", 400, "unknown key"},
      {"POST", "/alerts/resolve", "{\"alerts\":[\"A-1\"]}", 400, "reason"},
      {"POST", "/alerts/silence", "{\"alerts\":[\"A-1\"],\"for\":\"soon\"}", 400, "for"},
      {"POST", "/keys/accept", "{}", 400, "nodes"},
      {"POST", "/profiles/compute/approve", "{\"what\":\"all\"}", 400, "what"},
      {"POST", "/profiles/compute/import", "", 400, "body"},
      {"PATCH", "/instances/fast", "{\"interval\":1}", 400, "interval"},
      {"PATCH", "/instances/fast", "{\"interval\":\"1s\"}", 400, "interval"},
      {"POST", "/users/a b/invitation", "{\"role\":\"viewer\"}", 400, "no name"},
      {"POST", "/users/kim/invitation", "{}", 400, "role"},
      {"PATCH", "/users/nobody", "{\"enabled\":true}", 404, "nobody"},
      {"DELETE", "/tokens/x", "", 400, "number"},
      {"DELETE", "/tokens/999", "", 404, "999"},
      {"POST", "/tokens", "{\"role\":\"viewer\",\"user\":\"nobody\"}", 404, "nobody"},
      {"DELETE", "/session", "", 400, "session"},
      {"POST", "/invitation", "{\"invitation\":\"x\",\"password\":\"long enough\"}", 403,
       "invitation"},
      {"POST", "/session", "{\"user\":1}", 400, "user"},
  };
  raise(1, {"node1"});
  for (const auto& each : cases) {
    SCOPED_TRACE(fmt::format("{} {} {}", each.method, each.target, each.body));
    std::string target = each.target;
    if (const auto space = target.find(' '); space != target.npos) target.replace(space, 1, "%20");
    const HttpResponse answer = ask(each.method, target, secret, each.body);
    EXPECT_EQ(answer.status, each.status);
    EXPECT_THAT(answer.body, HasSubstr(each.message));
  }
  // A document nested deeper than anybody means.
  EXPECT_EQ(ask("POST", "/alerts/acknowledge", secret, std::string(100'000, '[')).status, 400U);
  EXPECT_EQ(store_->alerts()->front().status, AlertStatus::open);
  EXPECT_TRUE(world_->told.empty());
}

TEST_F(ApiTest, ASessionChangesThingsFromOurOwnPageAlone) {
  token(Role::admin);
  HttpRequest login = request("POST", "/api/v1/session", "",
                              fmt::format(R"({{"user":"user1","password":"{}"}})", kTestPassword));
  const HttpResponse session = api_->answer(login);
  ASSERT_EQ(session.status, 200U) << session.body;
  const std::string set = header(session, "Set-Cookie");
  EXPECT_THAT(set, HasSubstr("HttpOnly; SameSite=Strict"));
  EXPECT_THAT(set, testing::Not(HasSubstr("Secure"))) << "it came without TLS";
  const std::string cookie = set.substr(0, set.find(';'));
  const auto reload = [&](const HttpFields& headers) {
    HttpRequest result = request("POST", "/api/v1/reload");
    result.headers = headers;
    result.headers.emplace_back("cookie", cookie);
    result.headers.emplace_back("host", "mon1:7480");
    return api_->answer(result).status;
  };
  EXPECT_EQ(reload({}), 403U);
  EXPECT_EQ(reload({{"x-lockstep-request", "1"}, {"origin", "http://evil"}}), 403U);
  EXPECT_TRUE(world_->told.empty());
  EXPECT_EQ(reload({{"x-lockstep-request", "1"}, {"origin", "http://mon1:7480"}}), 200U);
  EXPECT_EQ(reload({{"x-lockstep-request", "1"}}), 200U);
  world_->time += std::chrono::hours(9);
  EXPECT_EQ(reload({{"x-lockstep-request", "1"}}), 401U) << "it was idle for too long";
}

TEST_F(ApiTest, WrongPasswordsAreSlowedDown) {
  token(Role::admin);
  const auto log_in = [&] {
    return ask("POST", "/session", "", R"({"user":"user1","password":"guess"})");
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(log_in().status, 403U);
  const HttpResponse slow = log_in();
  EXPECT_EQ(slow.status, 429U);
  EXPECT_EQ(header(slow, "Retry-After"), "1");
}

TEST_F(ApiTest, WhoSeesSomeClassesSeesNothingElse) {
  raise(1, {"node1", "node2"});
  raise(2, {"login1"}, "login");
  const std::string secret = token(Role::operating, {"login"});
  const json::object alerts = parse(ask("GET", "/alerts", secret));
  ASSERT_EQ(alerts.at("alerts").as_array().size(), 1U);
  EXPECT_EQ(alerts.at("alerts").as_array()[0].as_object().at("id"), "A-2");
  EXPECT_EQ(alerts.at("unproven"), 1) << "of five";
  EXPECT_EQ(parse(ask("GET", "/nodes", secret)).at("total"), 1);
  EXPECT_EQ(ask("GET", "/nodes/node1", secret).status, 404U);
  EXPECT_EQ(ask("GET", "/nodes/login1", secret).status, 200U);
  EXPECT_EQ(ask("GET", "/alerts/A-1", secret).status, 404U);
  EXPECT_EQ(ask("GET", "/alerts?nodes=node1", secret).status, 200U);
  EXPECT_EQ(parse(ask("GET", "/alerts?nodes=node1", secret)).at("total"), 0);
  EXPECT_EQ(ask("POST", "/alerts/acknowledge", secret, R"({"alerts":["A-1"]})").status, 404U);
  EXPECT_EQ(
      ask("POST", "/alerts/acknowledge", secret, R"({"alerts":["A-1"],"nodes":"node1"})").status,
      404U);
  EXPECT_EQ(ask("POST", "/alerts/acknowledge", secret, R"({"alerts":["A-2"],"note":"n"})").status,
            200U);
  for (const char* const path : {"/status", "/runs", "/sweeps", "/instances"}) {
    EXPECT_EQ(ask("GET", path, secret).status, 403U) << path;
  }
  EXPECT_EQ(parse(ask("GET", "/keys", secret)).at("count"), 0);
  const std::string bytes = ask("GET", "/snapshot", secret).body;
  EXPECT_THAT(bytes, HasSubstr("login1\n"));
  EXPECT_THAT(bytes, testing::Not(HasSubstr("node1\n")));
  const std::vector<AlertRecord> book = store_->alerts().value();
  for (const AlertRecord& record : book) {
    EXPECT_EQ(record.status, record.id == 2 ? AlertStatus::acknowledged : AlertStatus::open);
  }
}

TEST_F(ApiTest, ANodesetIsOfOnesOwnNodesAndHardlyLongerThanTheCluster) {
  const std::string part = token(Role::viewer, {"login"});
  const auto total = [&](const std::string& nodeset) {
    const HttpResponse answer = ask("GET", "/nodes?nodes=" + nodeset, part);
    return answer.status == 200 ? parse(answer).at("total").as_int64() : -1;
  };
  EXPECT_EQ(total("@*"), 1);
  EXPECT_EQ(total("@login"), 1);
  // Whether there is such a class is not his to know.
  EXPECT_EQ(ask("GET", "/nodes?nodes=@compute", part).status,
            ask("GET", "/nodes?nodes=@none", part).status);
  const HttpResponse wide = ask("GET", "/alerts?nodes=node[1-100000]", part);
  EXPECT_EQ(wide.status, 400U);
  EXPECT_THAT(wide.body, HasSubstr("10,010"));
}

TEST_F(ApiTest, AStoreThatWasBroughtBackIsTold) {
  raise(1, {"node1"});
  raise(2, {"node1"});
  const std::int64_t before = store_->latest_event().value();
  ASSERT_EQ(live_->current()->view->event, before);
  std::vector<std::string> heard;
  const auto joined = server_->feed().subscribe(
      0, [&](const SharedEvent& event) { heard.push_back(event ? event->text : "anew"); });
  // As somebody does who brings back a backup of before all that.
  sqlite3* file = nullptr;
  ASSERT_EQ(sqlite3_open((folder_ / "store.db").c_str(), &file), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(file, "DELETE FROM alerts; DELETE FROM events", nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(file);
  live_->catch_up();
  EXPECT_EQ(live_->current()->view->event, 0);
  EXPECT_THAT(live_->current()->view->alerts, testing::IsEmpty());
  raise(7, {"node2"});
  live_->stop();
  EXPECT_THAT(heard, testing::ElementsAre("anew", testing::StartsWith("id: 1\n")));
}

TEST_F(ApiTest, NoTokenMayMoreThanWhoMakesIt) {
  const std::string all = token(Role::admin);                // user1
  const std::string part = token(Role::admin, {"compute"});  // user2
  EXPECT_EQ(ask("POST", "/tokens", part, R"({"user":"user1","role":"admin"})").status, 403U);
  EXPECT_EQ(ask("POST", "/tokens", part, R"({"role":"admin"})").status, 403U) << "by a token";
  EXPECT_EQ(parse(ask("GET", "/tokens", part)).at("tokens").as_array().size(), 1U);
  EXPECT_EQ(ask("DELETE", "/tokens/1", part).status, 404U) << "another's";
  const json::object made = parse(
      ask("POST", "/tokens", all, R"({"user":"user2","role":"admin","classes":["compute"]})"));
  EXPECT_EQ(made.at("classes").as_array().size(), 1U);
  EXPECT_EQ(ask("POST", "/tokens", all, R"({"role":"viewer","classes":[""]})").status, 400U);
  EXPECT_EQ(ask("POST", "/users/x/invitation", all, R"({"role":"viewer","classes":[""]})").status,
            400U);
  EXPECT_EQ(ask("GET", "/users", part).status, 403U);
  EXPECT_EQ(api_->answer(request("GET", "/metrics", part)).status, 403U);
}

TEST_F(ApiTest, AnAlertOfAClassIsForThoseWhoSeeIt) {
  raise(1, {""}, "compute");
  EXPECT_EQ(parse(ask("GET", "/alerts", token(Role::viewer, {"compute"}))).at("total"), 1);
  EXPECT_EQ(parse(ask("GET", "/alerts", token(Role::viewer, {"login"}))).at("total"), 0);
  EXPECT_EQ(ask("GET", "/alerts/A-1", token(Role::viewer, {"login"})).status, 404U);
}

TEST_F(ApiTest, AScriptsTokenIsNoCookie) {
  HttpRequest result = request("POST", "/api/v1/reload");
  result.headers = {{"cookie", "lockstep_session=" + token(Role::admin)},
                    {"x-lockstep-request", "1"}};
  EXPECT_EQ(api_->answer(result).status, 401U);
  HttpRequest login = request("POST", "/api/v1/session", "", "{}");
  login.headers = {{"origin", "http://evil"}, {"host", "mon1"}};
  EXPECT_EQ(api_->answer(login).status, 403U) << "another site's page";
}

TEST_F(ApiTest, AlertsComeInPagesTheGravestFirst) {
  for (int id = 1; id <= 25; ++id) {
    raise(id, {"node1", "node3"}, "compute", id % 2 == 0 ? Severity::low : Severity::critical);
  }
  const std::string secret = token(Role::viewer);
  std::vector<std::string> ids;
  std::string cursor;
  int pages = 0;
  do {
    const json::object page = parse(ask("GET", "/alerts?limit=10&cursor=" + cursor, secret));
    EXPECT_EQ(page.at("total"), 25);
    for (const json::value& row : page.at("alerts").as_array()) {
      ids.emplace_back(row.as_object().at("id").as_string());
      EXPECT_EQ(row.as_object().at("nodes"), "node[1,3]");
    }
    cursor = page.at("next").is_null() ? "" : std::string(page.at("next").as_string());
    ++pages;
  } while (!cursor.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(ids.size(), 25U);
  EXPECT_EQ(ids.front(), "A-1");
  EXPECT_EQ(ids[12], "A-25");
  EXPECT_EQ(ids[13], "A-2");
  EXPECT_EQ(parse(ask("GET", "/alerts?severity=high", secret)).at("total"), 13);
  EXPECT_EQ(parse(ask("GET", "/alerts?kind=missing-port", secret)).at("total"), 0);
  EXPECT_EQ(parse(ask("GET", "/alerts?class=login", secret)).at("total"), 0);
  EXPECT_EQ(parse(ask("GET", "/alerts?nodes=node2", secret)).at("total"), 0);
}

TEST_F(ApiTest, WhoChangesSomethingSeesItAtOnce) {
  raise(1, {"node1"});
  const std::string secret = token(Role::operating);
  const HttpResponse before = ask("GET", "/alerts", secret);
  const std::string tag = header(before, "ETag");
  ASSERT_FALSE(tag.empty());
  HttpRequest again = request("GET", "/api/v1/alerts", secret);
  again.headers.emplace_back("if-none-match", tag);
  EXPECT_EQ(api_->answer(again).status, 304U);
  EXPECT_EQ(api_->answer(again).body, "");
  ASSERT_EQ(
      ask("POST", "/alerts/silence", secret, R"({"alerts":["A-1"],"for":"2h","note":"planned"})")
          .status,
      200U);
  EXPECT_EQ(api_->answer(again).status, 200U);
  const json::object after = parse(ask("GET", "/alerts?status=silenced", secret));
  EXPECT_EQ(after.at("total"), 1);
  EXPECT_EQ(after.at("alerts").as_array()[0].as_object().at("note"), "planned");
}

TEST_F(ApiTest, ListenersGetWhatTheyMissedOrAreToldToBeginAnew) {
  raise(1, {"node1"});
  const std::string secret = token(Role::viewer);
  const std::int64_t now = store_->latest_event().value();
  const auto listen = [&](const std::string& after) {
    return ask("GET", "/events" + after, secret);
  };
  EXPECT_EQ(listen("").events_after, now);
  EXPECT_EQ(listen("").body, "retry: 2000\n\n");
  raise(2, {"node1"});
  const HttpResponse missed = listen(fmt::format("?after={}", now));
  EXPECT_EQ(missed.events_after, now) << "the feed has what came since";
  EXPECT_THAT(missed.body, testing::Not(HasSubstr("reset")));
  // A number of another life of the store.
  EXPECT_THAT(listen("?after=999").body, HasSubstr("event: reset"));
}

TEST_F(ApiTest, EachEventIsPublishedOnceAndInOrder) {
  std::vector<std::string> heard;
  const auto subscription =
      server_->feed().subscribe(0, [&](const SharedEvent& event) { heard.push_back(event->text); });
  raise(1, {"node2", "node1"});
  raise(2, {"login1"}, "login");
  live_->stop();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_THAT(heard[0], testing::StartsWith("id: 1\nevent: alert-raised\ndata: {"));
  EXPECT_THAT(heard[0], HasSubstr(R"("nodes":"node[1-2]")"));
  EXPECT_THAT(heard[1], testing::StartsWith("id: 2\n"));
}

TEST_F(ApiTest, ADaemonThatHangsSaysSo) {
  const auto ask_plain = [&](const char* target) { return api_->answer(request("GET", target)); };
  EXPECT_EQ(ask_plain("/-/healthy").status, 200U);
  EXPECT_EQ(ask_plain("/-/ready").status, 200U);
  EXPECT_EQ(ask_plain("/metrics").status, 401U);
  const HttpResponse metrics = api_->answer(request("GET", "/metrics", token(Role::viewer)));
  EXPECT_THAT(metrics.body, HasSubstr("lockstep_up 1\n"));
  EXPECT_THAT(metrics.body, HasSubstr("lockstep_nodes{sight=\"never\"} 5\n"));
  EXPECT_EQ(header(metrics, "Cache-Control"), "private, no-cache");
  world_->alive = false;
  EXPECT_EQ(ask_plain("/-/healthy").status, 503U);
}

TEST_F(ApiTest, TheDescriptionIsSound) {
  const json::object document = json::parse(openapi_document()).as_object();
  const json::object& schemas = document.at("components").as_object().at("schemas").as_object();
  std::size_t operations = 0;
  for (const auto& path : document.at("paths").as_object()) {
    operations += path.value().as_object().size();
  }
  EXPECT_EQ(operations, all_routes().size());
  for (const Route& route : all_routes()) {
    for (const char* const name : {route.body, route.answer}) {
      if (name == nullptr || std::string_view(name) == "File") continue;
      EXPECT_TRUE(schemas.contains(name)) << name;
    }
  }
  EXPECT_EQ(ask("GET", "/openapi.json").status, 200U) << "for everybody";
}

}  // namespace
}  // namespace lockstep::serve
