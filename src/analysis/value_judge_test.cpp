#include "analysis/value_judge.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>

#include "analysis/conditions.h"
#include "analysis/fold.h"
#include "analysis/test_book.h"

namespace lockstep {
namespace {

using Lines = std::vector<std::string>;

/// Nodes n01, n02, ... of class compute, all covered, which have what a test gives them.
struct Values {
  explicit Values(int count) {
    for (int i = 1; i <= count; ++i) {
      const std::string name = fmt::format("n{:02}", i);
      nodes[name] = {name, {"compute"}, "", {}};
      covered.insert(name);
    }
  }

  void all(const std::string& name, const Value& value) {
    for (const auto& [node, unused] : nodes) set(node, name, value);
  }
  void set(const std::string& node, const std::string& name, const Value& value,
           const std::string& unit = "") {
    facts[{node, name}] = {{node, "mine", name, value, unit}, kNoon};
  }

  ValueJudgement judge() const {
    std::vector<ValueFact> list;
    for (const auto& [key, fact] : facts) list.push_back(fact);
    const ValueRules parsed = ValueRules::parse(rules).value();
    return judge_values({.instance = "mine",
                         .facts = list,
                         .nodes = nodes,
                         .covered = covered,
                         .rules = parsed,
                         .compares_by_default = compares,
                         .severities = severities});
  }

  /// "n01,n02 mine/a: detail; expected ...; clones", a row of findings each.
  Lines rows() const {
    Lines lines;
    for (const FindingRow& row : fold(judge().findings)) {
      lines.push_back(fmt::format("{} {}: {}; expected {}; {}", fmt::join(row.nodes, ","),
                                  row.subject.reason, row.subject.detail, row.subject.expected,
                                  row.subject.clones));
    }
    return lines;
  }

  std::map<std::string, Node> nodes;
  std::set<std::string> covered;
  std::map<std::pair<std::string, std::string>, ValueFact> facts;
  std::vector<ValueRule> rules;
  bool compares = true;
  SeverityPolicy severities;
};

TEST(ValueJudge, TellsTheTextThatNearlyAllHave) {
  Values values(10);
  values.all("kernel", "6.1.0");
  EXPECT_EQ(values.rows(), Lines());
  values.set("n03", "kernel", "5.10");
  EXPECT_EQ(values.rows(), Lines({"n03 mine/kernel: it is \"5.10\"; expected like its class; 9 of "
                                  "10 have \"6.1.0\""}));
  values.set("n04", "kernel", "5.10");
  EXPECT_EQ(values.rows(), Lines()) << "8 of the 9 others are less than nine tenths";
}

TEST(ValueJudge, NeedsFourOthers) {
  Values few(4);
  few.all("kernel", "6.1.0");
  few.set("n01", "kernel", "5.10");
  EXPECT_EQ(few.rows(), Lines());
  Values enough(5);
  enough.all("kernel", "6.1.0");
  enough.set("n01", "kernel", "5.10");
  EXPECT_EQ(enough.rows().size(), 1U);
}

TEST(ValueJudge, OneRowForManyNodesWithTheSameCause) {
  Values values(40);
  values.all("memory", 512'000.0);
  values.set("n01", "memory", 256'000.0, "MiB");
  values.set("n02", "memory", 128'000.0, "MiB");
  EXPECT_EQ(values.rows(),
            Lines({"n01,n02 mine/memory: it is 128000..256000; expected like its class; median "
                   "512000, 38 of 40 within 494080..529920"}));
}

TEST(ValueJudge, TellsOutliersAmongNumbersThatDiffer) {
  Values values(20);
  for (int i = 1; i <= 20; ++i) values.set(fmt::format("n{:02}", i), "temperature", 40.5 + i % 5);
  EXPECT_EQ(values.rows(), Lines());
  values.set("n07", "temperature", 95.5);
  EXPECT_EQ(values.rows().size(), 1U);
  EXPECT_TRUE(values.rows()[0].starts_with("n07 mine/temperature: it is 95.5;"));
}

TEST(ValueJudge, ComparesSmallWholeNumbersExactly) {
  Values values(20);
  values.all("gpus", 8.0);
  values.set("n02", "gpus", 7.0);
  EXPECT_EQ(values.rows(), Lines({"n02 mine/gpus: it is 7; expected like its class; 19 of 20 have "
                                  "8"}));
}

TEST(ValueJudge, TellsWhatIsMissingAndWhatIsOfAnotherKind) {
  Values values(10);
  values.all("gpu.0", "A100");
  values.facts.erase({"n05", "gpu.0"});
  values.all("load", 1.5);
  for (int i = 1; i <= 9; ++i) values.set(fmt::format("n{:02}", i), "load", 1.5 + i * 0.1);
  values.set("n10", "load", "unknown");
  EXPECT_EQ(values.rows(),
            Lines({"n10 mine/load: it is \"unknown\"; expected like its class; median 2, 9 of 10 "
                   "within 0.962194..3.03781",
                   "n05 mine/gpu.0: it is not there; expected like its class; 9 of 9 have "
                   "\"A100\""}));
}

TEST(ValueJudge, JudgesCoveredNodesAloneAndCountsAll) {
  Values values(10);
  values.all("kernel", "6.1.0");
  values.set("n03", "kernel", "5.10");
  values.set("n04", "kernel", "5.10");
  values.facts.erase({"n05", "kernel"});
  values.nodes["n03"].classes = values.nodes["n05"].classes = {"gpu"};
  values.covered = {"n04"};
  EXPECT_EQ(values.rows(), Lines({"n04 mine/kernel: it is \"5.10\"; expected like its class; 7 of "
                                  "8 have \"6.1.0\""}));
}

TEST(ValueJudge, GoesByRules) {
  Values values(6);
  values.all("a", 5.0);
  values.set("n02", "a", 50.0);
  const struct {
    const char* description;
    std::vector<ValueRule> rules;
    bool compares;
    std::size_t findings;
  } rows[] = {
      {"the class", {}, true, 1},
      {"no rule", {}, false, 0},
      {"any", {{"compute", "mine", "a", "any"}}, true, 0},
      {"exactly", {{"compute", "mine", "a", "= 50"}}, true, 5},
      {"within", {{"*", "*", "*", "1..50"}}, true, 0},
      {"of another class", {{"gpu", "mine", "a", "= 7"}}, true, 1},
      {"as the class has it", {{"compute", "mine", "a", "like the class"}}, false, 1},
      {"what is not there", {{"compute", "mine", "b", "= 7"}}, false, 6},
      {"what is not there by a name for many", {{"compute", "mine", "b*", "= 7"}}, false, 0},
      {"either", {{"compute", "mine", "a", "= 5"}, {"compute", "mine", "a", "= 50"}}, true, 0},
  };
  for (const auto& row : rows) {
    values.rules = row.rules;
    values.compares = row.compares;
    EXPECT_EQ(values.judge().findings.size(), row.findings) << row.description;
  }
}

TEST(ValueJudge, ProvesThatAlertsAreOver) {
  Values values(10);
  values.all("kernel", "6.1.0");
  values.set("n03", "kernel", "5.10");
  Book book;
  const auto look = [&](WallTime now) {
    const ValueJudgement judgement = values.judge();
    book.write(update_conditions(
        book.records,
        {.kinds = {FindingKind::value_deviates},
         .reason = "mine",
         .over = [&](const AlertRecord& record) { return judgement.why_over(record); }},
        judgement.findings, values.covered, book.policy, now));
  };
  look(kNoon);
  EXPECT_EQ(book.told(), Lines({"A-1 open value-deviates n03"}));

  values.covered = {"n01"};
  values.set("n03", "kernel", "6.1.0");
  look(kNoon);
  EXPECT_EQ(book.told(), Lines({"A-1 open value-deviates n03"})) << "it was not covered";

  values.covered = {"n03"};
  for (int i = 4; i <= 10; ++i) values.facts.erase({fmt::format("n{:02}", i), "kernel"});
  look(kNoon);
  EXPECT_EQ(book.told(), Lines({"A-1 open value-deviates n03"})) << "too few tell";

  values.all("kernel", "6.1.0");
  look(kNoon);
  EXPECT_EQ(book.told(), Lines({"A-1 resolved value-deviates n03 = it is as it should be"}));

  values.set("n03", "kernel", "5.10");
  look(kNoon);
  values.facts.clear();
  look(kNoon);
  EXPECT_EQ(book.told(), Lines({"A-1 resolved value-deviates n03 = no node of its class has it any "
                                "more"}));
}

TEST(ValueJudge, IsNotMovedByHowMuchAMinorityIsWrong) {
  rc::check([] {
    const auto wrong = *rc::gen::inRange(1, 4);
    Values values(20);
    for (int i = 1; i <= 20; ++i) {
      values.set(fmt::format("n{:02}", i), "a", 2000.5 + i);
    }
    const std::vector<Finding> before = values.judge().findings;
    RC_ASSERT(before.empty());
    for (int i = 1; i <= wrong; ++i) {
      const double far = *rc::gen::inRange(5000, 1'000'000'000);
      values.set(fmt::format("n{:02}", i), "a", far + 0.5);
    }
    RC_ASSERT(values.judge().findings.size() == static_cast<std::size_t>(wrong));
  });
}

}  // namespace
}  // namespace lockstep
