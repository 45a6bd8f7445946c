// A year and more of an honest cluster's life: what looks like an intruder and is none must never
// be an alert above low. The intruder at the end shows that the test could have failed.

#include <random>

#include "control/test_cluster.h"

namespace lockstep::control {
namespace {

using testing::Contains;
using testing::IsEmpty;

int sweeps_wanted() {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return 100;  // each takes ten times as long
#endif
#endif
  return 1000;
}

/// Ports as operations of a real site move them.
constexpr Port kRpcFirst = 32768, kRpcLast = 32790;            // lockd, statd, mountd
constexpr Port kCallbackFirst = 40000, kCallbackLast = 40010;  // NFSv4.0 callback
constexpr Port kSrunFirst = 33000, kSrunLast = 33030;          // srun, sattach
constexpr Port kGpfsFirst = 8100, kGpfsLast = 8110;
constexpr Port kUserFirst = 8000, kUserLast = 8020;
constexpr Port kUpgrade = 9400;  // a daemon that an upgrade brings, node by node

class Churn : public Cluster {
 protected:
  void SetUp() override {
    Cluster::SetUp();
    for (int i = 5; i <= 8; ++i) add(fmt::format("node{}", i), "compute", {22, 111});
    add("login2", "login", {22, 80});
    add("io1", "storage", {22, 988});
    add("io2", "storage", {22, 988});
    home_ = hosts_;
    ports_ = ports({988, kUpgrade});
    ports_.of(Protocol::tcp).insert_range(1, kLastPort);
    for (const auto& [first, last] :
         {std::pair(kRpcFirst, kRpcLast), std::pair(kCallbackFirst, kCallbackLast),
          std::pair(kSrunFirst, kSrunLast), std::pair(kGpfsFirst, kGpfsLast),
          std::pair(kUserFirst, kUserLast)}) {
      ports_.of(Protocol::tcp).insert_range(first, last);
    }
    PortSet of_users;
    of_users.insert_range(kUserFirst, kUserLast);
    sweep_policy_.severities.set_user_ports("login", of_users);
    learn_all();
    ASSERT_TRUE(learn(setting(), *store_, "storage", "io1", act()));
    ASSERT_TRUE(approve(*store_, "storage", ApproveWhat::either, act()));
    write_rules();
    for (const char* const node_class : {"compute", "login", "storage"}) {
      ASSERT_TRUE(approve(*store_, node_class, ApproveWhat::table, act()));
    }
    before_collect_ = [this](int number) {
      if (number > 1) end_short_lives();
    };
  }

  void write_rules() {
    const auto rule = [&](const char* type, Port first, Port last, const char* presence,
                          const char* until = "NULL") {
      const auto file = folder_ / fmt::format("store{}.db", stores_);
      const std::string command = fmt::format(
          "sqlite3 -bail '{}' \"INSERT INTO port_rules VALUES ('{}', 'tcp', '{}-{}', '{}', {})\"",
          file.string(), type, first, last, presence, until);
      ASSERT_EQ(std::system(command.c_str()), 0);
    };
    for (const char* const program : {"rpc:100021", "rpc:100024", "rpc:100005"}) {
      rule("compute", kRpcFirst, kRpcLast, program);
    }
    rule("compute", kCallbackFirst, kCallbackLast, "optional");
    rule("compute", kUpgrade, kUpgrade, "optional", "'2100-01-01T00:00:00Z'");
    rule("login", kSrunFirst, kSrunLast, "submit");
    rule("storage", kGpfsFirst, kGpfsLast, "optional");
  }

  bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  Port between(Port first, Port last) {
    return static_cast<Port>(first + random_() % (last - first + 1U));
  }

  /// The next hour: each host as it is at home, and what happens to it.
  void live() {
    short_lived_.clear();
    for (auto& [name, host] : hosts_) {
      const std::string& node_class = *inventory_.nodes[name].classes.begin();
      host = home_[name];
      host.loss = chance(5) ? 0.05 : 0;
      if (node_class == "compute") live_compute(name, host);
      if (node_class == "login") live_login(host);
      if (node_class == "storage" && chance(40)) host.open.insert(between(kGpfsFirst, kGpfsLast));
      if (chance(3)) host.has_neighbour_reply = false;  // reboots, is imaged anew
      // A daemon restarts, which takes seconds: two looks an hour apart do not both meet that.
      const bool restarts = !restarted_.contains(name) && chance(3);
      restarted_.erase(name);
      if (restarts) {
        host.open.remove(ports({111, 988}));
        restarted_.insert(name);
      }
      if (chance(3)) {  // something short-lived
        short_lived_[name].insert(between(120, kLastPort));
        host.open = host.open | short_lived_[name];
      }
    }
  }

  void live_compute(const std::string& name, net::MemoryHost& host) {
    if (chance(5) || !rpc_.contains(name)) {
      rpc_[name] = ports({between(kRpcFirst, kRpcLast), between(kRpcFirst, kRpcLast),
                          between(kRpcFirst, kRpcLast)});
    }
    host.open = host.open | rpc_[name];
    if (chance(70)) host.open.insert(between(kCallbackFirst, kCallbackLast));
    if (chance(1)) upgraded_.insert(name);
    if (upgraded_.contains(name)) host.open.insert(kUpgrade);
  }

  void live_login(net::MemoryHost& host) {
    for (int i = 0; i < 3; ++i) {
      if (chance(50)) host.open.insert(between(kSrunFirst, kSrunLast));
      if (chance(50)) host.open.insert(between(kUserFirst, kUserLast));
    }
  }

  void end_short_lives() {
    for (const auto& [name, gone] : short_lived_) hosts_[name].open.remove(gone);
  }

  /// Alerts above low, and how many there are in all.
  Lines grave() {
    Lines lines;
    const auto listing = list_alerts(*store_, names(), {}, now_);
    EXPECT_TRUE(listing);
    for (const AlertRow& row : listing->rows) {
      if (row.first.severity <= Severity::low) continue;
      lines.push_back(fmt::format("{} {} {} {}", to_string(row.first.severity),
                                  to_string(row.first.subject.kind),
                                  row.first.subject.port.value_or(0), fold_nodeset(row.nodes)));
    }
    return lines;
  }

  std::mt19937 random_{20261125};
  std::map<std::string, net::MemoryHost> home_;
  std::map<std::string, PortSet> rpc_;
  std::map<std::string, PortSet> short_lived_;
  std::set<std::string> upgraded_;
  std::set<std::string> restarted_;  // at the latest look
};

TEST_F(Churn, RaisesNothingAboveLow) {
  const int sweeps = sweeps_wanted();
  for (int i = 0; i < sweeps; ++i) {
    SCOPED_TRACE(fmt::format("sweep {}", i));
    live();
    sweep_all();
    ASSERT_THAT(grave(), IsEmpty());
    wait(std::chrono::hours(1));
  }
  hosts_ = home_;
  hosts_["node5"].open.insert(150);
  sweep_all();
  EXPECT_THAT(grave(), Contains("high unexpected-port 150 node5"));
}

}  // namespace
}  // namespace lockstep::control
