// Windows of maintenance, and what else people do while the daemon runs: on every backend.

#include <gtest/gtest.h>

#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::at;

class MaintenanceConformance : public StoreTest {};
LOCKSTEP_ON_ALL_BACKENDS(MaintenanceConformance);

/// With a value of its own in every field.
MaintenanceWindow window(const std::string& nodes) {
  return {.id = 0,
          .nodes = nodes,
          .from = at(10),
          .until = at(20),
          .note = "it's a \xc3\xa4 \\ \n switch",
          .by = "kim",
          .made = at(5)};
}

AuditEntry act(const std::string& action, const std::string& subject = {}) {
  return {.at = at(6), .person = "kim", .action = action, .subject = subject, .detail = "d"};
}

TEST_P(MaintenanceConformance, KeepsEveryField) {
  const auto store = open();
  MaintenanceWindow first = window("n[1-3]");
  MaintenanceWindow second = window(std::string(100'000, 'x'));
  ASSERT_EQ(store->add_maintenance(first, act("maintenance add")).value(), 1);
  ASSERT_EQ(store->add_maintenance(second, act("maintenance add")).value(), 2);
  first.id = 1;
  second.id = 2;
  EXPECT_EQ(open()->maintenance().value(), (std::vector{first, second}));
  MaintenanceWindow bad = window("n1");
  bad.by = std::string(300, 'x');
  EXPECT_FALSE(store->add_maintenance(bad, act("maintenance add")));
  EXPECT_EQ(store->maintenance()->size(), 2U);
}

TEST_P(MaintenanceConformance, AChangeIsToldAndNoted) {
  const auto store = open();
  ASSERT_TRUE(store->add_maintenance(window("n[1-3]"), act("maintenance add")));
  ASSERT_TRUE(store->remove_maintenance(1, act("maintenance remove")));
  const auto events = store->events(0, 10).value();
  ASSERT_EQ(events.size(), 2U);
  for (const Event& event : events) {
    EXPECT_EQ(event.kind, EventKind::maintenance_changed);
    EXPECT_EQ(event.subject, "1");
    EXPECT_EQ(event.nodes, "n[1-3]");
  }
  const auto audit = store->audit(10).value();
  ASSERT_EQ(audit.size(), 2U);
  EXPECT_EQ(audit[0].action, "maintenance remove");
  EXPECT_EQ(audit[1].subject, "1");
}

TEST_P(MaintenanceConformance, NoIdIsGivenTwice) {
  const auto store = open();
  ASSERT_EQ(store->add_maintenance(window("n1"), act("maintenance add")).value(), 1);
  ASSERT_TRUE(store->remove_maintenance(1, act("maintenance remove")));
  EXPECT_TRUE(store->maintenance()->empty());
  EXPECT_EQ(store->remove_maintenance(1, act("maintenance remove")).error().kind(),
            ErrorKind::not_found);
  ASSERT_TRUE(store->prune(at(30) + std::chrono::days(30), {}));
  ASSERT_EQ(store->add_maintenance(window("n1"), act("maintenance add")).value(), 2);
}

TEST_P(MaintenanceConformance, WhatIsOverGoesWithTheEvents) {
  const auto store = open();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(store->add_maintenance(window("n1"), act("maintenance add")));
  }
  ASSERT_TRUE(store->prune(at(21) + std::chrono::days(13), {}));
  EXPECT_EQ(store->maintenance()->size(), 3U);
  ASSERT_TRUE(store->prune(at(21) + std::chrono::days(14), {}));
  EXPECT_EQ(store->maintenance()->size(), 1U) << "the latest keeps its id";
}

TEST_P(MaintenanceConformance, ADecisionSeesTheWindows) {
  const auto store = open();
  ASSERT_TRUE(store->add_maintenance(window("n1"), act("maintenance add")));
  NoticeBook seen;
  ASSERT_TRUE(store->change_notices([&](const NoticeBook& book) -> Result<NoticeChanges> {
    seen = book;
    return NoticeChanges{};
  }));
  ASSERT_EQ(seen.maintenance.size(), 1U);
  EXPECT_EQ(seen.maintenance[0].nodes, "n1");
}

Baseline waiting(const std::string& host_type) {
  Baseline baseline;
  baseline.profile.host_type = host_type;
  baseline.profile.ports = {{.port = 22, .service = "", .service_rule = ""}};
  baseline.made = at(3);
  return baseline;
}

TEST_P(MaintenanceConformance, WhatWaitsForApprovalIsToldAndCanBeDropped) {
  const auto store = open();
  const AuditEntry edit = act("profile edit", "compute");
  ASSERT_TRUE(store->save_baseline(waiting("compute"), &edit));
  ASSERT_TRUE(store->save_baseline(waiting("login")));
  EXPECT_EQ(store->drop_baseline("gpu", act("profile drop", "gpu")).error().kind(),
            ErrorKind::not_found);
  ASSERT_TRUE(store->drop_baseline("compute", act("profile drop", "compute")));
  const auto left = store->baselines().value();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].profile.host_type, "login");
  std::vector<std::string> told;
  const auto events = store->events(0, 10).value();
  for (const Event& event : events) {
    EXPECT_EQ(event.kind, EventKind::profile_waiting);
    told.push_back(event.subject);
  }
  EXPECT_EQ(told, (std::vector<std::string>{"compute", "login", "compute"}));
  EXPECT_EQ(store->audit(10)->size(), 2U);
}

TEST_P(MaintenanceConformance, TheHistoryOfAProfileIsThatOfItsNetworksToo) {
  const auto store = open();
  ASSERT_TRUE(store->add_audit(act("profile edit", "o'neil")));
  ASSERT_TRUE(store->add_audit(act("profile learn", "o'neil@hsn")));
  ASSERT_TRUE(store->add_audit(act("profile edit", "o'neil2")));
  ASSERT_TRUE(store->add_audit(act("reload", "o'neil")));
  const Event event = {.id = 0,
                       .at = at(7),
                       .kind = EventKind::profile_not_learned,
                       .subject = "o'neil",
                       .nodes = {}};
  ASSERT_TRUE(store->add_audit(act("profile learn", "o'neil"), &event));
  const auto subjects = [&](const std::string& node_class, std::size_t limit) {
    std::string all;
    const auto entries = store->profile_audit(node_class, limit).value();
    for (const AuditEntry& entry : entries) all += entry.subject + " ";
    return all;
  };
  EXPECT_EQ(subjects("o'neil", 9), "o'neil o'neil@hsn o'neil ");
  EXPECT_EQ(subjects("o'neil@hsn", 9), "o'neil@hsn ");
  EXPECT_EQ(subjects("o'neil", 1), "o'neil ");
  EXPECT_EQ(subjects("gpu", 9), "");
  EXPECT_EQ(store->events(0, 9)->at(0).kind, EventKind::profile_not_learned);
}

TEST_P(MaintenanceConformance, MessagesThatWaitAreCounted) {
  const auto store = open();
  const auto message = [](const std::string& channel, MessageState state) {
    return OutboxMessage{
        .channel = channel, .dedup = "d", .made = at(1), .due = at(2), .state = state};
  };
  ASSERT_TRUE(store->change_notices([&](const NoticeBook&) -> Result<NoticeChanges> {
    return NoticeChanges{.messages = {message("web", MessageState::waiting),
                                      message("web", MessageState::waiting),
                                      message("mail", MessageState::delivered)}};
  }));
  EXPECT_EQ(store->waiting_messages().value(), (std::map<std::string, std::size_t>{{"web", 2}}));
}

}  // namespace
}  // namespace lockstep
