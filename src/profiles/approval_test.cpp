#include "profiles/approval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PortRule rule(Port first, Port last, Presence presence) {
  PortRule made{Protocol::tcp, {}, presence, 0, {}};
  made.ports.insert_range(first, last);
  return made;
}

TEST(Approval, SaysEachExpectationInALine) {
  PortRule rpc = rule(32768, 60999, Presence::rpc);
  rpc.rpc_program = 100021;
  PortRule until = rule(8000, 8002, Presence::optional);
  until.until = WallTime(std::chrono::seconds(1'782'907'200));
  PortRule other = rule(22, 22, Presence::service);
  other.service = "OpenSSH 9.*";
  const Profile profile{"compute",
                        {{22, Protocol::tcp, "ssh", ""},
                         {22, Protocol::udp, "", ""},
                         {6818, Protocol::tcp, "ours", "slurmd .*"}},
                        {rpc, until, rule(80, 80, Presence::required), other}};
  EXPECT_THAT(lines_of(profile),
              ElementsAre("22/tcp service \"ssh\"", "22/tcp service:\"OpenSSH 9.*\"", "22/udp",
                          "32768-60999/tcp rpc:100021", "6818/tcp service \"ours\" = \"slurmd .*\"",
                          "80/tcp required", "8000-8002/tcp optional until 2026-07-01T12:00:00Z"));
  EXPECT_THAT(lines_of({}), IsEmpty());
}

TEST(Approval, LetsNoTextPassForAnother) {
  const Profile honest{"compute", {{22, Protocol::tcp, "a", "b"}}, {}};
  const char* const kServices[] = {"a\" = \"b", "a\n80/tcp", "a\\\" = \\\"b", "a\x1b[2K", "a "};
  for (const char* const service : kServices) {
    const auto lines = lines_of({"compute", {{22, Protocol::tcp, service, ""}}, {}});
    EXPECT_NE(lines, lines_of(honest)) << service;
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].find('\n'), std::string::npos);
    EXPECT_EQ(lines[0].find('\x1b'), std::string::npos);
  }
}

TEST(Approval, IsOtherForEachPartOfAnExpectation) {
  std::set<std::vector<std::string>> seen;
  std::size_t count = 0;
  const auto add = [&](const PortRule& each) {
    seen.insert(lines_of({"compute", {}, {each}}));
    ++count;
  };
  for (const Presence presence :
       {Presence::required, Presence::optional, Presence::job, Presence::submit, Presence::rpc}) {
    PortRule each = rule(8000, 8001, presence);
    add(each);
    each.until = WallTime(std::chrono::seconds(1));
    add(each);
    each.until = WallTime(std::chrono::seconds(2));
    add(each);
    each.protocol = Protocol::udp;
    add(each);
    each.ports.insert(9000);
    add(each);
  }
  PortRule rpc = rule(8000, 8001, Presence::rpc);
  rpc.rpc_program = 1;
  add(rpc);
  PortRule other = rule(8000, 8001, Presence::service);
  for (const char* const service : {"a", "A", "a\" until \"", "a until 1970-01-01T00:00:01Z"}) {
    other.service = service;
    add(other);
  }
  other.until = WallTime(std::chrono::seconds(1));
  add(other);
  EXPECT_EQ(seen.size(), count);
}

Profile any_profile() {
  Profile profile{"compute", {}, {}};
  for (const Port port : *rc::gen::arbitrary<std::set<Port>>()) {
    const auto protocol = *rc::gen::element(Protocol::tcp, Protocol::udp);
    profile.ports.push_back({port, protocol, *rc::gen::element<std::string>("", "ssh", "x y"),
                             *rc::gen::element<std::string>("", "SSH-.*")});
  }
  const int rules = *rc::gen::inRange(0, 4);
  for (int i = 0; i < rules; ++i) {
    const auto first = *rc::gen::inRange<Port>(1, 60000);
    profile.rules.push_back(rule(first, static_cast<Port>(first + *rc::gen::inRange(0, 9)),
                                 *rc::gen::element(Presence::required, Presence::job)));
  }
  return profile;
}

RC_GTEST_PROP(Approval, DoesNotGoByOrder, (std::uint32_t seed)) {
  Profile profile = any_profile();
  const auto lines = lines_of(profile);
  RC_ASSERT(std::ranges::is_sorted(lines, std::less_equal<>()) || lines.size() < 2);
  std::mt19937 random(seed);
  std::ranges::shuffle(profile.ports, random);
  std::ranges::shuffle(profile.rules, random);
  RC_ASSERT(lines_of(profile) == lines);
}

using Lines = std::set<std::string>;

RC_GTEST_PROP(DiffLines, IsWhatMakesOneOfTheOther, (const Lines& a, const Lines& b)) {
  const std::vector<std::string> before(a.begin(), a.end());
  const std::vector<std::string> after(b.begin(), b.end());
  const LineDiff diff = diff_lines(before, after);
  Lines made = a;
  for (const std::string& line : diff.removed) RC_ASSERT(made.erase(line) == 1U);
  for (const std::string& line : diff.added) RC_ASSERT(made.insert(line).second);
  RC_ASSERT(made == b);
  RC_ASSERT(diff.empty() == (a == b));
  const LineDiff back = diff_lines(after, before);
  RC_ASSERT(back.added == diff.removed);
  RC_ASSERT(back.removed == diff.added);
}

}  // namespace
}  // namespace lockstep
