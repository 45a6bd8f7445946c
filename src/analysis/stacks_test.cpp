#include "analysis/stacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "analysis/test_book.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr StackReply kSynAck{
    .port = 22, .ttl = 64, .window = 64240, .first_option = 2, .segment_size = 1460};
constexpr StackReply kRst{.ttl = 64, .window = 0};
const StackSignature kLinux{kSynAck, kRst};

StackReply with_ttl(StackReply reply, std::uint8_t ttl) {
  reply.ttl = ttl;
  return reply;
}

const StackSignature kOther{with_ttl(kSynAck, 128), with_ttl(kRst, 128)};
const std::string kOtherText = "SYN-ACK: TTL 128, window 64240, MSS 1460; RST: TTL 128, window 0";
const std::string kLinuxText = "SYN-ACK: TTL 64, window 64240, MSS 1460; RST: TTL 64, window 0";

StackSignature& stack_of(World& world, int number) {
  return world.coverage[static_cast<std::size_t>(number - 1)].stack;
}

/// n1 to n`count`, all with one stack.
World clones(int count, const StackSignature& stack = kLinux) {
  World world(count);
  for (int number = 1; number <= count; ++number) stack_of(world, number) = stack;
  return world;
}

World with_other(int count, int other, const StackSignature& stack = kOther) {
  World world = clones(count);
  stack_of(world, other) = stack;
  return world;
}

std::string mismatch(const std::string& node, const std::string& own, const std::string& usual,
                     const std::string& classes = "compute") {
  return fmt::format(
      "informational stack-mismatch {} {} - [its TCP stack answers as {}, its clones' as {}]",
      classes, node, own, usual);
}

TEST(Stacks, OfClonesThatDiffer) {
  const std::string kOtherRst = "RST: TTL 128, window 0";
  const std::string kRstText = "RST: TTL 64, window 0";
  const struct {
    const char* description;
    int nodes;
    std::function<void(World&)> change;
    std::vector<std::string> told;
  } kRows[] = {
      {"all alike", 5, [](World&) {}, {}},
      {"one of five",
       5,
       [](World& w) { stack_of(w, 3) = kOther; },
       {mismatch("n3", kOtherText, kLinuxText)}},
      {"one of four: three are no consensus", 4, [](World& w) { stack_of(w, 3) = kOther; }, {}},
      {"two of ten",
       10,
       [](World& w) { stack_of(w, 3) = stack_of(w, 4) = kOther; },
       {mismatch("n3", kOtherText, kLinuxText), mismatch("n4", kOtherText, kLinuxText)}},
      {"three of ten: neither is the class's",
       10,
       [](World& w) { stack_of(w, 3) = stack_of(w, 4) = stack_of(w, 5) = kOther; },
       {}},
      {"a node that shows nothing, such as a silent one",
       5,
       [](World& w) { stack_of(w, 3) = {}; },
       {}},
      {"nobody shows anything, as with the engine connect",
       5,
       [](World& w) {
         for (int i = 1; i <= 5; ++i) stack_of(w, i) = {};
       },
       {}},
      {"only four of ten show anything, and one differs",
       10,
       [](World& w) {
         for (int i = 5; i <= 10; ++i) stack_of(w, i) = {};
         stack_of(w, 1) = kOther;
       },
       {}},
      {"one half",
       5,
       [](World& w) { stack_of(w, 3).rst = kOther.rst; },
       {mismatch("n3", kOtherRst, kRstText)}},
      {"one half, and the other is missing",
       5,
       [](World& w) {
         stack_of(w, 3) = {{}, kOther.rst};
       },
       {mismatch("n3", kOtherRst, kRstText)}},
      {"a half that is missing is no difference",
       5,
       [](World& w) { stack_of(w, 3).syn_ack.reset(); },
       {}},
      {"a half that only one has",
       5,
       [](World& w) {
         for (int i = 2; i <= 5; ++i) stack_of(w, i).rst.reset();
         stack_of(w, 1).rst = kOther.rst;
       },
       {}},
      {"another lowest open port: its daemon may do as it likes",
       5,
       [](World& w) { stack_of(w, 3).syn_ack = StackReply{.port = 21, .ttl = 64, .window = 5000}; },
       {}},
      {"another window and option",
       5,
       [](World& w) {
         stack_of(w, 3).syn_ack =
             StackReply{.port = 22, .ttl = 64, .window = 5000, .first_option = 8};
       },
       {mismatch("n3", "SYN-ACK: TTL 64, window 5000, option 8",
                 "SYN-ACK: TTL 64, window 64240, MSS 1460")}},
      {"of another class",
       5,
       [](World& w) {
         w.profiles.push_back({"login", {}, {}});
         w.profiles[1].ports = w.profiles[0].ports;
         w.nodes[2].classes = {"login"};
         stack_of(w, 3) = kOther;
       },
       {}},
      {"a graver one, where a site wants so",
       5,
       [](World& w) {
         w.severities.set("compute", FindingKind::stack_mismatch, Severity::high);
         stack_of(w, 3) = kOther;
       },
       {"high" + mismatch("n3", kOtherText, kLinuxText).substr(13)}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    World world = clones(row.nodes);
    row.change(world);
    EXPECT_EQ(world.told(), row.told);
  }
}

TEST(Stacks, AreComparedWithinOneFamilyOfAddresses) {
  World world = clones(5);
  for (int number = 1; number <= 5; ++number) {
    world.add_address(number, IpAddress::parse(fmt::format("fd00::{}", number)).value(),
                      {22, 111, 6818});
    world.coverage.back().stack = StackSignature{
        StackReply{.port = 22, .ttl = 64, .window = 64800, .first_option = 2, .segment_size = 1440},
        {}};
  }
  EXPECT_THAT(world.told(), IsEmpty()) << "IPv6 leaves less room";
  world.coverage[7].stack.syn_ack->segment_size = 1220;
  EXPECT_THAT(world.told(), ElementsAre(mismatch("n3", "SYN-ACK: TTL 64, window 64800, MSS 1220",
                                                 "SYN-ACK: TTL 64, window 64800, MSS 1440")));
  EXPECT_EQ(world.judge().front().address, IpAddress::parse("fd00::3").value());
}

TEST(Stacks, OfSeveralAddressesThatLookAlikeOnEachNode) {
  World world = clones(5);
  for (int number = 1; number <= 5; ++number) {
    world.add_address(number, address_of(100 + number), {22, 111, 6818});
    world.coverage.back().stack = kOther;
  }
  EXPECT_THAT(world.told(), IsEmpty()) << "both are the class's";
}

TEST(Stacks, OfOneNodeWithManyAddressesAreNoConsensus) {
  World world = clones(1);
  for (int more = 1; more <= 9; ++more) {
    world.add_address(1, address_of(100 + more), {22, 111, 6818});
    world.coverage.back().stack = more == 9 ? kOther : kLinux;
  }
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(Stacks, TellNothingOfNodesWithoutAClass) {
  World world = with_other(5, 3);
  for (Node& node : world.nodes) node.classes.clear();
  for (const Finding& finding : world.judge()) {
    EXPECT_NE(finding.kind, FindingKind::stack_mismatch);
  }
}

std::vector<std::string> after(World second) {
  Book book;
  book.sweep(with_other(6, 3), kNoon);
  EXPECT_THAT(book.told(), ElementsAre("A-1 open stack-mismatch n3"));
  book.sweep(second, kNoon + 1h);
  return book.told();
}

TEST(StackAlerts, EndByProof) {
  const std::string open = "A-1 open stack-mismatch n3";
  const auto resolved = [](const std::string& why) {
    return "A-1 resolved stack-mismatch n3 = " + why;
  };
  const std::string in_step = resolved("its TCP stack answers as its clones' do");
  const std::string otherwise =
      resolved("its TCP stack answers otherwise now, which is an alert of its own");
  const StackSignature third{with_ttl(kSynAck, 255), with_ttl(kRst, 255)};
  EXPECT_THAT(after(with_other(6, 3)), ElementsAre(open));
  EXPECT_THAT(after(clones(6)), ElementsAre(in_step));
  EXPECT_THAT(after(with_other(6, 3, third)), ElementsAre(otherwise, "A-2 open stack-mismatch n3"));
  EXPECT_THAT(after(clones(6, kOther)), ElementsAre(in_step)) << "all have followed it";
  EXPECT_THAT(after(clones(6, {})), ElementsAre(open)) << "the engine connect sees nothing";
  EXPECT_THAT(after(with_other(6, 3, {kLinux.syn_ack, {}})), ElementsAre(open))
      << "the other half was not seen";
  EXPECT_THAT(after(clones(3)), ElementsAre(open)) << "too few clones to say";
  World split = clones(6);
  for (const int other : {1, 2}) stack_of(split, other) = kOther;
  EXPECT_THAT(after(split), ElementsAre(open)) << "the clones agree no longer";
  World moved = with_other(6, 3);
  moved.profiles.push_back({"login", {}, {}});
  moved.profiles[1].ports = moved.profiles[0].ports;
  moved.nodes[2].classes = {"login"};
  EXPECT_THAT(after(moved), ElementsAre(resolved("the node is judged as login now")));
}

TEST(StackAlerts, DoNotEndByHalfASweep) {
  World half = clones(6);
  half.coverage[2].asked = 100;
  half.coverage[2].gap = CoverageGap::interrupted;
  Book book;
  book.sweep(with_other(6, 3), kNoon);
  book.sweep(half, kNoon + 1h, true);
  EXPECT_THAT(book.told(), ElementsAre("A-1 open stack-mismatch n3"));
  book.sweep(clones(2), kNoon + 2h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 open stack-mismatch n3")) << "it was not asked";
}

}  // namespace
}  // namespace lockstep
