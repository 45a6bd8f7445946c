// Our own set of probes and signatures, as it is embedded in the program.

#include <algorithm>

#include "data/service_probes.h"
#include "services/probe_order.h"
#include "services/test_probes.h"

namespace lockstep::services {
namespace {

TEST(OwnProbes, AreWellFormed) {
  const ProbeSet set = probes_of(data::service_probes());
  const auto checked = check_fallbacks(set);
  EXPECT_TRUE(checked) << checked.error().message();
  const Matcher matcher = matcher_of(data::service_probes());
  EXPECT_EQ(matcher.unfiltered(), 0U);
}

TEST(OwnProbes, AnUnknownPortIsAskedNineTimesAtMost) {
  const ProbeSet set = probes_of(data::service_probes());
  EXPECT_LE(search_order(set, Protocol::tcp, 1, false).size(), 10U);
  EXPECT_LE(search_order(set, Protocol::udp, 1, false).size(), 5U);
}

/// No probe is anything that a shell would run with an effect: each first word is no usual command.
TEST(OwnProbes, DoNothingInAShell) {
  static constexpr std::string_view kHarmless[] = {
      "GET",      "INFO", "version", "stats", "srvr", "VER",     "OPTIONS",      "AMQP",
      "lockstep", "1,",   "Hello",   "ZBXD",  "JRMI", "{\"id\"", "{\"command\"", "PROTOCOLINFO"};
  for (const ServiceProbe& probe : probes_of(data::service_probes()).probes) {
    const std::string_view sent = probe.payload;
    if (probe.protocol == Protocol::udp || sent.empty() || sent.front() < 'A') continue;
    const std::string_view word =
        sent.substr(0, sent.find_first_of(std::string_view(" \r\n\0\x01", 5)));
    const bool known = std::ranges::any_of(
        kHarmless, [&](std::string_view harmless) { return word.starts_with(harmless); });
    const bool binary = std::ranges::any_of(sent, [](char c) { return c == '\0'; });
    EXPECT_TRUE(known || binary) << probe.name << " sends the word " << word;
  }
}

}  // namespace
}  // namespace lockstep::services
