// What UDP changes: silence may be a listener, ephemeral sockets come and go, and a look by one
// protocol proves nothing about the other.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "analysis/test_book.h"
#include "analysis/test_world.h"

namespace lockstep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

/// All of `world` as if it had been asked by UDP.
World by_udp(World world) {
  for (Profile& profile : world.profiles) {
    for (ExpectedPort& expected : profile.ports) expected.protocol = Protocol::udp;
  }
  for (PortObservation& seen : world.observations) seen.protocol = Protocol::udp;
  for (Coverage& coverage : world.coverage) coverage.protocol = Protocol::udp;
  world.wanted = PortSets({}, PortSet::all());
  return world;
}

TEST(JudgeUdp, SilenceMayBeAListener) {
  const struct {
    const char* description;
    std::function<void(World&)> change;
    std::vector<std::string> told;
  } kRows[] = {
      {"nothing deviates", [](World&) {}, {}},
      {"a listener that nobody expects",
       [](World& w) { w.show(2, 4444, PortState::open); },
       {"high unexpected-port compute n2 4444/udp open []"}},
      {"silence where the clones refuse",
       [](World& w) { w.show(2, 4444, PortState::open_filtered); },
       {"high unexpected-filtered compute n2 4444/udp open|filtered [silent]"}},
      {"prohibited by ICMP",
       [](World& w) { w.show(2, 4444, PortState::filtered, Evidence::icmp_unreachable); },
       {"high unexpected-filtered compute n2 4444/udp filtered [refused by ICMP]"}},
      {"an expected port that is silent",
       [](World& w) { w.show(2, 111, PortState::open_filtered); },
       {}},
      {"an expected port that is closed",
       [](World& w) { w.hide(2, 111); },
       {"low missing-port compute n2 111/udp closed [answered closed]"}},
      {"an expected port that is prohibited",
       [](World& w) { w.show(2, 111, PortState::filtered, Evidence::icmp_unreachable); },
       {"low missing-port compute n2 111/udp filtered [refused by ICMP]"}},
      {"no answer that tells anything",
       [](World& w) {
         w.coverage[1].gap = CoverageGap::inconclusive;
         w.hide(2, 111);
       },
       {"medium coverage-gap compute n2 - [datagrams without an answer prove nothing: not all of "
        "65,535 ports examined]"}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    World world(4);
    row.change(world);
    EXPECT_THAT(by_udp(world).told(), testing::UnorderedElementsAreArray(row.told));
  }
}

TEST(AlertsOfUdp, WaitADayForWhatMayBeAClient) {
  World client(2);
  client.show(1, 40000, PortState::open_filtered);
  World service(2);
  service.show(1, 4444, PortState::open_filtered);
  Book book;
  book.sweep(by_udp(client), kNoon);
  EXPECT_THAT(book.told(), ElementsAre("A-1 pending unexpected-filtered n1 40000"));
  book.sweep(by_udp(client), kNoon + 23h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 pending unexpected-filtered n1 40000"));
  book.sweep(by_udp(client), kNoon + 24h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 open unexpected-filtered n1 40000"));

  Book other;
  other.sweep(by_udp(client), kNoon);
  other.sweep(by_udp(World(2)), kNoon + 1h);
  EXPECT_THAT(other.told(), IsEmpty()) << "the client has gone";
  other.sweep(by_udp(service), kNoon + 2h);
  EXPECT_THAT(other.told(), ElementsAre("A-1 open unexpected-filtered n1 4444"));
}

TEST(AlertsOfUdp, TakeThreeLooksAtWhatMayBeAClient) {
  World client(2);
  client.show(1, 40000, PortState::open_filtered);
  const char* const pending = "A-1 pending unexpected-filtered n1 40000";
  const char* const open = "A-1 open unexpected-filtered n1 40000";
  const struct {
    const char* description;
    std::vector<std::chrono::hours> looks;
    const char* told;
  } kRows[] = {
      {"two, a week apart", {0h, 168h}, pending},
      {"three over a day", {0h, 1h, 24h}, open},
      {"three, the second of which was late", {0h, 168h, 169h}, open},
      {"many within a day", {0h, 1h, 2h, 3h, 23h}, pending},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    Book book;
    for (const std::chrono::hours look : row.looks) book.sweep(by_udp(client), kNoon + look);
    EXPECT_THAT(book.told(), ElementsAre(row.told));
  }
}

TEST(AlertsOfUdp, CountLooksAnewWhereTheClientHadGone) {
  World client(2);
  client.show(1, 40000, PortState::open_filtered);
  Book book;
  for (const auto look : {0h, 1h, 24h}) book.sweep(by_udp(client), kNoon + look);
  book.sweep(by_udp(World(2)), kNoon + 25h);
  EXPECT_THAT(book.told(),
              ElementsAre("A-1 resolved unexpected-filtered n1 40000 = answered closed"));
  for (const auto look : {26h, 60h}) book.sweep(by_udp(client), kNoon + look);
  EXPECT_THAT(book.told(), ElementsAre("A-1 pending unexpected-filtered n1 40000"));
  book.sweep(by_udp(client), kNoon + 61h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 reopened unexpected-filtered n1 40000"));
}

TEST(AlertsOfUdp, AreProvenOverByUdpAlone) {
  World open(2);
  open.show(1, 4444, PortState::open);
  World gap(2);
  gap.coverage[1].gap = CoverageGap::inconclusive;
  Book book;
  book.sweep(by_udp(open), kNoon);
  book.sweep(by_udp(gap), kNoon + 1h);
  const auto before = book.told();
  ASSERT_EQ(before.size(), 2U);
  World by_tcp(2);
  by_tcp.approved = by_udp(by_tcp).approvals();
  by_tcp.profiles = by_udp(World(2)).profiles;
  by_tcp.observations.clear();
  book.sweep(by_tcp, kNoon + 2h);
  EXPECT_EQ(book.told(), before) << "a look by TCP";
  book.sweep(by_udp(World(2)), kNoon + 3h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 resolved unexpected-port n1 4444 = answered closed",
                                       "A-2 resolved coverage-gap n2 = examined in full"));
}

}  // namespace
}  // namespace lockstep
