// What the API says of the past.

#include "serve/api/test_world.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

class PastApiTest : public ApiTest {
 protected:
  void sweep(const std::vector<Port>& open, const std::vector<ServiceObservation>& said = {}) {
    SweepClaim claim;
    claim.started = world_->time;
    claim.nodes = {"node1", "node2"};
    claim.ports.of(Protocol::tcp).insert_range(1, 100);
    claim.owner = "test";
    const auto id = store_->begin_sweep(claim, [](const SweepInfo&) { return false; });
    ASSERT_TRUE(id) << id.error().message();
    std::vector<PortObservation> seen;
    for (const Port port : open) {
      seen.push_back(
          {"node1", kAddress, "", Protocol::tcp, port, PortState::open, Evidence::syn_ack});
    }
    Coverage whole;
    whole.node = "node1";
    whole.address = kAddress;
    whole.wanted = whole.asked = whole.answered = 100;
    const std::vector<Coverage> coverage = {whole};
    SweepEnd end;
    end.ended = world_->time;
    end.node_count = 2;
    end.proven = 1;
    ASSERT_TRUE(store_->finish_sweep(*id, end,
                                     {.observations = seen, .coverage = coverage, .services = said},
                                     [](const auto&) { return AlertChanges{}; }));
    live_->catch_up();
  }

  const IpAddress kAddress = IpAddress::parse("198.18.0.1").value();
};

TEST_F(PastApiTest, TheHistoryOfANode) {
  sweep({22});
  world_->time += std::chrono::hours(1);
  sweep({22, 80});
  raise(1, {"node1", "node2"});
  const HttpResponse answer = ask("GET", "/nodes/node1/history", token(Role::viewer));
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(answer.body,
            R"({"node":"node1","from":"2026-12-16T09:00:00Z","to":"2027-01-15T09:00:00Z","ports":[)"
            R"({"network":"","protocol":"tcp","port":22,"changes":[{"at":"2027-01-15T08:00:00Z",)"
            R"("address":"198.18.0.1","state":"open","was":null}]},)"
            R"({"network":"","protocol":"tcp","port":80,"changes":[{"at":"2027-01-15T09:00:00Z",)"
            R"("address":"198.18.0.1","state":"open","was":"closed"}]}],"alerts":[{"id":"A-1",)"
            R"("kind":"unexpected-port","class":"compute","severity":"high","status":"open",)"
            R"("protocol":null,"port":4001,"state":null,"first_seen":"2027-01-15T09:00:00Z",)"
            R"("last_seen":"2027-01-15T09:00:00Z","changed":"2027-01-15T09:00:00Z","owner":null,)"
            R"("note":""}],"looks":[{"at":"2027-01-15T09:00:00Z","sweep":2,"ports":"1-100",)"
            R"("nodes_proven":1,"nodes":2},{"at":"2027-01-15T08:00:00Z","sweep":1,"ports":"1-100",)"
            R"("nodes_proven":1,"nodes":2}],"complete":true})"
            "\n");
  const json::object early =
      parse(ask("GET", "/nodes/node1/history?to=2027-01-15T08:59:59.999Z&from=2027-01-01T00:00:00Z",
                token(Role::viewer)));
  EXPECT_EQ(early.at("ports").as_array().size(), 1U);
  EXPECT_EQ(early.at("looks").as_array().size(), 1U);
  EXPECT_TRUE(early.at("alerts").as_array().empty());
}

TEST_F(PastApiTest, WhatAServiceSaidFirstIsPrintableWhateverItWas) {
  ServiceObservation said;
  said.node = "node1";
  said.address = kAddress;
  said.port = 22;
  said.service.banner = std::string("SSH-2.0\r\n\0\xff\\\xe2\x80\xae<b>\"", 19);
  sweep({22, 80}, {said});
  const HttpResponse answer = ask("GET", "/nodes/node1", token(Role::viewer));
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_THAT(answer.body,
              HasSubstr(R"("banner":"SSH-2.0\\r\\n\\x00\\xff\\\\\\xe2\\x80\\xae<b>\"")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("answers":null)")) << "the other was not asked";
}

TEST_F(PastApiTest, ASweepThatRunsSaysHowFarItIs) {
  SweepClaim claim;
  claim.started = world_->time;
  claim.nodes = {"node1"};
  claim.ports.of(Protocol::tcp).insert_range(1, 100);
  claim.owner = "ours";
  const auto nobody = [](const SweepInfo&) { return true; };
  ASSERT_TRUE(store_->begin_sweep(claim, nobody));
  const std::string secret = token(Role::viewer);
  const auto sweeps = [&] { return ask("GET", "/sweeps", secret).body; };
  EXPECT_THAT(sweeps(), HasSubstr(R"("progress":null)"));
  world_->asking = control::Sweeping{.owner = "another", .engine = "packet", .progress = {}};
  EXPECT_THAT(sweeps(), HasSubstr(R"("progress":null)"));
  world_->asking->owner = "ours";
  world_->asking->probes = 160;
  world_->asking->progress.pass = 2;
  world_->asking->progress.done = 60;
  world_->asking->progress.planned = 80;
  world_->asking->progress.per_second = 1999.9;
  EXPECT_THAT(sweeps(), HasSubstr(R"("engine":"packet","probes_sent":160)"));
  EXPECT_THAT(sweeps(), HasSubstr(R"("progress":{"asks":"ports","pass":2,"done":60,"planned":80,)"
                                  R"("per_second":1999,"open_ports":0})"));
  claim.nodes = {"node2"};
  ASSERT_TRUE(store_->begin_sweep(claim, nobody));
  EXPECT_THAT(sweeps(), Not(HasSubstr(R"("progress":{)"))) << "of which of them is not known";
}

TEST_F(PastApiTest, TheCurvesOfANode) {
  const std::vector<std::string> nodes = {"node1"};
  const std::vector<ValueObservation> values = {{"node1", "load", "load.1", 0.25, "1/s"},
                                                {"node1", "load", "load.5", 3.0, ""}};
  ASSERT_TRUE(store_->save_values("load", nodes, values, world_->time));
  const std::string secret = token(Role::viewer);
  EXPECT_EQ(ask("GET", "/nodes/node1/series?instance=load&name=load.1", secret).body,
            R"({"node":"node1","series":[{"instance":"load","name":"load.1","unit":"1/s",)"
            R"("points":[[1800000000,2.5E-1]]}],"complete":true})"
            "\n");
  EXPECT_EQ(parse(ask("GET", "/nodes/node1/series", secret)).at("series").as_array().size(), 2U);
  EXPECT_EQ(parse(ask("GET", "/nodes/node2/series", secret)).at("series").as_array().size(), 0U);
}

TEST_F(PastApiTest, ValuesComeInPagesOfNodes) {
  const std::vector<std::string> nodes = {"login1", "node1", "node2", "node3", "node4"};
  std::vector<ValueObservation> values;
  for (const std::string& node : nodes) {
    values.push_back({node, "load", "load.1", 0.25, ""});
    values.push_back({node, "load", "load.5", 0.5, ""});
  }
  ASSERT_TRUE(store_->save_values("load", nodes, values, world_->time));
  const std::string secret = token(Role::viewer);
  std::vector<std::string> seen;
  std::string cursor;
  for (int pages = 1;; ++pages) {
    const json::object page = parse(ask("GET", "/values?limit=2" + cursor, secret));
    for (const json::value& row : page.at("values").as_array()) {
      seen.emplace_back(row.at("node").as_string());
    }
    if (page.at("next").is_null()) {
      EXPECT_EQ(pages, 3);
      break;
    }
    cursor = "&cursor=" + std::string(page.at("next").as_string());
    ASSERT_LT(pages, 5);
  }
  EXPECT_THAT(seen, testing::ElementsAre("login1", "login1", "node1", "node1", "node2", "node2",
                                         "node3", "node3", "node4", "node4"));
  const json::object one = parse(ask("GET", "/values?nodes=node3&limit=1", secret));
  EXPECT_EQ(one.at("count"), 2);
  EXPECT_TRUE(one.at("next").is_null());
  EXPECT_TRUE(parse(ask("GET", "/keys", secret)).at("next").is_null());
}

TEST_F(PastApiTest, TheTimeline) {
  sweep({});
  raise(1, {"node1", "node2"});
  const HttpResponse answer = ask("GET", "/timeline", token(Role::viewer));
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(answer.body,
            R"({"from":"2027-01-14T08:00:00Z","to":"2027-01-15T08:00:00Z","complete":true,)"
            R"("spans":[{"alert":"A-1","kind":"unexpected-port","class":"compute",)"
            R"("severity":"high","protocol":null,"port":4001,"state":null,"nodes":"node[1-2]",)"
            R"("from":"2027-01-15T08:00:00Z","to":null,"muted":null}],)"
            R"("looks":[{"at":"2027-01-15T08:00:00Z","nodes":"node[1-2]"}]})"
            "\n");
}

TEST_F(PastApiTest, WhoSeesSomeClassesSeesTheirPastAlone) {
  sweep({22});
  raise(1, {"node1"});
  raise(2, {"login1"}, "login");
  raise(3, {""}, "compute");
  const std::string secret = token(Role::viewer, {"login"});
  EXPECT_EQ(ask("GET", "/nodes/node1/history", secret).status, 404U);
  EXPECT_EQ(ask("GET", "/nodes/node1/series", secret).status, 404U);
  EXPECT_EQ(ask("GET", "/nodes/login1/history", secret).status, 200U);
  const HttpResponse part = ask("GET", "/timeline", secret);
  EXPECT_THAT(part.body, HasSubstr("A-2"));
  EXPECT_THAT(part.body, testing::Not(HasSubstr("A-1")));
  EXPECT_THAT(part.body, testing::Not(HasSubstr("A-3")));
  EXPECT_THAT(part.body, testing::Not(HasSubstr("node1")));
  EXPECT_THAT(part.body, HasSubstr(R"("looks":[])"));
  const HttpResponse whole = ask("GET", "/timeline", token(Role::viewer, {"compute"}));
  EXPECT_THAT(whole.body, HasSubstr("A-3"));
}

TEST_F(PastApiTest, PeriodsThatMakeNoSense) {
  const struct {
    const char* target;
    const char* message;
  } cases[] = {
      {"/timeline?from=yesterday", "from"},
      {"/timeline?to=2027-02-30T00:00:00Z", "to"},
      {"/timeline?to=2027-01-15T00:00:00.5", "to"},
      {"/timeline?from=2027-01-15T00:00:00.12x3Z", "from"},
      {"/timeline?from=2027-01-15T00:00:00%2B01:00", "from"},
      {"/timeline?from=2026-12-01T00:00:00Z", "40 days"},
      {"/timeline?from=2027-01-15T00:00:01Z&to=2027-01-15T00:00:00Z", "after"},
      {"/nodes/node1/series?from=2199-12-31T00:00:00Z", "after"},
      {"/nodes/node1/series?to=9999-12-31T00:00:00Z", "2199"},
      {"/nodes/node1/history?to=0000-01-01T00:00:00Z", "1970"},
  };
  const std::string secret = token(Role::viewer);
  for (const auto& each : cases) {
    SCOPED_TRACE(each.target);
    const HttpResponse answer = ask("GET", each.target, secret);
    EXPECT_EQ(answer.status, 400U) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(each.message));
  }
  EXPECT_EQ(ask("GET", "/nodes/node1/history?to=1970-01-01T00:00:00Z", secret).status, 200U);
}

}  // namespace
}  // namespace lockstep::serve
