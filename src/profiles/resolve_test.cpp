#include "profiles/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<Profile> kProfiles = {
    {"compute", {{22, Protocol::tcp, "", ""}, {6818, Protocol::tcp, "", ""}}, {}},
    {"compute@hsn", {{988, Protocol::tcp, "", ""}}, {}},
    {"gpu",
     {{22, Protocol::tcp, "ssh", ""}, {6818, Protocol::tcp, "", ""}, {9400, Protocol::tcp, "", ""}},
     {}},
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
  EXPECT_THAT(resolve({"compute", "gpu"}, "management", kProfiles).ports,
              ElementsAre(ExpectedPort{22, Protocol::tcp, "", ""},
                          ExpectedPort{22, Protocol::tcp, "ssh", ""},
                          ExpectedPort{6818, Protocol::tcp, "", ""},
                          ExpectedPort{9400, Protocol::tcp, "", ""}));
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

/// What an open 8080/tcp is to a class with one rule for 8080-8090.
TEST(Resolve, TellsWhatARuleAllowsAndRequires) {
  const WallTime now{std::chrono::seconds(1'782'907'200)};
  const WallTime later = now + std::chrono::seconds(1);
  const struct {
    const char* description;
    Presence presence;
    std::optional<WallTime> until;
    bool allows;
    bool requires_it;
  } kRows[] = {
      {"required", Presence::required, {}, true, true},
      {"required for a second more", Presence::required, later, true, true},
      {"required until now", Presence::required, now, false, false},
      {"optional", Presence::optional, {}, true, false},
      {"optional until now", Presence::optional, now, false, false},
      {"while a job runs: nobody knows", Presence::job, {}, false, false},
      {"of a launcher: nobody knows", Presence::submit, {}, false, false},
      {"of an RPC program: nobody asked", Presence::rpc, {}, false, false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    PortRule rule{Protocol::tcp, {}, row.presence, 0, row.until};
    rule.ports.insert_range(8080, 8090);
    const std::vector<Profile> profiles = {{"compute", {}, {}}, {"gpu", {}, {rule}}};
    const Expectations found = resolve({"compute", "gpu"}, "management", profiles);
    EXPECT_EQ(found.rules, std::vector{rule}) << "whether it holds or not";
    EXPECT_EQ(found.allows(8080, Protocol::tcp, now), row.allows);
    EXPECT_EQ(found.requires_port(8080, Protocol::tcp, now), row.requires_it);
    EXPECT_FALSE(found.allows(8080, Protocol::udp, now));
    EXPECT_FALSE(found.allows(8091, Protocol::tcp, now));
    EXPECT_FALSE(resolve({"compute"}, "management", profiles).allows(8080, Protocol::tcp, now));
  }
}

TEST(Resolve, AllowsWhatIsExpected) {
  const Expectations found = resolve({"compute"}, "management", kProfiles);
  EXPECT_TRUE(found.allows(22, Protocol::tcp, {}));
  EXPECT_TRUE(found.requires_port(22, Protocol::tcp, {}));
  EXPECT_FALSE(found.allows(22, Protocol::udp, {}));
  EXPECT_FALSE(found.requires_port(9400, Protocol::tcp, {}));
}

}  // namespace
}  // namespace lockstep
