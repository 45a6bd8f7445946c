#include "profiles/listeners.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep {
namespace {

PortObservation udp(Port port, PortState state) {
  PortObservation seen;
  seen.node = "node1";
  seen.address = IpAddress::v4(0xc6120001);
  seen.protocol = Protocol::udp;
  seen.port = port;
  seen.state = state;
  return seen;
}

std::vector<Port> ports_of(const std::vector<PortObservation>& observations) {
  std::vector<Port> ports;
  for (const PortObservation* const seen : listeners_of(observations)) ports.push_back(seen->port);
  return ports;
}

TEST(Listeners, AreOpenPortsAndSilentUdpPortsThatNoClientUses) {
  PortObservation silent_tcp = udp(22, PortState::filtered);
  silent_tcp.protocol = Protocol::tcp;
  PortObservation open_tcp = udp(50000, PortState::open);
  open_tcp.protocol = Protocol::tcp;
  const std::vector<PortObservation> observations = {
      silent_tcp,
      open_tcp,
      udp(514, PortState::open_filtered),
      udp(515, PortState::filtered),
      udp(40000, PortState::open),
      udp(40001, PortState::open_filtered),
  };
  EXPECT_THAT(ports_of(observations), testing::ElementsAre(50000, 514, 40000));
}

TEST(Listeners, OfAnAddressBehindAFirewallAreTheOpenPortsAlone) {
  std::vector<PortObservation> observations = {udp(53, PortState::open)};
  for (Port port = 1000; port < 1064; ++port) {
    observations.push_back(udp(port, PortState::open_filtered));
  }
  EXPECT_EQ(ports_of(observations).size(), 65U);
  observations.push_back(udp(2000, PortState::open_filtered));
  EXPECT_THAT(ports_of(observations), testing::ElementsAre(53));
}

}  // namespace
}  // namespace lockstep
