// What proves that an alert is over, and what does not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "analysis/test_book.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

const IpAddress kSix = IpAddress::parse("fd00::1").value();
const std::string kPort = "unexpected-port n1 4444";

/// n1 of two shows a listener, and then the next sweep is as `change` makes it of clones.
struct Row {
  const char* description;
  std::function<void(World&)> change;
  std::string told;  ///< of A-1
};

void check(const World& first, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.description);
    Book book;
    book.policy.missing_after = 0s;
    book.sweep(first, kNoon);
    ASSERT_THAT(book.records, testing::Not(IsEmpty()));
    World second(2);
    second.profiles = first.profiles;
    second.severities = first.severities;
    row.change(second);
    book.sweep(second, kNoon + 1h);
    EXPECT_EQ(book.told().front(), row.told);
  }
}

PortRule rule(Port port, Presence presence) {
  PortRule made{Protocol::tcp, {}, presence, 0, {}};
  made.ports.insert(port);
  return made;
}

TEST(AlertsOver, NeedProofThatAPortIsClosed) {
  World first(2);
  first.show(1, 4444, PortState::open);
  const std::string kOpen = "A-1 open " + kPort;
  const std::string kResolved = "A-1 resolved " + kPort + " = ";
  check(
      first,
      {{"answered closed", [](World&) {}, kResolved + "answered closed"},
       {"fell silent", [](World& w) { w.show(1, 4444, PortState::filtered); }, kOpen},
       {"refused by ICMP",
        [](World& w) { w.show(1, 4444, PortState::filtered, Evidence::icmp_unreachable); }, kOpen},
       {"not every port was asked", [](World& w) { w.coverage[0].asked = 65534; }, kOpen},
       {"the sweep was stopped", [](World& w) { w.coverage[0].gap = CoverageGap::interrupted; },
        kOpen},
       {"unreachable",
        [](World& w) { w.coverage[0] = none(w.coverage[0], CoverageGap::unreachable); }, kOpen},
       {"outside the fence now",
        [](World& w) { w.coverage[0] = none(w.coverage[0], CoverageGap::outside_fence); }, kOpen},
       {"no record of it", [](World& w) { w.coverage.erase(w.coverage.begin()); }, kOpen},
       {"not swept",
        [](World& w) {
          w.nodes.erase(w.nodes.begin());
          w.coverage.erase(w.coverage.begin());
        },
        kOpen},
       {"the sweep asked other ports",
        [](World& w) {
          w.wanted = PortSet();
          w.wanted.of(Protocol::tcp).insert_range(1, 1024);
        },
        kOpen},
       {"its class has no profile any more", [](World& w) { w.profiles.clear(); }, kOpen},
       {"in no class any more", [](World& w) { w.nodes[0].classes.clear(); }, kOpen},
       {"a second class, without a profile",
        [](World& w) {
          w.nodes[0].classes = {"compute", "gpu"};
        },
        kOpen},
       {"a second address was not examined",
        [](World& w) { w.add_address(1, kSix, {}, CoverageGap::unreachable); }, kOpen},
       {"a second address shows it", [](World& w) { w.add_address(1, kSix, {4444}); }, kOpen},
       {"a second address is silent there, and says so first",
        [](World& w) {
          w.add_address(1, kSix, {});
          w.observations.push_back({"n1", kSix, "management", Protocol::tcp, 4444,
                                    PortState::filtered, Evidence::no_reply});
          w.show(1, 4444, PortState::closed, Evidence::rst);
        },
        kOpen},
       {"closed on another network alone",
        [](World& w) {
          w.coverage.erase(w.coverage.begin());
          w.add_address(1, address_of(99), {}, CoverageGap::none, "fabric");
        },
        kOpen},
       {"its name has lost the address where it was seen",
        [](World& w) { w.coverage[0].address = kSix; }, kOpen},
       {"open, then closed in the very same sweep",
        [](World& w) {
          w.show(1, 4444, PortState::open);
          w.transient = {w.observations.back()};
          w.hide(1, 4444);
        },
        kOpen},
       {"so many ports are silent that not all are listed",
        [](World& w) {
          for (Port port = 10000; port < 11024; ++port) w.show(1, port, PortState::filtered);
          w.count(1);
          w.coverage[0].closed -= 500;
          w.coverage[0].answered -= 500;
          w.coverage[0].unanswered += 500;
        },
        kOpen},
       {"many ports are silent, and all of them are listed",
        [](World& w) {
          for (Port port = 10000; port < 11024; ++port) w.show(1, port, PortState::filtered);
          w.count(1);
        },
        kResolved + "answered closed"},
       {"one of so many that they are told as one",
        [](World& w) {
          for (Port port = 4400; port < 4700; ++port) w.show(1, port, PortState::open);
        },
        kOpen},
       {"its profile expects it",
        [](World& w) {
          w.profiles[0].ports.push_back({4444, Protocol::tcp, "", ""});
          w.show(1, 4444, PortState::open);
        },
        kResolved + "its profile allows it now"},
       {"a rule lets it be open",
        [](World& w) {
          w.profiles[0].rules = {rule(4444, Presence::optional)};
          w.show(1, 4444, PortState::open);
        },
        kResolved + "its profile allows it now"},
       {"a rule would let a job open it",
        [](World& w) {
          w.profiles[0].rules = {rule(4444, Presence::job)};
          w.show(1, 4444, PortState::open);
        },
        kOpen},
       {"users may listen there",
        [](World& w) {
          PortSet users;
          users.insert(4444);
          w.severities.set_user_ports("compute", users);
          w.show(1, 4444, PortState::open);
        },
        kResolved + "users may listen on it now"},
       {"another class: an alert of that class",
        [](World& w) {
          w.profiles.push_back({"gpu", {}, {}});
          w.nodes[0].classes = {"compute", "gpu"};
          w.show(1, 4444, PortState::open);
        },
        kResolved + "the node is judged as compute+gpu now"},
       {"another class, and silent",
        [](World& w) {
          w.profiles.push_back({"gpu", {}, {}});
          w.nodes[0].classes = {"compute", "gpu"};
          w.show(1, 4444, PortState::filtered);
        },
        kOpen},
       {"another class, and closed",
        [](World& w) {
          w.profiles.push_back({"gpu", {}, {}});
          w.nodes[0].classes = {"compute", "gpu"};
        },
        kResolved + "answered closed"}});
}

TEST(AlertsOver, SayThatAPortIsClosedWhereItIs) {
  World first(1);
  first.show(1, 4444, PortState::open);
  Book book;
  book.sweep(first, kNoon);
  World allowed = first;
  allowed.profiles[0].ports.push_back({4444, Protocol::tcp, "", ""});
  book.sweep(allowed, kNoon + 1h);
  EXPECT_EQ(book.records[0].status, AlertStatus::resolved);
  EXPECT_EQ(book.records[0].last_closed, std::nullopt) << "it is open all the while";
}

TEST(AlertsOver, EndSilenceByAnAnswer) {
  World first(2);
  first.show(1, 31337, PortState::filtered);
  const std::string kAlert = " unexpected-filtered n1 31337";
  check(first, {{"answered closed", [](World&) {}, "A-1 resolved" + kAlert + " = answered closed"},
                {"turned out to be a listener", [](World& w) { w.show(1, 31337, PortState::open); },
                 "A-1 resolved" + kAlert + " = it is open now, which is an alert of its own"},
                {"not examined in full",
                 [](World& w) {
                   w.show(1, 31337, PortState::open);
                   w.coverage[0].gap = CoverageGap::interrupted;
                 },
                 "A-1 open" + kAlert}});
}

TEST(AlertsOver, EndAMissingPortByALook) {
  World first(2);
  first.hide(1, 6818);
  const std::string kAlert = " missing-port n1 6818";
  check(first, {{"answered open", [](World&) {}, "A-1 resolved" + kAlert + " = answered open"},
                {"silent now", [](World& w) { w.show(1, 6818, PortState::filtered); },
                 "A-1 resolved" + kAlert + " = it is filtered now, which is an alert of its own"},
                {"not expected any more",
                 [](World& w) {
                   w.profiles[0].ports.pop_back();
                   for (int node = 1; node <= 2; ++node) w.hide(node, 6818);
                 },
                 "A-1 resolved" + kAlert + " = it is not expected any more"},
                {"required by a rule now: still missing",
                 [](World& w) {
                   w.profiles[0].ports.pop_back();
                   w.profiles[0].rules = {rule(6818, Presence::required)};
                   w.hide(1, 6818);
                 },
                 "A-1 open" + kAlert},
                {"not asked",
                 [](World& w) {
                   w.wanted = PortSet();
                   w.wanted.of(Protocol::tcp).insert_range(1, 1024);
                 },
                 "A-1 open" + kAlert},
                {"at an address that was not examined",
                 [](World& w) {
                   w.hide(1, 6818);
                   w.coverage[0].gap = CoverageGap::interrupted;
                 },
                 "A-1 open" + kAlert}});
}

TEST(AlertsOver, EndAMissingOneOfManyByALookAtAll) {
  World first(2);
  PortRule any = rule(8000, Presence::required);
  any.ports.insert_range(8000, 8002);
  first.profiles[0].rules = {any};
  first.show(2, 8000, PortState::open);
  const auto others = [](World& w) { w.show(2, 8000, PortState::open); };
  check(first, {{"another is open",
                 [&](World& w) {
                   others(w);
                   w.show(1, 8002, PortState::open);
                 },
                 "A-1 resolved missing-port n1 = it is so no longer"},
                {"none is", others, "A-1 open missing-port n1"},
                {"not all were asked",
                 [&](World& w) {
                   others(w);
                   w.wanted = PortSet();
                   w.wanted.of(Protocol::tcp).insert_range(1, 8001);
                 },
                 "A-1 open missing-port n1"}});
}

TEST(AlertsOver, EndManyPortsByALookAtAll) {
  World first(2);
  for (Port port = 20000; port < 20300; ++port) first.show(1, port, PortState::open);
  const std::string kOpen = "A-1 open unexpected-port n1";
  const std::string kResolved = "A-1 resolved unexpected-port n1 = it is so no longer";
  check(first,
        {{"all are closed", [](World&) {}, kResolved},
         {"few are left, each an alert of its own",
          [](World& w) {
            for (Port port = 20000; port < 20010; ++port) w.show(1, port, PortState::open);
          },
          kResolved},
         {"one of them is silent", [](World& w) { w.show(1, 20007, PortState::filtered); }, kOpen},
         {"a sweep of the usual ports does not ask them",
          [](World& w) {
            w.wanted = PortSet();
            w.wanted.of(Protocol::tcp).insert_range(1, 1024);
          },
          kOpen},
         {"a sweep asks some of them",
          [](World& w) {
            w.wanted = PortSet();
            w.wanted.of(Protocol::tcp).insert_range(1, 20298);
          },
          kOpen},
         {"a sweep asks exactly them",
          [](World& w) {
            w.wanted = PortSet();
            w.wanted.of(Protocol::tcp).insert_range(20000, 20299);
          },
          kResolved},
         {"unreachable",
          [](World& w) { w.coverage[0] = none(w.coverage[0], CoverageGap::unreachable); }, kOpen}});
}

TEST(AlertsOver, EndListenersOfUsersByALookAtAll) {
  World first(2);
  PortSet users;
  users.insert_range(1024, 65535);
  first.severities.set_user_ports("compute", users);
  first.show(1, 5901, PortState::open);
  check(first, {{"gone", [](World&) {}, "A-1 resolved unexpected-port n1 = it is so no longer"},
                {"another", [](World& w) { w.show(1, 8888, PortState::open); },
                 "A-1 open unexpected-port n1"},
                {"not asked",
                 [](World& w) {
                   w.wanted = PortSet();
                   w.wanted.of(Protocol::tcp).insert_range(1, 1024);
                 },
                 "A-1 open unexpected-port n1"}});
}

TEST(AlertsOver, EndATransientPortByTheNextLook) {
  World first(2);
  first.show(1, 40000, PortState::open);
  first.transient = {first.observations.back()};
  first.hide(1, 40000);
  const std::string kAlert = " transient-port n1 40000";
  check(
      first,
      {{"closed", [](World&) {}, "A-1 resolved" + kAlert + " = answered closed"},
       {"open for good", [](World& w) { w.show(1, 40000, PortState::open); },
        "A-1 resolved" + kAlert + " = it is open now, which is an alert of its own"},
       {"silent", [](World& w) { w.show(1, 40000, PortState::filtered); }, "A-1 open" + kAlert},
       {"transient again", [&](World& w) { w.transient = first.transient; }, "A-1 open" + kAlert}});
}

TEST(AlertsOver, EndAGapByALookAtAsMuch) {
  World first(2);
  first.coverage[0].gap = CoverageGap::interrupted;
  first.coverage[0].asked = 700;
  const std::string kOpen = "A-1 open coverage-gap n1";
  const std::string kResolved = "A-1 resolved coverage-gap n1 = examined in full";
  check(
      first,
      {{"examined in full", [](World&) {}, kResolved},
       {"unreachable",
        [](World& w) { w.coverage[0] = none(w.coverage[0], CoverageGap::unreachable); }, kOpen},
       {"a sweep of fewer ports",
        [](World& w) {
          w.wanted = PortSet();
          w.wanted.of(Protocol::tcp).insert_range(1, 1024);
        },
        kOpen},
       {"a second address was not examined",
        [](World& w) { w.add_address(1, kSix, {}, CoverageGap::interrupted); }, kOpen},
       {"another network was not",
        [](World& w) { w.add_address(1, address_of(99), {}, CoverageGap::interrupted, "fabric"); },
        kResolved},
       {"examined, but without a profile", [](World& w) { w.profiles.clear(); }, kOpen},
       {"not swept", [](World& w) { w.nodes.erase(w.nodes.begin()); }, kOpen}});
}

TEST(AlertsOver, EndAGapOfNoRecordByOne) {
  World first(2);
  first.coverage.erase(first.coverage.begin());
  std::erase_if(first.observations, [](const auto& seen) { return seen.node == "n1"; });
  check(first, {{"examined", [](World&) {}, "A-1 resolved coverage-gap n1 = examined in full"},
                {"partly", [](World& w) { w.add_address(1, kSix, {}, CoverageGap::interrupted); },
                 "A-1 open coverage-gap n1"}});
}

TEST(AlertsOver, EndSilenceOfANodeByItsAnswer) {
  World first(2);
  first.coverage[0] = none(first.coverage[0], CoverageGap::unreachable);
  const std::string kOpen = "A-1 open node-unreachable n1";
  const std::string kResolved = "A-1 resolved node-unreachable n1 = answers again";
  check(first,
        {{"examined", [](World&) {}, kResolved},
         {"answered, until the sweep was stopped",
          [](World& w) {
            w.coverage[0].gap = CoverageGap::interrupted;
            w.coverage[0].closed = 1;
          },
          kResolved},
         {"nothing but ICMP, until the sweep was stopped",
          [](World& w) { w.coverage[0].gap = CoverageGap::interrupted; }, kOpen},
         {"outside the fence",
          [](World& w) { w.coverage[0] = none(w.coverage[0], CoverageGap::outside_fence); }, kOpen},
         {"another address is unreachable",
          [](World& w) { w.add_address(1, kSix, {}, CoverageGap::unreachable); }, kOpen},
         {"not swept", [](World& w) { w.nodes.erase(w.nodes.begin()); }, kOpen}});
}

TEST(AlertsOver, EndAChangedProfileByItsApproval) {
  World first(2);
  first.approved.emplace();
  check(first, {{"approved", [](World&) {}, "A-1 resolved profile-changed  = it is as approved"},
                {"not yet", [](World& w) { w.approved.emplace(); }, "A-1 open profile-changed "},
                {"a sweep of other classes",
                 [](World& w) {
                   w.profiles.push_back({"gpu", {}, {}});
                   for (Node& node : w.nodes) node.classes = {"gpu"};
                 },
                 "A-1 open profile-changed "}});
}

/// Each sweep shows the other state: neither hides the listener.
TEST(AlertsFlapping, NeverEndAListener) {
  World open(2);
  open.show(1, 4444, PortState::open);
  World silent(2);
  silent.show(1, 4444, PortState::filtered);
  Book book;
  for (int i = 0; i < 10; ++i) {
    book.sweep(i % 2 == 0 ? open : silent, kNoon + i * 1h);
    EXPECT_EQ(book.told().front(), "A-1 open " + kPort);
  }
  EXPECT_THAT(book.records, SizeIs(2));
}

TEST(AlertsFlapping, KeepTheirIdsWhereClassesChange) {
  World compute(2);
  compute.profiles.push_back({"gpu", {}, {}});
  compute.show(1, 4444, PortState::open);
  World both = compute;
  both.nodes[0].classes = {"compute", "gpu"};
  Book book;
  for (int i = 0; i < 4; ++i) book.sweep(i % 2 == 0 ? compute : both, kNoon + i * 1h);
  EXPECT_THAT(book.told(),
              ElementsAre("A-1 resolved " + kPort + " = the node is judged as compute+gpu now",
                          "A-2 reopened " + kPort));
}

TEST(AlertsNetworks, AreApart) {
  World world(1);
  world.profiles.push_back({"compute@fabric", {}, {}});
  world.add_address(1, address_of(99), {4444}, CoverageGap::none, "fabric");
  world.show(1, 4444, PortState::open);
  Book book;
  book.sweep(world, kNoon);
  EXPECT_THAT(book.told(), ElementsAre("A-1 open " + kPort, "A-2 open " + kPort));
  world.hide(1, 4444);
  book.sweep(world, kNoon + 1h);
  std::vector<std::string> open;
  for (const AlertRecord& each : book.records) {
    if (each.status == AlertStatus::open) open.push_back(each.subject.network);
  }
  EXPECT_THAT(open, ElementsAre("fabric"));
}

}  // namespace
}  // namespace lockstep
