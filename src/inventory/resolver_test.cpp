#include "inventory/resolver.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

#include "inventory/entries.h"

namespace lockstep {
namespace {

using std::chrono::milliseconds;

Result<std::vector<IpAddress>> one(const char* text) {
  return std::vector<IpAddress>{*IpAddress::parse(text)};
}

/// Lookups that hang until the test lets them go, or until it ends.
class Gate {
 public:
  ~Gate() { open(); }
  void open() {
    if (!std::exchange(opened_, true)) promise_.set_value();
  }
  std::shared_future<void> future() const { return future_; }

 private:
  bool opened_ = false;
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

TEST(Resolver, AsksForEachNameOnce) {
  const auto calls = std::make_shared<std::atomic<int>>(0);
  const Lookup lookup = [calls](const std::string& name) -> Result<std::vector<IpAddress>> {
    ++*calls;
    if (name == "gone") return fail(ErrorKind::not_found, "not found");
    if (name == "empty") return std::vector<IpAddress>();
    return std::vector<IpAddress>{*IpAddress::parse("fd00::1"), *IpAddress::parse("198.18.0.1"),
                                  *IpAddress::parse("fd00::1")};
  };
  const std::vector<std::string> names{"a", "gone", "a", "empty"};
  const auto results = resolve_names(names, lookup);
  EXPECT_EQ(*calls, 3);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(*results.at("a"), (std::vector<IpAddress>{*IpAddress::parse("198.18.0.1"),
                                                      *IpAddress::parse("fd00::1")}));
  for (const char* name : {"gone", "empty"}) {
    ASSERT_FALSE(results.at(name));
    EXPECT_EQ(results.at(name).error().kind(), ErrorKind::not_found);
    EXPECT_EQ(results.at(name).error().message(), "not found");
  }
  EXPECT_TRUE(resolve_names({}, lookup).empty());
}

TEST(Resolver, AHangingLookupHoldsUpNobody) {
  Gate gate;
  const auto ended = std::make_shared<std::promise<void>>();
  std::future<void> late = ended->get_future();
  const auto begun = std::make_shared<std::atomic<bool>>(false);
  const Lookup lookup = [gate = gate.future(), ended, begun](const std::string& name) {
    if (name == "hangs") {
      *begun = true;
      gate.wait();
      ended->set_value();
    }
    return one("198.18.0.1");
  };
  {
    // Everything of the caller is gone by the time that the lookup comes back.
    const std::vector<std::string> names{"hangs"};
    const auto results = resolve_names(names, lookup, {milliseconds(100), 4});
    ASSERT_FALSE(results.at("hangs"));
    EXPECT_EQ(results.at("hangs").error().kind(), ErrorKind::unavailable);
    EXPECT_EQ(results.at("hangs").error().message(), "timed out");
  }
  gate.open();
  // On a machine so busy that the thread did not begin in time, there is nothing to wait for.
  if (*begun) late.wait();
}

TEST(Resolver, KeepsWhatCameInTime) {
  Gate gate;
  // "a" is asked first by the only thread, so its answer is in when "b" begins to hang.
  const Lookup lookup = [gate = gate.future()](const std::string& name) {
    if (name == "b") gate.wait();
    return one("198.18.0.1");
  };
  const std::vector<std::string> names{"a", "b", "c"};
  std::map<std::string, Result<std::vector<IpAddress>>> results;
  // A busy machine may need more than the first time limit to answer for "a".
  for (milliseconds limit(20); limit < milliseconds(20'000); limit *= 4) {
    results = resolve_names(names, lookup, {limit, 1});
    if (results.at("a")) break;
  }
  EXPECT_TRUE(results.at("a"));
  EXPECT_FALSE(results.at("b"));
  EXPECT_FALSE(results.at("c"));
}

TEST(Resolver, RunsNoMoreThreadsThanAsked) {
  const auto running = std::make_shared<std::atomic<int>>(0);
  const auto most = std::make_shared<std::atomic<int>>(0);
  const Lookup lookup = [running, most](const std::string&) {
    const int now = ++*running;
    int seen = *most;
    while (seen < now && !most->compare_exchange_weak(seen, now)) {
    }
    auto result = one("198.18.0.1");
    --*running;
    return result;
  };
  std::vector<std::string> names;
  for (int i = 0; i < 500; ++i) names.push_back("n" + std::to_string(i));
  EXPECT_EQ(resolve_names(names, lookup, {milliseconds(60'000), 3}).size(), 500U);
  EXPECT_LE(*most, 3);
}

TEST(Resolver, FillsInTheNodesWithoutAddress) {
  Inventory inventory;
  ASSERT_TRUE(add_entry(inventory, {"n[1-2]", {}, "", {}, ""}));
  ASSERT_TRUE(add_entry(inventory, {"n3", {}, "", {"198.18.0.3"}, "bmc"}));
  const Lookup lookup = [](const std::string& name) -> Result<std::vector<IpAddress>> {
    if (name == "n1") return one("198.18.0.1");
    return fail(ErrorKind::not_found, "not found");
  };
  const auto unresolved = resolve_nodes(inventory, lookup);
  ASSERT_EQ(unresolved.size(), 1U);
  EXPECT_EQ(unresolved[0].name, "n2");
  EXPECT_EQ(unresolved[0].reason.message(), "not found");
  EXPECT_EQ(inventory.nodes.at("n1").addresses,
            (std::vector<NodeAddress>{{*IpAddress::parse("198.18.0.1"), ""}}));
  EXPECT_TRUE(inventory.nodes.at("n2").addresses.empty());
  EXPECT_EQ(inventory.nodes.at("n3").addresses[0].network, "bmc");
}

TEST(SystemLookup, KnowsThisMachine) {
  const auto addresses = system_lookup()("localhost");
  ASSERT_TRUE(addresses) << addresses.error().message();
  ASSERT_FALSE(addresses->empty());
  for (const IpAddress& address : *addresses) EXPECT_TRUE(address.is_loopback());
  // Numbers need no server at all.
  EXPECT_EQ(*system_lookup()("198.18.0.1"), *one("198.18.0.1"));
}

}  // namespace
}  // namespace lockstep
