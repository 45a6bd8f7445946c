#include "services/own/own_matcher.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace lockstep::services {
namespace {

Matcher matcher() {
  auto matcher = own_matcher();
  EXPECT_TRUE(matcher) << matcher.error().message();
  return std::move(*matcher);
}

TEST(OwnMatcher, TakesTheFilterThatWasBuiltIn) {
  Matcher own = matcher();
  EXPECT_TRUE(own.took_filter());
  const ServiceProbe& probe = *own.probes().find(Protocol::tcp, kListening);
  EXPECT_EQ(own.match(probe, "SSH-2.0-OpenSSH_9.2p1\r\n").service.version, "9.2p1");
}

/// An echo is nothing but an echo, and so is the first part of one: what we say ourselves fits no
/// signature of an answer.
TEST(OwnMatcher, TakesNoEchoForAService) {
  Matcher own = matcher();
  for (const ServiceProbe& probe : own.probes().probes) {
    const std::string_view said = probe.payload;
    for (std::size_t length = 1; length <= said.size(); ++length) {
      const std::string name = own.match(probe, said.substr(0, length)).service.name;
      EXPECT_TRUE(name.empty() || name == "echo")
          << probe.name << ": the first " << length << " bytes of it are called " << name;
    }
    const std::string twice = probe.payload + probe.payload;
    const std::string name = own.match(probe, twice).service.name;
    EXPECT_TRUE(name.empty() || name == "echo") << probe.name << " twice is called " << name;
  }
}

}  // namespace
}  // namespace lockstep::services
