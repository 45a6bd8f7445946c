#include "scan/preferred_engine.h"

#include <gtest/gtest.h>

#include "scan/test_plan.h"

namespace lockstep::scan {
namespace {

/// Sends as many probes as it is told, and then ends as it is told.
class ScriptedEngine final : public Engine {
 public:
  ScriptedEngine(std::string_view name, std::uint64_t probes, std::optional<Error> error)
      : name_(name), probes_(probes), error_(std::move(error)) {}

  std::string_view name() const override { return name_; }
  bool completes_handshakes() const override { return false; }

 private:
  Result<void> do_run(const Plan& /*plan*/, const ResultTable& table,
                      std::vector<std::uint32_t> /*targets*/) override {
    table.run().probes += probes_;
    if (error_) return std::unexpected(*error_);
    return {};
  }

  std::string_view name_;
  std::uint64_t probes_;
  std::optional<Error> error_;
};

TEST(PreferredEngine, TheOtherRunsWhereThePreferredOneSentNothing) {
  const Error error(ErrorKind::unsupported, "no");
  const struct {
    const char* description;
    std::uint64_t probes;
    std::optional<Error> error;
    bool stopped;
    std::string_view ran;
    bool succeeds;
  } kRows[] = {
      {"it works", 5, {}, false, "first", true},
      {"there is nothing to ask", 0, {}, false, "first", true},
      {"it cannot", 0, error, false, "second", true},
      {"it fails on the way", 5, error, false, "first", false},
      {"somebody stops it", 0, error, true, "first", false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    PreferredEngine engine(std::make_unique<ScriptedEngine>("first", row.probes, row.error),
                           std::make_unique<ScriptedEngine>("second", 1, std::nullopt));
    const Plan plan = test::plan_of(1, {22});
    const ResultTable table = test::table_for(plan);
    table.run().stop = row.stopped;
    EXPECT_EQ(engine.run(plan, table).has_value(), row.succeeds);
    EXPECT_EQ(engine.name(), row.ran);
  }
}

}  // namespace
}  // namespace lockstep::scan
