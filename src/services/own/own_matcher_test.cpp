#include "services/own/own_matcher.h"

#include <gtest/gtest.h>

namespace lockstep::services {
namespace {

TEST(OwnMatcher, TakesTheFilterThatWasBuiltIn) {
  auto matcher = own_matcher();
  ASSERT_TRUE(matcher) << matcher.error().message();
  EXPECT_TRUE(matcher->took_filter());
  const ServiceProbe& probe = *matcher->probes().find(Protocol::tcp, kListening);
  EXPECT_EQ(matcher->match(probe, "SSH-2.0-OpenSSH_9.2p1\r\n").service.version, "9.2p1");
}

}  // namespace
}  // namespace lockstep::services
