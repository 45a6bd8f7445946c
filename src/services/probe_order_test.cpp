#include "services/probe_order.h"

#include "services/test_probes.h"

namespace lockstep::services {
namespace {

constexpr std::string_view kSet = R"(
Probe TCP NULL q||
match ssh m|^SSH|
match http m|^HTTP greeting|
Probe TCP Get q|GET|
ports 80
sslports 443
match http m|^HTTP|
Probe TCP Other q|x|
match other m|^x|
Probe TCP Rare q|y|
rarity 8
ports 7
match other m|^y|
fallback Get
Probe UDP Ask q|u|
match domain m|^u|
)";

std::vector<std::string> names(const std::vector<const ServiceProbe*>& probes) {
  std::vector<std::string> result;
  for (const ServiceProbe* probe : probes) result.push_back(probe->name);
  return result;
}

TEST(ProbeOrder, AsksForWhatIsExpectedByTheProbeOfThatPort) {
  const ProbeSet set = probes_of(kSet);
  struct Row {
    Port port;
    bool tls;
    std::string_view service, expected;
  };
  const Row rows[] = {
      {22, false, "ssh", "NULL"},       {80, false, "http", "Get"},  {443, true, "http", "Get"},
      {8080, false, "http", "NULL"},    {7, false, "other", "Rare"}, {9, false, "other", "Other"},
      {80, false, "web-server", "Get"}, {80, false, "", "Get"},
  };
  for (const Row& row : rows) {
    const ServiceProbe* const probe = probe_for(set, Protocol::tcp, row.port, row.tls, row.service);
    ASSERT_NE(probe, nullptr) << row.service;
    EXPECT_EQ(probe->name, row.expected) << row.service << " on " << row.port;
  }
  EXPECT_EQ(probe_for(set, Protocol::tcp, 22, false, "nothing"), nullptr);
  EXPECT_EQ(probe_for(set, Protocol::udp, 22, false, "ssh"), nullptr);
}

TEST(ProbeOrder, ListensThenAsksWhatThePortListsThenTheRest) {
  const ProbeSet set = probes_of(kSet);
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(search_order(set, Protocol::tcp, 1, false)), (Names{"NULL", "Get", "Other"}));
  EXPECT_EQ(names(search_order(set, Protocol::tcp, 7, false)),
            (Names{"NULL", "Rare", "Get", "Other"}));
  EXPECT_EQ(names(search_order(set, Protocol::udp, 1, false)), (Names{"Ask"}));
}

TEST(ProbeOrder, AFallbackTellsToo) {
  const ProbeSet set = probes_of(kSet);
  EXPECT_TRUE(can_tell(set, *set.find(Protocol::tcp, "Rare"), "http"));
  EXPECT_FALSE(can_tell(set, *set.find(Protocol::tcp, "Other"), "http"));
}

}  // namespace
}  // namespace lockstep::services
