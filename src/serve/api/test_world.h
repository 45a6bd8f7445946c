// A daemon for tests of the API: a real store, and a cluster that stands still unless it is moved.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "serve/api/api.h"
#include "store/sql/sql_store.h"

namespace lockstep::serve {

inline constexpr const char* kTestPassword = "correct horse battery";

class TestWorld final : public ApiWorld {
 public:
  explicit TestWorld(std::string url) : url_(std::move(url)) {
    for (int i = 1; i <= 4; ++i) add_node("node" + std::to_string(i), "compute");
    add_node("login1", "login");
  }

  /// From now on there is another inventory.
  void add_node(const std::string& name, const std::string& node_class) {
    const std::lock_guard lock(mutex_);
    auto inventory = std::make_shared<Inventory>(*inventory_);
    inventory->cluster = "test";
    inventory->nodes[name] = {name, {node_class}, "rack1", {}};
    inventory->classes[node_class] = {node_class, std::nullopt};
    inventory_ = inventory;
  }
  /// What the scheduler says of all nodes from now on.
  void say(const std::vector<NodeSchedule>& schedules) {
    const std::lock_guard lock(mutex_);
    schedules_ = schedules;
  }

  Result<std::unique_ptr<Store>> open_store() override { return lockstep::open_store(url_); }
  WallTime now() override { return time; }
  std::shared_ptr<const Inventory> inventory() override {
    const std::lock_guard lock(mutex_);
    return inventory_;
  }
  std::vector<std::string> watched() override {
    return {"login1", "node1", "node2", "node3", "node4"};
  }
  Result<control::DaemonStatus> status() override { return control::DaemonStatus(); }
  std::optional<control::Sweeping> sweeping() override { return asking; }
  bool is_alive() override { return alive; }
  std::vector<NodeSchedule> schedules(const std::vector<std::string>&) override {
    const std::lock_guard lock(mutex_);
    return schedules_;
  }
  Result<void> reload(const std::string& person) override {
    told.push_back("reload by " + person);
    return {};
  }
  Result<void> run_now(const std::string& instance) override {
    told.push_back("run " + instance);
    return {};
  }
  std::vector<Instance> configured_instances() override {
    Instance fast;
    fast.name = "fast";
    fast.collector = "ports";
    return {fast};
  }
  void instances_changed() override { told.push_back("changed"); }
  Result<void> check_instance(const Instance&) override { return {}; }
  Result<std::int64_t> order_sweep(const SweepOrder& order, const std::string& person) override {
    told.push_back("sweep of " + order.nodes + " by " + person);
    return 7;
  }

  Result<void> order_learning(const LearnOrder& order, const std::string& person) override {
    if (order.node == "nobody")
      return fail(ErrorKind::not_found, "the inventory has no node nobody");
    told.push_back("learn " + order.host_type + " from " + order.node + " by " + person);
    return {};
  }
  std::vector<control::ChannelInfo> channels() override {
    control::ChannelInfo ops;
    ops.name = "ops";
    ops.kind = "webhook";
    return {ops};
  }
  Result<control::TestDelivery> test_channel(const std::string& name) override {
    if (name != "ops") return fail(ErrorKind::not_found, "there is no channel " + name);
    told.push_back("test " + name);
    return control::TestDelivery{.delivered = false, .problem = "away"};
  }
  std::string title_of(const OutboxMessage& message) override { return "of " + message.dedup; }
  std::vector<MaintenanceWindow> configured_maintenance() override {
    MaintenanceWindow window;
    window.nodes = "login1,node4";
    window.from = time - std::chrono::hours(1);
    window.until = time + std::chrono::hours(9);
    return {window};
  }

  WallTime time{std::chrono::seconds(1'800'000'000)};
  bool alive = true;
  std::optional<control::Sweeping> asking;
  std::vector<std::string> told;

 private:
  std::string url_;
  std::mutex mutex_;
  std::shared_ptr<const Inventory> inventory_ = std::make_shared<const Inventory>();
  std::vector<NodeSchedule> schedules_;
};

class ApiTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / ("api" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    const std::string url = "sqlite://" + (folder_ / "store.db").string();
    world_ = std::make_unique<TestWorld>(url);
    store_ = open_store(url).value();
    server_ = HttpServer::listen({}).value();
    live_ = std::make_unique<Live>(*world_, server_->feed());
    live_->start();
    live_->catch_up();
    api_ = std::make_unique<Api>(*world_, *live_, *server_);
  }
  void TearDown() override {
    live_->stop();
    api_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  /// A token of a user who is made for it.
  std::string token(Role role, const std::set<std::string>& classes = {}) {
    Access access(*store_, throttle_);
    const std::string name = "user" + std::to_string(++users_);
    const AccessCall call = {.person = "root", .now = world_->time};
    const User user = {.name = name, .role = role, .classes = classes};
    const NewToken invitation = access.invite(user, call).value();
    EXPECT_TRUE(access.accept_invitation(invitation.secret, kTestPassword, call));
    return access.make_token({.user = name, .label = "", .role = role}, call).value().secret;
  }

  static HttpRequest request(const std::string& method, const std::string& target,
                             const std::string& bearer = "", const std::string& body = "") {
    HttpRequest result;
    result.method = method;
    result.target = parse_target(target).value();
    if (!bearer.empty()) result.headers.emplace_back("authorization", "Bearer " + bearer);
    result.body = body;
    result.peer = "198.18.0.9";
    return result;
  }

  HttpResponse ask(const std::string& method, const std::string& target,
                   const std::string& bearer = "", const std::string& body = "") {
    return api_->answer(request(method, "/api/v1" + target, bearer, body));
  }

  static boost::json::object parse(const HttpResponse& response) {
    return boost::json::parse(response.body).as_object();
  }

  void raise(std::int64_t id, const std::vector<std::string>& nodes,
             const std::string& node_class = "compute", Severity severity = Severity::high) {
    AlertChanges changes;
    for (const std::string& node : nodes) {
      AlertRecord record;
      record.id = id;
      record.subject.node_class = node_class;
      record.subject.network = "management";
      record.subject.port = static_cast<Port>(4000 + id);
      record.node = node;
      record.severity = severity;
      record.first_seen = record.last_seen = record.changed = world_->time;
      changes.written.push_back(record);
    }
    ASSERT_TRUE(store_->change_alerts(
        [&](const std::vector<AlertRecord>&) -> Result<AlertChanges> { return changes; }));
    live_->catch_up();
  }

  std::filesystem::path folder_;
  Throttle throttle_;
  int users_ = 0;
  std::unique_ptr<TestWorld> world_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<Live> live_;
  std::unique_ptr<Api> api_;
};

}  // namespace lockstep::serve
