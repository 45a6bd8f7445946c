// The listeners of jobs, as every store keeps them.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::at;

using Listeners = std::vector<JobListener>;

class JobListenerConformance : public StoreTest {
 protected:
  static Result<std::vector<AlertRecord>> finish(Store& store, const Listeners& gone,
                                                 const Listeners& tied) {
    const auto id = store.begin_sweep(samples::claim({"n1"}, 1), samples::dead);
    if (!id) return std::unexpected(id.error());
    return store.finish_sweep(*id, samples::end(1), {.tied = tied, .job_gone = gone},
                              samples::no_change);
  }
};
LOCKSTEP_ON_ALL_BACKENDS(JobListenerConformance);

TEST_P(JobListenerConformance, StartEmpty) {
  EXPECT_TRUE(open()->job_listeners().value().empty());
}

TEST_P(JobListenerConformance, ComeBackInOrder) {
  const Listeners tied = {{"n2", "", Protocol::tcp, 8888, {}, at(3)},
                          {"n1", "hsn", Protocol::udp, 40'000, {"7 bob"}, at(2)},
                          {"n1", "hsn", Protocol::tcp, 40'000, {"7 bob", "88123 alice"}, at(2)}};
  ASSERT_TRUE(finish(*open(), {}, tied).has_value());
  EXPECT_EQ(open()->job_listeners().value(), (Listeners{tied[2], tied[1], tied[0]}));
  EXPECT_EQ(sql("SELECT node, network, protocol, port, jobs, since FROM job_listeners "
                "WHERE protocol = 'tcp' AND node = 'n1';"),
            "n1|hsn|tcp|40000|7 bob, 88123 alice|2026-01-01T00:00:02Z\n");
}

TEST_P(JobListenerConformance, AreReplacedAndTakenAwayByPlace) {
  const auto store = open();
  const JobListener first = {"n1", "", Protocol::tcp, 8888, {"7 bob"}, at(1)};
  const JobListener other = {"n1", "", Protocol::udp, 8888, {"7 bob"}, at(1)};
  ASSERT_TRUE(finish(*store, {}, {first, other}).has_value());
  const JobListener later = {"n1", "", Protocol::tcp, 8888, {"8 eve"}, at(5)};
  ASSERT_TRUE(finish(*store, {}, {first, later}).has_value()) << "of two of one place, the later";
  EXPECT_EQ(store->job_listeners().value(), (Listeners{later, other}));
  ASSERT_TRUE(finish(*store, {first}, {}).has_value());
  EXPECT_EQ(store->job_listeners().value(), (Listeners{other}));
}

TEST_P(JobListenerConformance, HostileTextsAreKeptAndCostNoSweep) {
  const auto store = open();
  JobListener odd = {"n1", "", Protocol::tcp, 8888, {"7 '\"\n"}, at(1)};
  odd.jobs.front().append(5000, 'x');
  ASSERT_TRUE(finish(*store, {}, {odd}).has_value());
  EXPECT_EQ(store->job_listeners().value(), (Listeners{odd}));
}

}  // namespace
}  // namespace lockstep
