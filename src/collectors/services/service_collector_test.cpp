// The collector with workers that dialogue_pool_test.cpp plays.

#include "collectors/services/service_collector.h"

#include <gtest/gtest.h>

#include <map>

namespace lockstep {
namespace {

constexpr Port kNeverEnds = 3;
constexpr Port kGood = 1000;

CollectTarget target(const std::string& node, std::vector<Port> ports) {
  CollectTarget target{.node = node,
                       .address = IpAddress::parse("127.0.0.1").value(),
                       .network = "management",
                       .group = {}};
  for (const Port port : ports) target.questions.push_back({.port = port});
  return target;
}

class Recorder final : public ObservationSink {
 public:
  explicit Recorder(LeaveList& leave) : leave_(leave) {}
  void observe(PortObservation /*seen*/) override {}
  void identify(const ServiceObservation& seen) override {
    ++identified[seen.node];
    leave_.add("never");  // what that one was asked is asked by now
  }
  void cover(Coverage covered) override { coverage[covered.node] = std::move(covered); }

  std::map<std::string, int> identified;
  std::map<std::string, Coverage> coverage;

 private:
  LeaveList& leave_;
};

TEST(ServiceCollector, NodesThatAreLeftHaveTheirGap) {
  ServiceCollectorOptions options;
  options.pool.command = {"/proc/self/exe", "--gtest_filter=PlayedWorker.*",
                          "--gtest_also_run_disabled_tests", "--gtest_brief=1"};
  options.pool.fence = scan::Fence({*Prefix::parse("127.0.0.0/8")}, {});
  options.pool.longest_dialogue = options.pool.hangs_after = std::chrono::seconds(60);
  ServiceCollector collector(options);
  LeaveList leave;
  leave.add("known");
  CollectControl control;
  control.leave = &leave;
  Recorder recorder(leave);
  const auto summary = collector.collect(
      {target("known", {kGood}), target("good", {kGood}), target("never", {kNeverEnds, kGood})},
      recorder, control);
  ASSERT_TRUE(summary) << summary.error().message();
  EXPECT_FALSE(summary->interrupted);
  EXPECT_EQ(recorder.identified, (std::map<std::string, int>{{"good", 1}}));
  EXPECT_EQ(recorder.coverage["good"].gap, CoverageGap::none);
  EXPECT_EQ(recorder.coverage["known"].gap, CoverageGap::left);
  EXPECT_EQ(recorder.coverage["never"].gap, CoverageGap::left);
  EXPECT_EQ(recorder.coverage["never"].answered, 0U);
}

}  // namespace
}  // namespace lockstep
