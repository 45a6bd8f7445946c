// Sweeps and looks, as every store keeps them.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "store/sql/sql_store.h"
#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::alive;
using samples::at;
using samples::claim;
using samples::covered;
using samples::dead;
using samples::end;
using samples::no_change;
using samples::ports;
using testing::HasSubstr;

class SweepConformance : public StoreTest {};
LOCKSTEP_ON_ALL_BACKENDS(SweepConformance);

std::int64_t begin(Store& store, const SweepClaim& claim) {
  return store.begin_sweep(claim, alive).value();
}

Result<std::vector<AlertRecord>> finish(Store& store, std::int64_t sweep, std::int64_t second,
                                        const std::vector<Coverage>& coverage) {
  return store.finish_sweep(sweep, end(second), {{}, coverage}, no_change);
}

TEST_P(SweepConformance, StartsEmpty) {
  const auto store = open();
  EXPECT_TRUE(store->sweeps(10).value().empty());
  EXPECT_TRUE(store->looks().value().looks.empty());
  EXPECT_TRUE(store->looks().value().port_sets.empty());
  EXPECT_TRUE(store->port_states().value().empty());
}

TEST_P(SweepConformance, IsToldFromBeginningToEnd) {
  const auto store = open();
  const std::int64_t id = begin(*store, claim({"n3", "n1", "n2", "n1"}, 5, ports(1, 1000)));
  EXPECT_EQ(id, 1);
  SweepInfo info;
  info.id = 1;
  info.state = SweepState::running;
  info.started = info.ended = at(5);
  info.nodes = "n[1-3]";
  info.ports = "1-1000";
  info.owner = "owner";
  info.host = "mon1";
  info.node_count = 3;
  EXPECT_EQ(open()->sweeps(10).value(), std::vector<SweepInfo>{info});

  ASSERT_TRUE(store->checkpoint_sweep(id, at(9), {}, {}).has_value());
  info.ended = at(9);
  EXPECT_EQ(store->sweeps(10).value(), std::vector<SweepInfo>{info}) << "a sign of life";

  const SweepEnd ended = {SweepState::interrupted, at(12), "connect", 0xffff'ffff'ffffULL, 3, 2,
                          "stopped by a signal"};
  ASSERT_TRUE(store->finish_sweep(id, ended, {}, no_change).has_value());
  info.state = SweepState::interrupted;
  info.ended = at(12);
  info.method = "connect";
  info.probes = 0xffff'ffff'ffffULL;
  info.proven = 2;
  info.problem = "stopped by a signal";
  EXPECT_EQ(open()->sweeps(10).value(), std::vector<SweepInfo>{info});
}

TEST_P(SweepConformance, AreToldNewestFirst) {
  const auto store = open();
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(begin(*store, claim({fmt::format("n{}", i)}, i)), i);
  }
  const auto two = store->sweeps(2).value();
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[0].id, 3);
  EXPECT_EQ(two[1].id, 2);
  EXPECT_TRUE(store->sweeps(0).value().empty());
  EXPECT_EQ(store->sweeps(std::numeric_limits<std::size_t>::max()).value().size(), 3U);
}

TEST_P(SweepConformance, MayNotShareANode) {
  const auto store = open();
  const auto other = open();
  begin(*store, claim({"n1", "n2", "n3"}, 1));
  const auto refused = other->begin_sweep(claim({"m1", "n3", "n4"}, 2), alive);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind(), ErrorKind::unavailable);
  EXPECT_THAT(refused.error().message(),
              HasSubstr("sweep 1, which \"owner\" on \"mon1\" began at 2026-01-01T00:00:01Z, still "
                        "asks 1 of these nodes, \"n3\" among them"));
  EXPECT_EQ(store->sweeps(10).value().size(), 1U);
  EXPECT_EQ(begin(*other, claim({"n4", "n5"}, 3)), 2) << "others may be asked";
  ASSERT_TRUE(finish(*store, 1, 4, {}).has_value());
  EXPECT_EQ(begin(*store, claim({"n1", "n3"}, 5)), 3) << "and these, once it has ended";
  EXPECT_FALSE(other->begin_sweep(claim({"n5", "n6"}, 6), alive).has_value());
  EXPECT_EQ(begin(*other, claim({}, 7)), 4) << "a sweep of nothing is in nobody's way";
}

TEST_P(SweepConformance, MayBeHuge) {
  std::vector<std::string> nodes;
  for (int i = 0; i < 100'000; ++i) nodes.push_back(fmt::format("r{}n{:03}", i / 1000, i % 1000));
  const auto store = open();
  begin(*store, claim(nodes, 1));
  const auto refused = store->begin_sweep(claim({"r99n999"}, 2), alive);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message(), HasSubstr("\"r99n999\""));
  EXPECT_TRUE(store->begin_sweep(claim({"r100n999"}, 2), alive).has_value());
  EXPECT_EQ(store->sweeps(2).value()[1].nodes, "r[0-99]n[000-999]");
}

TEST_P(SweepConformance, IsLostWithItsProcess) {
  const auto store = open();
  const std::int64_t first = begin(*store, claim({"n1"}, 1));
  ASSERT_TRUE(store->checkpoint_sweep(first, at(2), {}, {}).has_value());
  const std::int64_t second = begin(*store, claim({"n2"}, 3));
  std::vector<std::int64_t> asked_about;
  const auto third = store->begin_sweep(claim({"n1"}, 4), [&](const SweepInfo& info) {
    asked_about.push_back(info.id);
    return info.id == second;
  });
  EXPECT_EQ(third.value(), 3);
  EXPECT_EQ(asked_about, (std::vector<std::int64_t>{first, second}));
  const auto sweeps = store->sweeps(3).value();
  EXPECT_EQ(sweeps[2].state, SweepState::lost);
  EXPECT_EQ(sweeps[2].ended, at(2)) << "its last sign of life";
  EXPECT_EQ(sweeps[1].state, SweepState::running);

  // The process was alive after all.
  for (const auto& error : {store->checkpoint_sweep(first, at(5), {}, {}).error(),
                            finish(*store, first, 5, {}).error()}) {
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_THAT(error.message(), HasSubstr("sweep 1 is not running: it is lost"));
  }
}

TEST_P(SweepConformance, LosesNothingWhereItMayNotBegin) {
  const auto store = open();
  begin(*store, claim({"n1"}, 1));
  begin(*store, claim({"n2"}, 2));
  const auto refused =
      store->begin_sweep(claim({"n2"}, 3), [](const SweepInfo& info) { return info.id == 2; });
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(store->sweeps(2).value()[1].state, SweepState::running) << "no effect at all";
}

TEST_P(SweepConformance, EndsOnce) {
  const auto store = open();
  const std::int64_t id = begin(*store, claim({"n1"}, 1));
  ASSERT_TRUE(finish(*store, id, 2, {}).has_value());
  EXPECT_EQ(finish(*store, id, 3, {}).error().kind(), ErrorKind::not_found);
  EXPECT_EQ(store->checkpoint_sweep(id, at(3), {}, {}).error().kind(), ErrorKind::not_found);
  const auto unknown = finish(*store, 99, 3, {});
  EXPECT_EQ(unknown.error().kind(), ErrorKind::not_found);
  EXPECT_THAT(unknown.error().message(), HasSubstr("there is no sweep 99"));
  SweepEnd running = end(3);
  running.state = SweepState::running;
  EXPECT_EQ(store->finish_sweep(id, running, {}, no_change).error().kind(), ErrorKind::invalid);
}

TEST_P(SweepConformance, RefusesWhatItCannotKeep) {
  const auto store = open();
  SweepClaim bad = claim({"n1"}, 1);
  bad.owner = std::string(256, 'o');
  const auto owner = store->begin_sweep(bad, alive);
  ASSERT_FALSE(owner.has_value());
  EXPECT_EQ(owner.error().kind(), ErrorKind::invalid);
  EXPECT_THAT(owner.error().message(), HasSubstr("has 256 bytes; the table sweeps holds 255"));

  EXPECT_EQ(store->begin_sweep(claim({"n[1]"}, 1), alive).error().kind(), ErrorKind::invalid);
  EXPECT_EQ(store->begin_sweep(claim({"a,b"}, 1), alive).error().kind(), ErrorKind::invalid);
  PortSet zero;
  zero.insert(0);
  EXPECT_EQ(store->begin_sweep(claim({"n1"}, 1, zero), alive).error().kind(), ErrorKind::invalid);
  EXPECT_EQ(sql("SELECT COUNT(*) FROM sweeps; SELECT COUNT(*) FROM port_sets;"), "0\n0\n");

  const std::int64_t id = begin(*store, claim({"n1"}, 1));
  const std::string long_name(256, 'n');
  const auto coverage = std::vector{covered("n1", 1), covered(long_name, 2)};
  const auto states = std::vector{samples::seen("n1", 1, 22), samples::seen(long_name, 2, 22)};
  for (const auto& error :
       {store->checkpoint_sweep(id, at(2), states, coverage).error(),
        store->finish_sweep(id, end(2), {states, coverage}, no_change).error()}) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    EXPECT_THAT(error.message(), HasSubstr("has 256 bytes; the table"));
  }
  SweepEnd wordy = end(2);
  wordy.method = std::string(61, 'm');
  EXPECT_EQ(store->finish_sweep(id, wordy, {}, no_change).error().kind(), ErrorKind::invalid);
  EXPECT_EQ(sql("SELECT COUNT(*) FROM looks; SELECT COUNT(*) FROM port_states;"), "0\n0\n")
      << "nothing is half written";
  EXPECT_EQ(store->sweeps(1).value().front().state, SweepState::running);
}

TEST_P(SweepConformance, KeepsHostileText) {
  const auto store = open();
  SweepClaim strange = claim({"n1"}, 1);
  strange.owner = "pid\t1\\N'; --";
  strange.host = "h\xff";
  const std::int64_t id = begin(*store, strange);
  SweepEnd ended = end(2);
  ended.problem = std::string("NUL\0 and \xc3\x28, gr\xc3\xbc\xc3\x9f", 19);
  ASSERT_TRUE(store->finish_sweep(id, ended, {}, no_change).has_value());
  const SweepInfo info = store->sweeps(1).value().front();
  EXPECT_EQ(info.owner, "pid\t1\\N'; --");
  EXPECT_EQ(info.host, "h\\xff");
  EXPECT_EQ(info.problem, "NUL\\x00 and \\xc3(, gr\xc3\xbc\xc3\x9f");
}

TEST_P(SweepConformance, TellsRowsWithoutSense) {
  const auto store = open();
  const std::int64_t id = begin(*store, claim({"n1"}, 1));
  const auto examined = std::vector{covered("n1", 1)};
  ASSERT_TRUE(store->checkpoint_sweep(id, at(2), {}, examined).has_value());
  const auto sweeps = [&] { return store->sweeps(1).error(); };
  const auto another = [&] { return store->begin_sweep(claim({"n2"}, 3), alive).error(); };
  const auto looks = [&] { return store->looks().error(); };
  const auto finished = [&] { return finish(*store, id, 3, {}).error(); };
  const struct {
    const char* damage;
    const char* repair;
    std::function<Error()> call;
    const char* says;
  } kRows[] = {
      {"UPDATE sweeps SET state = 'walking'", "UPDATE sweeps SET state = 'running'", sweeps,
       "table sweeps, the row id \"1\": its state"},
      {"UPDATE sweeps SET probes = -1", "UPDATE sweeps SET probes = 0", sweeps, "of its counts"},
      {"UPDATE sweeps SET nodes = 'n['", "UPDATE sweeps SET nodes = 'n1'", another,
       "table sweeps, the row id 1"},
      {"UPDATE looks SET gap = 'wide'", "UPDATE looks SET gap = 'none'", looks,
       "table looks, the row node \"n1\", address \"198.18.0.1\""},
      {"UPDATE looks SET asked = -1", "UPDATE looks SET asked = 1", looks, "table looks"},
      {"UPDATE port_sets SET ports = 'ssh'", "UPDATE port_sets SET ports = '1-100'", looks,
       "table port_sets, the row id \"1\": \"ssh\" is not a port"},
      {"UPDATE port_sets SET ports = 'ssh'", "UPDATE port_sets SET ports = '1-100'", finished,
       "table port_sets, the row id 1"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.damage);
    sql(row.damage + std::string(";"));
    const Error error = row.call();
    EXPECT_EQ(error.kind(), ErrorKind::corrupt);
    EXPECT_THAT(error.message(), HasSubstr(row.says));
    sql(row.repair + std::string(";"));
  }
  EXPECT_TRUE(finish(*store, id, 4, {}).has_value());
}

// --- Looks ---

Look look(const std::string& node, std::uint32_t number, std::int64_t sweep, std::int64_t second) {
  Look result;
  result.node = node;
  result.network = "management";
  result.address = samples::address(number);
  result.sweep = sweep;
  result.looked = at(second);
  result.examined = at(second);
  result.asked = result.wanted = 100;
  return result;
}

bool same(const Look& a, const Look& b) {
  return std::tie(a.node, a.network, a.address, a.protocol, a.ports, a.sweep, a.looked, a.examined,
                  a.gap, a.asked, a.wanted) == std::tie(b.node, b.network, b.address, b.protocol,
                                                        b.ports, b.sweep, b.looked, b.examined,
                                                        b.gap, b.asked, b.wanted);
}

TEST_P(SweepConformance, KeepsTheLatestLookAtEachAddress) {
  const auto store = open();
  const std::int64_t first = begin(*store, claim({"n1", "n2"}, 1));
  ASSERT_TRUE(finish(*store, first, 2,
                     {covered("n2", 9), covered("n2", 10), covered("n1", 1),
                      covered("n1", 2, CoverageGap::unreachable)})
                  .has_value());
  const std::int64_t second = begin(*store, claim({"n2"}, 3));
  ASSERT_TRUE(
      finish(*store, second, 4, {covered("n2", 9, CoverageGap::interrupted), covered("n2", 10)})
          .has_value());

  Look unreachable = look("n1", 2, first, 2);
  unreachable.examined.reset();
  unreachable.gap = CoverageGap::unreachable;
  unreachable.asked = 40;
  Look interrupted = look("n2", 9, second, 4);
  interrupted.examined = at(2);
  interrupted.gap = CoverageGap::interrupted;
  interrupted.asked = 40;
  const std::vector<Look> expected = {look("n1", 1, first, 2), unreachable, interrupted,
                                      look("n2", 10, second, 4)};
  const Looks found = open()->looks().value();
  EXPECT_EQ(found.port_sets, std::vector<PortSets>{ports(1, 100)});
  ASSERT_EQ(found.looks.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(same(found.looks[i], expected[i])) << i;
  }
  EXPECT_TRUE(found.looks[0].proven());
  EXPECT_FALSE(found.looks[1].proven());
  EXPECT_FALSE(found.looks[2].proven());

  const std::vector<std::string> some = {"n1", "n9"};
  const Looks part = open()->looks_of(some).value();
  ASSERT_EQ(part.looks.size(), 2U);
  EXPECT_TRUE(same(part.looks[0], expected[0]));
  EXPECT_TRUE(same(part.looks[1], expected[1]));
  EXPECT_TRUE(open()->looks_of({}).value().looks.empty());
}

TEST_P(SweepConformance, KeepsLooksOfEachSetOfPorts) {
  const auto store = open();
  const std::int64_t few = begin(*store, claim({"n1"}, 1, ports(1, 10)));
  ASSERT_TRUE(finish(*store, few, 2, {covered("n1", 1)}).has_value());
  const std::int64_t all = begin(*store, claim({"n1"}, 3, PortSet::all()));
  ASSERT_TRUE(finish(*store, all, 4, {covered("n1", 1, CoverageGap::unanswered)}).has_value());
  const std::int64_t again = begin(*store, claim({"n1"}, 5, ports(1, 10)));
  ASSERT_TRUE(finish(*store, again, 6, {covered("n1", 1)}).has_value());
  begin(*store, claim({"n1"}, 7, ports(5, 6)));

  const Looks found = store->looks().value();
  EXPECT_EQ(found.port_sets, (std::vector<PortSets>{ports(1, 10), PortSet::all()}))
      << "each once, and only what was looked at";
  ASSERT_EQ(found.looks.size(), 2U);
  EXPECT_EQ(found.looks[0].ports, 0U);
  EXPECT_EQ(found.looks[0].sweep, again);
  EXPECT_EQ(found.looks[1].ports, 1U);
  EXPECT_EQ(found.looks[1].sweep, all);
  EXPECT_TRUE(found.looks[1].proven()) << "silent after the last try is examined";
}

TEST_P(SweepConformance, NeverClearsAnExaminationAtACheckpoint) {
  const auto store = open();
  const std::int64_t first = begin(*store, claim({"n1"}, 1));
  ASSERT_TRUE(finish(*store, first, 2, {covered("n1", 1)}).has_value());
  const std::int64_t second = begin(*store, claim({"n1"}, 3));
  const auto partly = std::vector{covered("n1", 1, CoverageGap::interrupted)};
  ASSERT_TRUE(store->checkpoint_sweep(second, at(4), {}, partly).has_value());
  const Look found = store->looks().value().looks.at(0);
  EXPECT_EQ(found.looked, at(4));
  EXPECT_EQ(found.examined, at(2));
  EXPECT_EQ(found.sweep, second);

  const auto fully = std::vector{covered("n1", 1)};
  ASSERT_TRUE(store->checkpoint_sweep(second, at(5), {}, fully).has_value());
  EXPECT_TRUE(store->looks().value().looks.at(0).proven());
  ASSERT_TRUE(store->checkpoint_sweep(second, at(6), {}, partly).has_value());
  EXPECT_EQ(store->looks().value().looks.at(0).examined, at(5));
}

TEST_P(SweepConformance, TellsNetworksAndFamiliesApart) {
  const auto store = open();
  Coverage fabric = covered("n1", 1);
  fabric.network = "hsn";
  Coverage six = covered("n1", 1);
  six.address = IpAddress::parse("fd00::1").value();
  Coverage udp = covered("n1", 1);
  udp.protocol = Protocol::udp;
  const std::int64_t id = begin(*store, claim({"n1"}, 1));
  ASSERT_TRUE(finish(*store, id, 2, {six, udp, covered("n1", 1), fabric}).has_value());
  const auto looks = store->looks().value().looks;
  ASSERT_EQ(looks.size(), 4U);
  EXPECT_EQ(looks[0].network, "hsn");
  EXPECT_EQ(looks[1].protocol, Protocol::tcp);
  EXPECT_EQ(looks[2].protocol, Protocol::udp);
  EXPECT_TRUE(looks[3].address.is_v6());
}

}  // namespace
}  // namespace lockstep
