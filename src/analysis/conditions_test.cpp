#include "analysis/conditions.h"

#include <gtest/gtest.h>

#include "analysis/test_book.h"

namespace lockstep {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

Finding failed(const std::string& instance, Severity severity = Severity::medium) {
  Finding finding;
  finding.kind = FindingKind::collector_failed;
  finding.severity = severity;
  finding.reason = instance;
  return finding;
}

Finding value(const std::string& node, const std::string& reason) {
  Finding finding;
  finding.kind = FindingKind::value_deviates;
  finding.node_class = "compute";
  finding.node = node;
  finding.reason = reason;
  return finding;
}

struct Conditions : Book {
  void look(const ConditionScope& scope, const std::vector<Finding>& findings,
            const std::set<std::string>& covered, WallTime now) {
    write(update_conditions(records, scope, findings, covered, policy, now));
  }
};

const ConditionScope kVersions = {.kinds = {FindingKind::collector_failed}, .reason = "versions"};
const ConditionScope kValues = {.kinds = {FindingKind::value_deviates}, .reason = "mine"};

TEST(Conditions, AreRaisedKeptResolvedAndReopened) {
  Conditions book;
  book.look(kVersions, {failed("versions")}, {}, kNoon);
  EXPECT_EQ(book.told(), Lines({"A-1 open collector-failed "}));
  book.look(kVersions, {failed("versions")}, {}, kNoon + 1h);
  EXPECT_EQ(book.records[0].first_seen, kNoon);
  EXPECT_EQ(book.records[0].last_seen, kNoon + 1h);
  book.look(kVersions, {}, {}, kNoon + 2h);
  EXPECT_EQ(book.told(), Lines({"A-1 resolved collector-failed  = it was looked for, and is so no "
                                "longer"}));
  book.look(kVersions, {failed("versions")}, {}, kNoon + 3h);
  EXPECT_EQ(book.told(), Lines({"A-1 reopened collector-failed "}));
}

TEST(Conditions, StayWhereNobodyLookedForThem) {
  Conditions book;
  book.look(kVersions, {failed("versions")}, {}, kNoon);
  const struct {
    const char* description;
    ConditionScope scope;
  } rows[] = {
      {"another instance", {.kinds = {FindingKind::collector_failed}, .reason = "ports"}},
      {"one whose name begins so", {.kinds = {FindingKind::collector_failed}, .reason = "version"}},
      {"another kind", {.kinds = {FindingKind::sweep_late}, .reason = "versions"}},
      {"no proof",
       {.kinds = {FindingKind::collector_failed},
        .reason = "versions",
        .over = [](const AlertRecord&) { return std::nullopt; }}},
  };
  for (const auto& row : rows) {
    book.look(row.scope, {}, {"n1"}, kNoon + 1h);
    EXPECT_EQ(book.told(), Lines({"A-1 open collector-failed "})) << row.description;
  }
}

TEST(Conditions, OfANodeAreOverOnlyWhereItWasCovered) {
  Conditions book;
  book.look(kValues, {value("n1", "mine/kernel"), value("n2", "mine/kernel")}, {"n1", "n2"}, kNoon);
  book.look(kValues, {}, {"n2", "n3"}, kNoon + 1h);
  EXPECT_EQ(book.told(), Lines({"A-1 open value-deviates n1",
                                "A-1 resolved value-deviates n2 = it was looked for, and is so no "
                                "longer"}));
}

TEST(Conditions, SayWhyTheyAreOver) {
  Conditions book;
  book.look(kValues, {value("n1", "mine/a"), value("n1", "mine/b")}, {"n1"}, kNoon);
  ConditionScope scope = kValues;
  scope.over = [](const AlertRecord& record) -> std::optional<std::string> {
    if (record.subject.reason == "mine/a") return "it fits again";
    return {};
  };
  book.look(scope, {}, {"n1"}, kNoon + 1h);
  EXPECT_EQ(book.told(), Lines({"A-1 resolved value-deviates n1 = it fits again",
                                "A-2 open value-deviates n1"}));
}

TEST(Conditions, AreMutedAsAlertsOfPortsAre) {
  Conditions book;
  book.look(kVersions, {failed("versions")}, {}, kNoon);
  book.act(AlertAction::Kind::acknowledge, 1, 2h, kNoon);
  book.look(kVersions, {failed("versions")}, {}, kNoon + 1h);
  EXPECT_EQ(book.told(), Lines({"A-1 acknowledged collector-failed "}));
  book.look(kVersions, {failed("versions", Severity::high)}, {}, kNoon + 1h);
  EXPECT_EQ(book.told(), Lines({"A-1 open collector-failed "})) << "it has become graver";

  book.act(AlertAction::Kind::silence, 1, 1h, kNoon + 1h);
  book.look({.kinds = {FindingKind::collector_failed},
             .reason = "versions",
             .over = [](const AlertRecord&) { return std::nullopt; }},
            {}, {}, kNoon + 3h);
  EXPECT_EQ(book.told(), Lines({"A-1 open collector-failed "})) << "the silence has run out";
}

}  // namespace
}  // namespace lockstep
