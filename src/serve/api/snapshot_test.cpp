// Snapshots, read as a page reads them: whole ones, changes, and changes applied to a whole one.

#include "serve/api/snapshot.h"

#include <fmt/format.h>

#include <array>

#include "serve/api/test_world.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

/// The cursor of a reader.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}

  std::string_view take(std::size_t count) {
    EXPECT_LE(count, rest_.size()) << "it is cut off";
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    const std::string_view taken = take(bytes);
    for (std::size_t i = taken.size(); i > 0; --i) {
      value = value << 8 | static_cast<unsigned char>(taken[i - 1]);
    }
    return value;
  }
  std::vector<std::uint64_t> column(std::size_t count, std::size_t bytes) {
    std::vector<std::uint64_t> values;
    for (std::size_t i = 0; i < count; ++i) values.push_back(number(bytes));
    return values;
  }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

constexpr std::array<std::size_t, 9> kColumns = {1, 1, 1, 2, 4, 2, 2, 2, 1};
enum Column : std::size_t { worst, muted, sight, alerts, looked, classes, group, schedule, kinds };

struct Read {
  std::uint64_t count = 0;
  std::uint64_t event = 0;
  std::uint64_t version = 0;
  std::uint64_t epoch = 0;
  bool is_delta = false;
  std::vector<std::uint64_t> places{};
  std::array<std::vector<std::uint64_t>, 9> columns{};
  json::object words{};
  std::string names{};
};

Read read(const HttpResponse& response) {
  EXPECT_EQ(response.status, 200U) << response.body;
  Bytes bytes(response.body);
  Read result;
  EXPECT_EQ(bytes.take(4), "LKS2");
  result.count = bytes.number(4);
  result.event = bytes.number(8);
  bytes.number(8);
  result.version = bytes.number(8);
  result.epoch = bytes.number(8);
  result.is_delta = bytes.number(4) == 1;
  if (result.is_delta) result.places = bytes.column(result.count, 4);
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    result.columns[i] = bytes.column(result.count, kColumns[i]);
  }
  result.words = json::parse(bytes.take(bytes.number(4))).as_object();
  result.names = bytes.take(bytes.number(4));
  EXPECT_TRUE(bytes.empty());
  return result;
}

/// As a page does it.
void apply(const Read& delta, Read& full) {
  ASSERT_TRUE(delta.is_delta);
  ASSERT_EQ(delta.epoch, full.epoch);
  for (std::size_t i = 0; i < delta.count; ++i) {
    for (std::size_t column = 0; column < kColumns.size(); ++column) {
      full.columns[column].at(delta.places[i]) = delta.columns[column][i];
    }
  }
  full.event = delta.event;
  full.version = delta.version;
  full.words = delta.words;
}

class SnapshotTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    secret_ = token(Role::viewer);
    live_->look_at_schedules();
  }

  Read whole(const std::string& query = "") {
    return read(ask("GET", "/snapshot" + query, secret_));
  }

  Read since(const Read& before, const std::string& query = "") {
    return read(ask(
        "GET", fmt::format("/snapshot?after={}&epoch={}{}", before.version, before.epoch, query),
        secret_));
  }

  NodeSchedule said(const std::string& node, SchedulerState state, const std::string& partition) {
    NodeSchedule schedule;
    schedule.node = node;
    schedule.state = state;
    schedule.partitions = {partition};
    return schedule;
  }

  void say(const std::vector<NodeSchedule>& schedules) {
    world_->say(schedules);
    live_->look_at_schedules();
    live_->catch_up();
  }

  std::string secret_;
};

TEST_F(SnapshotTest, HasEveryNode) {
  raise(1, {"node1"}, "compute", Severity::critical);
  const Read all = whole();
  EXPECT_EQ(all.count, 5U);
  EXPECT_FALSE(all.is_delta);
  EXPECT_GE(all.version, 2U);
  EXPECT_EQ(all.names, "login1\nnode1\nnode2\nnode3\nnode4\n");
  using Values = std::vector<std::uint64_t>;
  EXPECT_EQ(all.columns[worst], (Values{0, 5, 0, 0, 0}));
  EXPECT_EQ(all.columns[muted], (Values{0, 0, 0, 0, 0}));
  EXPECT_EQ(all.columns[sight], (Values{4, 4, 4, 4, 4})) << "watched, never seen";
  EXPECT_EQ(all.columns[alerts], (Values{0, 1, 0, 0, 0}));
  EXPECT_EQ(all.columns[classes], (Values{0, 1, 1, 1, 1}));
  EXPECT_EQ(all.columns[group], (Values{0, 0, 0, 0, 0}));
  EXPECT_EQ(all.columns[schedule], (Values{0, 0, 0, 0, 0}));
  EXPECT_EQ(all.columns[kinds], (Values{0, 1, 0, 0, 0}));
  EXPECT_EQ(json::serialize(all.words),
            R"({"cluster":"test","classes":[["login"],["compute"]],"groups":["rack1"],)"
            R"("schedules":[{"state":null,"partitions":[]}]})");
}

TEST_F(SnapshotTest, ChangesLeadToWhatIs) {
  Read page = whole();
  const auto follow = [&] {
    const Read delta = since(page);
    EXPECT_EQ(delta.names, "");
    apply(delta, page);
    const Read expected = whole();
    EXPECT_EQ(page.version, expected.version);
    EXPECT_EQ(page.event, expected.event);
    EXPECT_EQ(page.columns, expected.columns);
    EXPECT_EQ(page.words, expected.words);
    return delta.places;
  };
  using Places = std::vector<std::uint64_t>;
  EXPECT_EQ(follow(), Places{}) << "nothing has changed";
  raise(1, {"node1", "node3"});
  EXPECT_EQ(follow(), (Places{1, 3}));
  raise(2, {"node3", "login1"}, "login", Severity::low);
  raise(3, {"node4"});
  EXPECT_EQ(follow(), (Places{0, 3, 4}));
  say({said("login1", SchedulerState::unknown, "x"), said("node1", SchedulerState::idle, "debug"),
       said("node2", SchedulerState::idle, "debug"), said("node3", SchedulerState::down, "debug"),
       said("node4", SchedulerState::idle, "long")});
  EXPECT_EQ(follow(), (Places{0, 1, 2, 3, 4}));
  say({said("login1", SchedulerState::unknown, "x"), said("node1", SchedulerState::idle, "debug"),
       said("node2", SchedulerState::mixed, "debug"), said("node3", SchedulerState::down, "debug"),
       said("node4", SchedulerState::idle, "long")});
  EXPECT_EQ(follow(), (Places{2}));
  EXPECT_EQ(page.words.at("schedules").as_array().at(page.columns[schedule][2]),
            (json::object{{"state", "mixed"}, {"partitions", json::array{"debug"}}}));
  const std::string operating = token(Role::operating);
  ASSERT_EQ(
      ask("POST", "/alerts/silence", operating, R"({"alerts":["A-1"],"nodes":"node1"})").status,
      200U);
  EXPECT_EQ(follow(), (Places{1}));
  world_->time += std::chrono::days(60);
  raise(4, {"node2"});
  EXPECT_EQ(follow(), (Places{1, 2})) << "the silence has run out";
}

TEST_F(SnapshotTest, WhoseVersionIsNotKnownGetsAll) {
  const Read page = whole();
  const struct {
    const char* description;
    std::string query;
  } kRows[] = {
      {"another epoch", fmt::format("?after={}&epoch={}", page.version, page.epoch + 1)},
      {"no epoch", fmt::format("?after={}", page.version)},
      {"no version", fmt::format("?epoch={}", page.epoch)},
      {"a version to come", fmt::format("?after={}&epoch={}", page.version + 1000, page.epoch)},
      {"no version at all", fmt::format("?after=0&epoch={}", page.epoch)},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    const Read again = whole(row.query);
    EXPECT_FALSE(again.is_delta);
    EXPECT_EQ(again.count, 5U);
  }
  for (const char* const query : {"?after=x&epoch=1", "?after=1&epoch=-1", "?epoch=1e3"}) {
    EXPECT_EQ(ask("GET", std::string("/snapshot") + query, secret_).status, 400U) << query;
  }
}

TEST_F(SnapshotTest, AnotherListOfNodesIsAnotherEpoch) {
  const Read page = whole();
  world_->add_node("aaa", "login");
  live_->catch_up();
  const Read after = since(page);
  EXPECT_FALSE(after.is_delta);
  EXPECT_NE(after.epoch, page.epoch);
  EXPECT_EQ(after.names, "aaa\nlogin1\nnode1\nnode2\nnode3\nnode4\n");
}

TEST_F(SnapshotTest, PartsHaveIndicesOfTheirOwn) {
  Read part = whole("?nodes=node[2-4]");
  EXPECT_EQ(part.names, "node2\nnode3\nnode4\n");
  EXPECT_NE(part.epoch, whole().epoch);
  raise(1, {"node1", "node3"});
  EXPECT_FALSE(since(part).is_delta) << "it is of other nodes";
  const Read delta = since(part, "&nodes=node[2-4]");
  EXPECT_EQ(delta.places, std::vector<std::uint64_t>{1});
  apply(delta, part);
  EXPECT_EQ(part.columns, whole("?nodes=node[2-4]").columns);
}

TEST_F(SnapshotTest, WhoSeesSomeClassesReadsNoWordOfOthers) {
  say({said("login1", SchedulerState::unknown, "for-login"),
       said("node1", SchedulerState::idle, "secret"), said("node2", SchedulerState::idle, "secret"),
       said("node3", SchedulerState::down, "secret"),
       said("node4", SchedulerState::idle, "secret")});
  secret_ = token(Role::viewer, {"login"});
  Read part = whole();
  EXPECT_EQ(part.names, "login1\n");
  const std::string words = json::serialize(part.words);
  EXPECT_THAT(words, HasSubstr("for-login"));
  EXPECT_THAT(words, Not(HasSubstr("compute")));
  EXPECT_THAT(words, Not(HasSubstr("secret")));
  EXPECT_EQ(part.words.at("classes").as_array().at(part.columns[classes][0]), json::array{"login"});
  raise(1, {"node1"});
  EXPECT_EQ(since(part).count, 0U) << "it is of nobody whom he sees";
  raise(2, {"login1"}, "login");
  const Read delta = since(part);
  EXPECT_EQ(delta.places, std::vector<std::uint64_t>{0});
  EXPECT_THAT(json::serialize(delta.words), Not(HasSubstr("secret")));
}

TEST_F(SnapshotTest, IsCompressedForWhoTakesIt) {
  for (int i = 0; i < 200; ++i) world_->add_node(fmt::format("more{:03}", i), "compute");
  live_->catch_up();
  const auto get = [&](const std::string& target, const HttpFields& headers) {
    HttpRequest result = request("GET", "/api/v1" + target, secret_);
    result.headers.insert(result.headers.end(), headers.begin(), headers.end());
    return api_->answer(result);
  };
  const auto header = [](const HttpResponse& response, const std::string& name) {
    for (const auto& [each, value] : response.headers) {
      if (each == name) return value;
    }
    return std::string();
  };
  for (const char* const target : {"/snapshot", "/snapshot?class=compute", "/nodes?limit=100"}) {
    SCOPED_TRACE(target);
    const HttpResponse plain = get(target, {});
    EXPECT_EQ(header(plain, "Content-Encoding"), "");
    EXPECT_EQ(header(plain, "Vary"), "Accept-Encoding");
    const HttpResponse packed = get(target, {{"accept-encoding", "gzip, br"}});
    EXPECT_EQ(header(packed, "Content-Encoding"), "gzip");
    EXPECT_EQ(header(packed, "Vary"), "Accept-Encoding");
    EXPECT_LT(packed.body.size(), plain.body.size());
    EXPECT_EQ(packed.body.substr(0, 2), "\x1f\x8b");
    const std::string tag = header(packed, "ETag");
    EXPECT_EQ(tag, header(plain, "ETag").insert(33, "-gzip"));
    const HttpResponse again = get(target, {{"accept-encoding", "gzip"}, {"if-none-match", tag}});
    EXPECT_EQ(again.status, 304U);
    EXPECT_EQ(again.body, "");
    EXPECT_EQ(header(again, "Content-Encoding"), "");
    EXPECT_EQ(get(target, {{"if-none-match", tag}}).status, 200U) << "that is the other form";
  }
  const HttpResponse small = get("/alerts", {{"accept-encoding", "gzip"}});
  EXPECT_EQ(header(small, "Content-Encoding"), "");
}

}  // namespace
}  // namespace lockstep::serve
