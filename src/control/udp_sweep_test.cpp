// UDP from the simulated wire to profiles and alerts.

#include "control/test_cluster.h"

namespace lockstep::control {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class UdpSweeps : public Cluster {
 protected:
  void SetUp() override {
    Cluster::SetUp();
    for (auto& [name, host] : hosts_) {
      host.udp_open = {111};
      host.udp_silent = {514};
      host.limits_icmp = false;
    }
    ports_.of(Protocol::udp).insert_range(1, 600);
  }

  Lines expected_of(const std::string& host_type) {
    Lines lines;
    const std::vector<Profile> profiles = store_->profiles().value();  // outlives the loop
    for (const Profile& profile : profiles) {
      if (profile.host_type != host_type) continue;
      for (const ExpectedPort& each : profile.ports) {
        lines.push_back(fmt::format("{}/{}", each.port, to_string(each.protocol)));
      }
    }
    return lines;
  }
};

TEST_F(UdpSweeps, LearnWhatAnswersAndWhatIsSilentAndFindWhatDeviates) {
  learn_all();
  EXPECT_THAT(expected_of("compute"), ElementsAre("22/tcp", "111/tcp", "111/udp", "514/udp"));
  EXPECT_THAT(told(sweep_all()), IsEmpty());
  wait(1h);
  hosts_["node3"].udp_open.push_back(500);
  hosts_["node4"].udp_silent.push_back(520);
  hosts_["node2"].udp_open.clear();
  EXPECT_THAT(told(sweep_all()),
              ElementsAre("high unexpected-port compute 500/udp open node3",
                          "high unexpected-filtered compute 520/udp open|filtered node4",
                          "low missing-port compute 111/udp closed node2"));
  wait(1h);
  hosts_["node3"].udp_open = hosts_["node2"].udp_open = {111};
  hosts_["node4"].udp_silent = {514};
  const SweepReport over = sweep_all();
  EXPECT_THAT(told(over), IsEmpty());
  EXPECT_EQ(over.resolved.size(), 2U) << "the missing port was none yet";
}

TEST_F(UdpSweeps, LearningOneProtocolLeavesTheOtherAsItIs) {
  learn_all();
  ports_.of(Protocol::tcp) = PortSet();
  for (auto& [name, host] : hosts_) host.udp_open.push_back(53);
  learn_all();
  EXPECT_THAT(expected_of("compute"),
              ElementsAre("22/tcp", "53/udp", "111/tcp", "111/udp", "514/udp"));
  EXPECT_THAT(told(sweep_all()), IsEmpty());
}

TEST_F(UdpSweeps, MayRunWhileTcpIsAskedAndNotTwice) {
  learn_all();
  const auto claim = [&](PortSets ports) {
    return store_->begin_sweep(
        {.started = now_, .nodes = {"node1"}, .ports = ports, .owner = "other", .host = "mon2"},
        [](const SweepInfo&) { return true; });
  };
  const PortSets udp({}, ports({53}));
  EXPECT_TRUE(claim(udp));
  EXPECT_TRUE(claim(ports({22})));
  EXPECT_FALSE(claim(udp));
  EXPECT_FALSE(claim(PortSets(ports({80}), ports({54}))));
}

}  // namespace
}  // namespace lockstep::control
