// Marks of what was replayed, kept together with it: on every backend.

#include <gtest/gtest.h>

#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

class SpoolConformance : public StoreTest {};
LOCKSTEP_ON_ALL_BACKENDS(SpoolConformance);

Result<AlertChanges> change_nothing(const std::vector<AlertRecord>& /*book*/) {
  return AlertChanges{};
}

TEST_P(SpoolConformance, AMarkIsKeptWithItsSweepOrNotAtAll) {
  const auto store = open();
  EXPECT_EQ(store->replayed("a").value(), 0);
  const std::vector<Coverage> covered = {samples::covered("n1", 1)};
  const SpoolMark mark = {.spool = "a", .number = 7};
  SweepFacts facts;
  facts.coverage = covered;
  facts.mark = &mark;
  const auto id = store->begin_sweep(samples::claim({"n1"}, 1, PortSet::all()), samples::dead);
  ASSERT_TRUE(id.has_value());
  const auto refuse = [](const auto&) -> Result<AlertChanges> {
    return fail(ErrorKind::invalid, "no");
  };
  ASSERT_FALSE(store->finish_sweep(*id, samples::end(2), facts, refuse).has_value());
  EXPECT_EQ(store->replayed("a").value(), 0);
  ASSERT_TRUE(store->finish_sweep(*id, samples::end(2), facts, change_nothing).has_value());
  EXPECT_EQ(open()->replayed("a").value(), 7);
  EXPECT_EQ(store->replayed("b").value(), 0);
}

TEST_P(SpoolConformance, AMarkIsKeptWithValuesAndByItself) {
  const auto store = open();
  const SpoolMark mark = {.spool = "b", .number = 3};
  const std::vector<std::string> nodes = {"n1"};
  ValueHarvest harvest{.instance = "mine", .nodes = nodes, .now = samples::at(1)};
  harvest.mark = &mark;
  ASSERT_TRUE(store
                  ->save_values(harvest,
                                [](const auto&, const auto&) -> Result<AlertChanges> {
                                  return AlertChanges{};
                                })
                  .has_value());
  EXPECT_EQ(store->replayed("b").value(), 3);
  ASSERT_TRUE(store->note_replayed({.spool = "b", .number = 9}).has_value());
  EXPECT_EQ(store->replayed("b").value(), 9);
  const auto again = store->note_replayed({.spool = "b", .number = 8});
  ASSERT_FALSE(again.has_value()) << "what was replayed is never replayed again";
  EXPECT_EQ(again.error().kind(), ErrorKind::invalid);
}

}  // namespace
}  // namespace lockstep
