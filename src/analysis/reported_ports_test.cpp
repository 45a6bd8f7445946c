#include "analysis/reported_ports.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "analysis/test_world.h"

namespace lockstep {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

const IpAddress kOther = IpAddress::v4(0xc6130001);

/// Rounds of the instance `mine` over n1 to n4 of class compute, which all show 22 and 111, as
/// their profile says; what changes is kept from round to round, as the store would.
class Rounds {
 public:
  Rounds() {
    profiles = {{"compute", {{22, Protocol::tcp, "", ""}, {111, Protocol::tcp, "", ""}}, {}}};
    for (int number = 1; number <= 4; ++number) {
      const std::string name = fmt::format("n{}", number);
      nodes.push_back({name, {"compute"}, "", {{address_of(number), "management"}}});
      examined(number, "1-1024");
      report(number, 22);
      report(number, 111);
    }
  }

  void report(int number, Port port, Protocol protocol = Protocol::tcp) {
    ports.push_back({fmt::format("n{}", number), address_of(number), "management", protocol, port,
                     PortState::open, Evidence::syn_ack});
  }
  void hide(int number, Port port) {
    std::erase_if(ports, [&](const PortObservation& each) {
      return each.address == address_of(number) && each.port == port;
    });
  }
  /// The node is covered.
  void examined(int number, const std::string& tcp, const std::string& udp = "") {
    forget(number);
    looks.push_back({fmt::format("n{}", number), "mine", "management", address_of(number), tcp, udp,
                     WallTime()});
  }
  /// The node is not covered.
  void forget(int number) {
    std::erase_if(looks,
                  [&](const ReportedLook& look) { return look.address == address_of(number); });
  }

  /// What is told, after an hour.
  Lines round() {
    now += 1h;
    std::vector<PortObservation> covered = ports;
    std::erase_if(covered, [&](const PortObservation& port) {
      return std::ranges::find(looks, port.node, &ReportedLook::node) == looks.end();
    });
    const ReportInput input{.instance = "mine",
                            .nodes = nodes,
                            .profiles = profiles,
                            .ports = covered,
                            .looks = looks,
                            .before = kept,
                            .severities = severities,
                            .jobs = jobs ? &*jobs : nullptr,
                            .now = now};
    const ReportedPorts judged(input);
    apply(judged.update(book, {.missing_after = 0s}));
    const JobTies ties = judged.ties();
    keep(judged);  // last: it changes what was before
    if (jobs) jobs->tied = ties.tied;
    return alerts();
  }

  /// A sweep of our own that proves every port of every node closed but 22 and 111.
  void sweep() {
    now += 1h;
    World world(4, {22, 111});
    const std::vector<Finding> findings = world.judge();
    world.judged_by([&](const JudgeInput& input) {
      apply(update_alerts(book, {.input = input, .findings = findings}, {}, now));
      return 0;
    });
  }

  Lines alerts() const {
    Lines lines;
    for (const AlertRecord& each : book) {
      lines.push_back(
          fmt::format("{} {} {}@{} {}: {}{}", each.node, to_string(each.subject.kind),
                      each.subject.port ? std::to_string(*each.subject.port) : "*",
                      each.subject.network, to_string(each.status), each.detail,
                      each.status == AlertStatus::resolved ? " -> " + each.resolution : ""));
    }
    return lines;
  }

  std::vector<Node> nodes;
  std::vector<Profile> profiles;
  std::vector<PortObservation> ports;
  std::vector<ReportedLook> looks;
  SeverityPolicy severities;
  std::optional<JobFacts> jobs;
  PortReports kept;
  std::vector<AlertRecord> book;
  WallTime now = kNoon;

 private:
  void keep(const ReportedPorts& judged) {
    for (const ReportedLook& look : judged.looks()) {
      std::erase_if(kept.looks, [&](const ReportedLook& each) {
        return each.node == look.node && each.address == look.address;
      });
      kept.looks.push_back(look);
    }
    for (const ReportedPort& port : judged.gone()) std::erase(kept.ports, port);
    for (const ReportedPort& port : judged.fresh()) kept.ports.push_back(port);
    std::ranges::sort(kept.looks);
    std::ranges::sort(kept.ports);
  }

  void apply(const AlertChanges& changes) {
    for (const AlertRecord& record : changes.written) {
      std::erase_if(book, [&](const AlertRecord& each) {
        return each.id == record.id && each.node == record.node;
      });
      book.push_back(record);
    }
    std::ranges::sort(book, {},
                      [](const AlertRecord& each) { return std::tie(each.id, each.node); });
  }
};

TEST(ReportedPorts, InStepSayNothing) {
  Rounds rounds;
  EXPECT_EQ(rounds.round(), Lines());
  EXPECT_EQ(rounds.kept.ports.size(), 8U);
  EXPECT_EQ(rounds.kept.looks.size(), 4U);
}

TEST(ReportedPorts, RaiseAndEndAnAlertByTheirOwnLooksAlone) {
  const std::string open = "n3 unexpected-port 4444@management by mine open: reported by mine";
  const struct {
    const char* description;
    std::function<void(Rounds&)> change;
    Lines alerts;
  } rows[] = {
      {"it is still there", [](Rounds&) {}, {open}},
      {"it is reported no longer, and was examined",
       [](Rounds& rounds) {
         rounds.hide(3, 4444);
         rounds.examined(3, "1-5000");
       },
       {"n3 unexpected-port 4444@management by mine resolved: reported by mine -> no longer "
        "reported by mine"}},
      {"it is reported no longer, and no port was said to be examined",
       [](Rounds& rounds) {
         rounds.hide(3, 4444);
         rounds.examined(3, "");
       },
       {"n3 unexpected-port 4444@management by mine resolved: reported by mine -> no longer "
        "reported by mine"}},
      {"it was not among the ports examined",
       [](Rounds& rounds) {
         rounds.hide(3, 4444);
         rounds.examined(3, "1-1024");
       },
       {open}},
      {"another protocol was examined",
       [](Rounds& rounds) {
         rounds.hide(3, 4444);
         rounds.examined(3, "", "1-65535");
       },
       {open}},
      {"the node was not covered",
       [](Rounds& rounds) {
         rounds.hide(3, 4444);
         rounds.forget(3);
       },
       {open}},
      {"no node was covered", [](Rounds& rounds) { rounds.looks.clear(); }, {open}},
      {"our own sweep proves the port closed", [](Rounds& rounds) { rounds.sweep(); }, {open}},
      {"its profile allows it, and it was reported by the way",
       [](Rounds& rounds) {
         rounds.profiles[0].ports.push_back({4444, Protocol::tcp, "", ""});
         rounds.examined(3, "", "53");
       },
       {"n3 unexpected-port 4444@management by mine resolved: reported by mine -> its profile "
        "allows it now"}},
      {"its profile allows it",
       [](Rounds& rounds) {
         rounds.profiles[0].ports.push_back({4444, Protocol::tcp, "", ""});
       },
       {"n3 unexpected-port 4444@management by mine resolved: reported by mine -> its profile "
        "allows it now"}},
  };
  for (const auto& row : rows) {
    Rounds rounds;
    rounds.report(3, 4444);
    EXPECT_EQ(rounds.round(), Lines({open})) << row.description;
    EXPECT_EQ(rounds.book[0].clones, "3 of 4 without it");
    EXPECT_EQ(rounds.book[0].expected, "closed");
    row.change(rounds);
    Lines alerts = rounds.round();
    std::erase_if(alerts, [](const std::string& line) { return line.contains("missing-port"); });
    EXPECT_EQ(alerts, row.alerts) << row.description;
  }
}

TEST(ReportedPorts, DoNotEndAnAlertOfOurOwnSweep) {
  Rounds rounds;
  World world(4, {22, 111});
  world.show(3, 4444, PortState::open);
  const std::vector<Finding> findings = world.judge();
  world.judged_by([&](const JudgeInput& input) {
    rounds.book = update_alerts({}, {.input = input, .findings = findings}, {}, kNoon).written;
    return 0;
  });
  ASSERT_EQ(rounds.alerts(), Lines({"n3 unexpected-port 4444@management open: "}));
  rounds.examined(3, "1-65535");
  EXPECT_EQ(rounds.round(), Lines({"n3 unexpected-port 4444@management open: "}));
  rounds.report(3, 4444);
  EXPECT_EQ(rounds.round(),
            Lines({"n3 unexpected-port 4444@management open: ",
                   "n3 unexpected-port 4444@management by mine open: reported by mine"}));
  EXPECT_NE(rounds.book[0].id, rounds.book[1].id);
  rounds.sweep();
  EXPECT_EQ(rounds.book[0].status, AlertStatus::resolved);
  EXPECT_EQ(rounds.book[1].status, AlertStatus::open);
}

TEST(ReportedPorts, AreMissingOnlyWhereTheyWereExamined) {
  const std::string missing =
      "n2 missing-port 111@management by mine open: examined by mine, which does not report it";
  const struct {
    const char* description;
    std::function<void(Rounds&)> change;
    Lines alerts;
  } rows[] = {
      {"examined", [](Rounds&) {}, {missing}},
      {"nothing was said to be examined", [](Rounds& rounds) { rounds.examined(2, ""); }, {}},
      {"other ports were examined", [](Rounds& rounds) { rounds.examined(2, "1-100"); }, {}},
      {"another protocol was examined", [](Rounds& rounds) { rounds.examined(2, "", "111"); }, {}},
      {"not covered", [](Rounds& rounds) { rounds.forget(2); }, {}},
      {"another address of the network was not examined",
       [](Rounds& rounds) {
         rounds.looks.push_back({"n2", "mine", "management", kOther});
       },
       {}},
      {"an address of another network was not examined",
       [](Rounds& rounds) {
         rounds.looks.push_back({"n2", "mine", "fabric", kOther});
       },
       {missing}},
      {"no class of it has a profile", [](Rounds& rounds) { rounds.profiles.clear(); }, {}},
  };
  for (const auto& row : rows) {
    Rounds rounds;
    rounds.hide(2, 111);
    row.change(rounds);
    EXPECT_EQ(rounds.round(), row.alerts) << row.description;
  }
  Rounds rounds;
  rounds.hide(2, 111);
  rounds.round();
  rounds.report(2, 111);
  EXPECT_EQ(rounds.round(), Lines({"n2 missing-port 111@management by mine resolved: examined by "
                                   "mine, which does not report it -> reported by mine"}));
}

TEST(ReportedPorts, GoByTheRulesOfTheClass) {
  PortRule ephemeral;
  ephemeral.protocol = Protocol::udp;
  ephemeral.presence = Presence::optional;
  ephemeral.ports.insert_range(32768, 60999);
  PortRule past = ephemeral;
  past.protocol = Protocol::tcp;
  past.until = kNoon;
  Rounds rounds;
  rounds.profiles[0].rules = {ephemeral, past};
  rounds.report(1, 40000, Protocol::udp);
  rounds.report(1, 40000);
  EXPECT_EQ(rounds.round(), Lines({"n1 unexpected-port 40000@management by mine open: reported by "
                                   "mine: was allowed until 2026-07-01"}));
  EXPECT_EQ(rounds.book[0].severity, Severity::medium);
}

TEST(ReportedPorts, OfJobsAreTheirsUntilTheyAreLeftBehind) {
  Rounds rounds;
  rounds.jobs.emplace();
  rounds.jobs->ports.insert(8888);
  rounds.report(3, 8888);
  std::vector<NodeSchedule> said;
  for (const Node& node : rounds.nodes) {
    NodeSchedule schedule;
    schedule.node = node.name;
    schedule.state = SchedulerState::idle;
    said.push_back(schedule);
  }
  said[2].state = SchedulerState::allocated;
  said[2].jobs = {{.id = "7", .user = "kim"}};
  rounds.jobs->seen.note(said);
  EXPECT_EQ(rounds.round(), Lines());
  ASSERT_EQ(rounds.jobs->tied.size(), 1U);
  EXPECT_EQ(rounds.jobs->tied[0].network, "management by mine");
  said[2].state = SchedulerState::idle;
  said[2].jobs.clear();
  rounds.jobs->seen = {};
  rounds.jobs->seen.note(said);
  EXPECT_EQ(rounds.round(),
            Lines({"n3 orphan-listener 8888@management by mine open: reported by mine: left behind "
                   "by job 7 kim, seen first 2026-07-01 13:00Z"}));
}

TEST(ReportedPorts, AreManyOnOneRowWhereANodeAcceptsEverything) {
  Rounds rounds;
  for (Port port = 2000; port < 2300; ++port) rounds.report(3, port);
  EXPECT_EQ(rounds.round(), Lines({"n3 unexpected-port *@management by mine open: reported by "
                                   "mine: 300 ports: 2000-2299"}));
  for (Port port = 2000; port < 2300; ++port) rounds.hide(3, port);
  EXPECT_EQ(rounds.round()[0].substr(0, 46), "n3 unexpected-port *@management by mine open: ")
      << "they were not examined";
  rounds.examined(3, "1-3000");
  EXPECT_EQ(rounds.book[0].status, AlertStatus::open);
  rounds.round();
  EXPECT_EQ(rounds.book[0].resolution, "no longer reported by mine");
}

TEST(ReportedPorts, KnowWhenAPortWasClosedLast) {
  Rounds rounds;
  rounds.examined(3, "1-5000");
  rounds.round();
  const WallTime closed = rounds.now;
  rounds.report(3, 4444);
  rounds.report(2, 4444);  // which it never said that it examined
  rounds.round();
  ASSERT_EQ(rounds.book.size(), 2U);
  EXPECT_EQ(rounds.book[0].last_closed, std::nullopt);
  EXPECT_EQ(rounds.book[1].last_closed, closed);
}

TEST(ReportedPorts, AreKeptAsLongAsNothingProvesThemGone) {
  Rounds rounds;
  rounds.report(3, 4444);
  rounds.round();
  const WallTime since = rounds.now;
  rounds.hide(3, 4444);
  rounds.round();
  const ReportedPort port{"n3", "mine", "management", address_of(3), Protocol::tcp, 4444, since};
  EXPECT_EQ(std::ranges::count(rounds.kept.ports, port), 1) << "1-1024 were examined";
  rounds.examined(3, "1-4444");
  rounds.round();
  EXPECT_EQ(std::ranges::count(rounds.kept.ports, port), 0);
}

TEST(ReportedPorts, AtAnAddressThatTheNodeHasLostAreGoneToo) {
  Rounds rounds;
  rounds.examined(3, "");
  rounds.looks.push_back({"n3", "mine", "management", kOther});
  rounds.ports.push_back(
      {"n3", kOther, "management", Protocol::tcp, 4444, PortState::open, Evidence::syn_ack});
  rounds.round();
  ASSERT_EQ(rounds.book.size(), 1U);
  rounds.examined(3, "");
  std::erase_if(rounds.looks, [](const ReportedLook& look) { return look.address == kOther; });
  std::erase_if(rounds.ports, [](const PortObservation& port) { return port.address == kOther; });
  rounds.round();
  EXPECT_EQ(rounds.book[0].status, AlertStatus::resolved);
  EXPECT_EQ(std::ranges::count(rounds.kept.ports, Port{4444}, &ReportedPort::port), 0);
}

TEST(ReportedPorts, AreOpenAsTheLatestLookThatReachedThemSays) {
  struct Step {
    const char* tcp;  // null: the node is not covered
    bool reaches;
  };
  constexpr Step kSteps[] = {{nullptr, false}, {"", true}, {"1-1024", false}, {"1-65535", true}};
  rc::check([&] {
    Rounds rounds;
    bool open = false;
    for (const int each : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 16))) {
      const Step& step = kSteps[each % 4];
      const bool reported = each >= 8;
      if (each / 4 % 2 == 1) rounds.sweep();
      rounds.hide(3, 4444);
      if (reported) rounds.report(3, 4444);
      rounds.forget(3);
      if (step.tcp != nullptr) rounds.examined(3, step.tcp);
      if (step.tcp != nullptr && (reported || step.reaches)) open = reported;
      rounds.round();
      const auto alerts = std::ranges::count_if(rounds.book, [](const AlertRecord& record) {
        return record.node == "n3" && record.subject.port == Port{4444} &&
               record.status != AlertStatus::resolved;
      });
      RC_ASSERT(alerts == (open ? 1 : 0));
      RC_ASSERT(std::ranges::count(rounds.kept.ports, Port{4444}, &ReportedPort::port) == alerts);
    }
  });
}

TEST(ReportedPorts, OfPluginsThatSayNothingOfThemAreNone) {
  Rounds rounds;
  rounds.ports.clear();
  for (int number = 1; number <= 4; ++number) rounds.examined(number, "");
  EXPECT_EQ(rounds.round(), Lines());
  EXPECT_EQ(rounds.kept, PortReports{});
}

}  // namespace
}  // namespace lockstep
