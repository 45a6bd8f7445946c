#include "analysis/key_policy.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(KeyPolicies, TheStrictestOfTheClassesCounts) {
  KeyPolicies policies;
  policies.set("diskless", KeyPolicy::boot);
  policies.set("login", KeyPolicy::shared);
  policies.set("vault", KeyPolicy::own);
  EXPECT_EQ(policies.of({"compute"}), KeyPolicy::own) << "nothing is said";
  EXPECT_EQ(policies.of({"compute", "diskless"}), KeyPolicy::boot);
  EXPECT_EQ(policies.of({"login", "diskless"}), KeyPolicy::shared);
  EXPECT_EQ(policies.of({"login", "vault"}), KeyPolicy::own);
}

TEST(KeyPolicies, OnlyNodesOfOneSharingClassMayShare) {
  KeyPolicies policies;
  policies.set("login", KeyPolicy::shared);
  policies.set("diskless", KeyPolicy::boot);
  EXPECT_TRUE(policies.may_share({"login"}, {"login", "x"}));
  EXPECT_FALSE(policies.may_share({"login"}, {"compute"}));
  EXPECT_FALSE(policies.may_share({"diskless"}, {"diskless"}));
  EXPECT_FALSE(policies.may_share({}, {}));
}

TEST(KeyPolicies, HaveWords) {
  for (const KeyPolicy policy : {KeyPolicy::own, KeyPolicy::shared, KeyPolicy::boot}) {
    EXPECT_EQ(parse_key_policy(to_string(policy)), policy);
  }
  EXPECT_EQ(parse_key_policy("none"), std::nullopt);
}

}  // namespace
}  // namespace lockstep
