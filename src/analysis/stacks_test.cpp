#include "analysis/stacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "analysis/test_book.h"

namespace lockstep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const StackLook kLinux{"TTL 64, window 64240, MSS 1460", 22, "TTL 64, window 0"};

World alike(int count) {
  World world(count);
  for (Coverage& coverage : world.coverage) coverage.stack = kLinux;
  return world;
}

TEST(Stacks, ANodeThatAnswersInAnotherWayThanItsClonesIsTold) {
  const struct {
    const char* description;
    std::function<void(World&)> change;
    std::vector<std::string> told;
  } kRows[] = {
      {"all alike", [](World&) {}, {}},
      {"both halves differ",
       [](World& w) {
         w.coverage[1].stack = {"TTL 128, window 65535, MSS 1460", 22, "TTL 128, window 0"};
       },
       {"informational stack-mismatch compute n2 - [its TCP/IP stack answers with SYN-ACK: TTL "
        "128, "
        "window 65535, MSS 1460; RST: TTL 128, window 0, its clones' with SYN-ACK: TTL 64, window "
        "64240, MSS 1460; RST: TTL 64, window 0]"}},
      {"one half",
       [](World& w) { w.coverage[1].stack.rst = "TTL 255, window 0"; },
       {"informational stack-mismatch compute n2 - [its TCP/IP stack answers with RST: TTL 255, "
        "window 0, its clones' with RST: TTL 64, window 0]"}},
      {"a half that was not seen", [](World& w) { w.coverage[1].stack.syn_ack = ""; }, {}},
      {"nothing was seen", [](World& w) { w.coverage[1].stack = {}; }, {}},
      {"another service's window",
       [](World& w) {
         w.coverage[1].stack = {"TTL 64, window 100, MSS 1460", 21, kLinux.rst};
       },
       {}},
      {"no four fifths agree",
       [](World& w) {
         w.coverage[1].stack.rst = "TTL 255, window 0";
         w.coverage[2].stack.rst = "TTL 255, window 0";
       },
       {}},
      {"another version of IP",
       [](World& w) {
         w.add_address(2, *IpAddress::parse("fd00::2"), {22, 111, 6818});
         w.coverage.back().stack = {"TTL 64, window 64800, MSS 1440", 22, kLinux.rst};
       },
       {}},
      {"a node without a class",
       [](World& w) {
         w.nodes[1].classes.clear();
         w.coverage[1].stack.rst = "TTL 255, window 0";
       },
       {"medium coverage-gap  n2 - [it is in no class: nothing to compare it with]"}},
  };
  for (const auto& row : kRows) {
    World world = alike(6);
    row.change(world);
    EXPECT_THAT(world.told(), testing::ElementsAreArray(row.told)) << row.description;
  }
}

TEST(Stacks, ThreeNodesTellNotWhatIsUsual) {
  World world = alike(3);
  world.coverage[1].stack.rst = "TTL 255, window 0";
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(Stacks, AnAlertEndsWhenTheNodeAnswersAsItsClonesDo) {
  World differs = alike(6);
  differs.coverage[1].stack.rst = "TTL 255, window 0";
  Book book;
  book.sweep(differs, kNoon);
  EXPECT_THAT(book.told(), ElementsAre("A-1 open stack-mismatch n2"));

  World unseen = alike(6);
  unseen.coverage[1].stack = {};
  book.sweep(unseen, kNoon + 1h);
  EXPECT_THAT(book.told(), ElementsAre("A-1 open stack-mismatch n2"));

  World otherwise = alike(6);
  otherwise.coverage[1].stack.rst = "TTL 128, window 0";
  book.sweep(otherwise, kNoon + 2h);
  EXPECT_THAT(
      book.told(),
      ElementsAre("A-1 resolved stack-mismatch n2 = it differs in another way now, which is "
                  "an alert of its own",
                  "A-2 open stack-mismatch n2"));

  book.sweep(alike(6), kNoon + 3h);
  EXPECT_THAT(book.told().back(), "A-2 resolved stack-mismatch n2 = answers as its clones do");
}

}  // namespace
}  // namespace lockstep
