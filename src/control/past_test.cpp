#include "control/past.h"

#include "control/test_cluster.h"

namespace lockstep::control {
namespace {

using namespace std::chrono_literals;

class Past : public Cluster {
 protected:
  Timeline timeline(const Period& period, const Viewer& viewer = {}) {
    auto made = make_timeline(*store_, store_->alerts().value(), viewer, period, now_);
    EXPECT_TRUE(made) << (made ? "" : made.error().message());
    return made.value_or(Timeline{});
  }

  /// "A-1 node[3-4] 0h to 2h, muted 1h"
  Lines spans(const Timeline& timeline) const {
    Lines lines;
    for (const TimelineSpan& span : timeline.spans) {
      lines.push_back(fmt::format("{} {} {} to {}, muted {}", alert_name(span.id), span.nodes,
                                  hour(span.from), hour(span.to), hour(span.muted)));
    }
    return lines;
  }

  Lines looks(const Timeline& timeline) const {
    Lines lines;
    for (const TimelineLook& look : timeline.looks) {
      lines.push_back(fmt::format("{} {}", hour(look.at), look.nodes));
    }
    return lines;
  }

  std::string hour(const std::optional<WallTime>& time) const {
    return time ? fmt::format("{}h", (*time - start_) / 1h) : "-";
  }

  void deal(AlertAction::Kind kind, std::chrono::seconds duration = 8h) {
    ASSERT_TRUE(control::act(
        *store_, names(),
        {.kind = kind, .ids = {1}, .nodes = {}, .person = "kim", .note = "n", .duration = duration},
        now_));
  }

  Period all() const { return {start_, now_}; }

  WallTime start_ = now_;
};

TEST_F(Past, ATimelineTellsWhatStoodWhere) {
  learn_all();
  ASSERT_TRUE(try_sweep({"node1"}));
  hosts_["node3"].open.insert(150);
  hosts_["node4"].open.insert(150);
  wait(1h);
  sweep_all();  // 1h
  wait(1h);
  hosts_["node3"].open = ports({22, 111});
  sweep_all();  // 2h
  wait(1h);
  deal(AlertAction::Kind::acknowledge, 2h);  // until 5h
  wait(1h);
  hosts_["node3"].open.insert(150);
  sweep_all();  // 4h
  EXPECT_EQ(spans(timeline(all())),
            (Lines{"A-1 node3 1h to 2h, muted -", "A-1 node4 1h to -, muted 3h",
                   "A-1 node3 4h to -, muted -"}));
  EXPECT_EQ(looks(timeline(all())), (Lines{"0h node1", "1h login1,node[1-4]", "2h login1,node[1-4]",
                                           "4h login1,node[1-4]"}));
  wait(2h);
  EXPECT_EQ(spans(timeline({start_ + 3h, now_})),
            (Lines{"A-1 node4 1h to 5h, muted 3h", "A-1 node3 4h to -, muted -",
                   "A-1 node4 5h to -, muted -"}))
      << "an acknowledgement that has run out is none, though nobody looked since";
  EXPECT_EQ(looks(timeline({start_ + 3h, start_ + 3h})), (Lines{"0h node1", "2h login1,node[1-4]"}))
      << "of before, the latest of each nodeset";
  EXPECT_TRUE(timeline(all()).complete);
  EXPECT_FALSE(timeline({now_ - 91 * 24h, now_}).complete);
}

TEST_F(Past, NodesWithEqualTimesAreOneSpan) {
  learn_all();
  for (const char* const node : {"node2", "node3", "node4"}) hosts_[node].open.insert(150);
  hosts_["login1"].open.insert(150);
  sweep_all();
  EXPECT_EQ(spans(timeline(all())),
            (Lines{"A-1 node[2-4] 0h to -, muted -", "A-2 login1 0h to -, muted -"}));
  Viewer viewer;
  viewer.nodes = {"node2", "node4"};
  viewer.sees_class = [](std::string_view) { return false; };
  const Timeline part = timeline(all(), viewer);
  EXPECT_EQ(spans(part), Lines{"A-1 node[2,4] 0h to -, muted -"});
  EXPECT_EQ(looks(part), Lines{"0h node[2,4]"});
}

TEST_F(Past, StepsOfRunsAreNotThereForLong) {
  learn_all();
  wait(10 * 24h);
  EXPECT_TRUE(timeline({now_ - 10 * 24h, now_}).complete) << "sweeps by hand are";
  InstanceRun run;
  run.instance = "fast";
  run.started = run.ended = now_;
  ASSERT_TRUE(store_->begin_run(run));
  EXPECT_FALSE(timeline({now_ - 10 * 24h, now_}).complete);
  EXPECT_TRUE(timeline({now_ - 3 * 24h, now_}).complete);
}

TEST_F(Past, ANodeHasItsPortsAlertsAndLooks) {
  learn_all();
  wait(1h);
  sweep_all();
  wait(1h);
  hosts_["node3"].open.insert(150);
  sweep_all();
  wait(1h);
  ASSERT_TRUE(try_sweep({"node1", "node2"}));
  const auto past = past_of_node(*store_, "node3", store_->alerts().value(), all(), now_);
  ASSERT_TRUE(past) << past.error().message();
  ASSERT_EQ(past->ports.size(), 3U) << "22, 111, 150";
  EXPECT_EQ(past->ports[0].changes.at(0).was, std::nullopt);
  ASSERT_EQ(past->ports[2].changes.size(), 1U);
  EXPECT_EQ(past->ports[2].port, 150);
  EXPECT_EQ(past->ports[2].changes[0].was, PortState::closed);
  EXPECT_EQ(past->ports[2].changes[0].at, start_ + 2h);
  ASSERT_EQ(past->alerts.size(), 1U);
  EXPECT_EQ(past->alerts[0].subject.port, Port{150});
  ASSERT_EQ(past->looks.size(), 2U) << "and none that was of others";
  EXPECT_EQ(past->looks[0].ended, start_ + 2h);
  EXPECT_TRUE(past->complete);
  EXPECT_TRUE(past_of_node(*store_, "node3", store_->alerts().value(), {start_, start_}, now_)
                  ->ports.empty());
}

TEST_F(Past, CurvesHaveTheirUnits) {
  const auto save = [&](double load) {
    const std::vector<ValueObservation> values = {{"node1", "load", "load.1", load, "1/s"},
                                                  {"node1", "load", "kernel", "6.1", ""}};
    ASSERT_TRUE(store_->save_values("load", Lines{"node1"}, values, now_));
  };
  save(1);
  wait(10min);
  save(2);
  PointQuery query;
  query.node = "node1";
  query.period = all();
  const auto found = series_of_node(*store_, query, now_);
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_EQ(found->series.size(), 1U) << "a text is no curve";
  EXPECT_EQ(found->series[0].unit, "1/s");
  ASSERT_EQ(found->series[0].points.size(), 2U);
  EXPECT_EQ(found->series[0].points[1].number, 2);
  EXPECT_TRUE(found->complete);
  query.period.from = now_ - 4 * 24h;
  EXPECT_FALSE(series_of_node(*store_, query, now_)->complete);
}

}  // namespace
}  // namespace lockstep::control
