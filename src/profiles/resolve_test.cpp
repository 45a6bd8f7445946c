#include "profiles/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<Profile> kProfiles = {
    {"compute", {{22, Protocol::tcp, ""}, {6818, Protocol::tcp, ""}}},
    {"compute@hsn", {{988, Protocol::tcp, ""}}},
    {"gpu", {{22, Protocol::tcp, "ssh"}, {6818, Protocol::tcp, ""}, {9400, Protocol::tcp, ""}}},
};

TEST(Resolve, GivesTheProfileOfOneClass) {
  const Expectations found = resolve({"compute"}, "management", kProfiles);
  EXPECT_EQ(found.ports, kProfiles[0].ports);
  EXPECT_THAT(found.unprofiled, IsEmpty());
}

TEST(Resolve, GoesByNetwork) {
  EXPECT_EQ(resolve({"compute"}, "hsn", kProfiles).ports, kProfiles[1].ports);
}

TEST(Resolve, UnitesClasses) {
  EXPECT_THAT(
      resolve({"compute", "gpu"}, "management", kProfiles).ports,
      ElementsAre(ExpectedPort{22, Protocol::tcp, ""}, ExpectedPort{22, Protocol::tcp, "ssh"},
                  ExpectedPort{6818, Protocol::tcp, ""}, ExpectedPort{9400, Protocol::tcp, ""}));
}

TEST(Resolve, NamesWhatHasNoProfile) {
  const Expectations found = resolve({"compute", "gpu", "login"}, "hsn", kProfiles);
  EXPECT_EQ(found.ports, kProfiles[1].ports);
  EXPECT_THAT(found.unprofiled, ElementsAre("gpu@hsn", "login@hsn"));
  EXPECT_THAT(resolve({"zzz"}, "management", {}).unprofiled, ElementsAre("zzz"));
}

TEST(Resolve, ExpectsNothingOfANodeWithoutClass) {
  const Expectations found = resolve({}, "management", kProfiles);
  EXPECT_THAT(found.ports, IsEmpty());
  EXPECT_THAT(found.unprofiled, IsEmpty());
}

}  // namespace
}  // namespace lockstep
