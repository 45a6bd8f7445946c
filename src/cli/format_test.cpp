// How times, rates and texts from outside are written for people.

#include "cli/format.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/progress.h"
#include "cli/table.h"
#include "cli/test_reports.h"

namespace lockstep::cli {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(Table, IsAsWideAsItsCells) {
  Table table({"A", "LONGER", "C"});
  EXPECT_TRUE(table.empty());
  table.add({"wide cell", "b", ""});
  EXPECT_FALSE(table.empty());
  EXPECT_EQ(table.to_string(), "A          LONGER  C\nwide cell  b\n");
}

TEST(Table, NotesStandUnderTheirRow) {
  Table table({"A", "B"});
  table.add({"1", "2"});
  table.add_note("as long as it likes");
  table.add({"3", "4"});
  EXPECT_EQ(table.to_string(), "A  B\n1  2\n  as long as it likes\n3  4\n");
}

// --- Times and rates. ---

TEST(Format, Durations) {
  const struct {
    nanoseconds duration;
    const char* text;
  } kRows[] = {
      {nanoseconds(0), "0.00 s"},           {milliseconds(842), "0.84 s"},
      {milliseconds(9990), "9.99 s"},       {seconds(10), "10.0 s"},
      {milliseconds(59900), "59.9 s"},      {seconds(60), "1 min 0 s"},
      {seconds(125), "2 min 5 s"},          {seconds(3599), "59 min 59 s"},
      {seconds(3600), "1 h 0 min"},         {seconds(11520), "3 h 12 min"},
      {seconds(1'000'000), "277 h 46 min"},
  };
  for (const auto& row : kRows) EXPECT_EQ(format_duration(row.duration), row.text);
}

TEST(Format, Rates) {
  const struct {
    double rate;
    const char* text;
  } kRows[] = {{0, "0 pps"},          {0.4, "0 pps"},    {950, "950 pps"},       {1000, "1 kpps"},
               {374'000, "374 kpps"}, {1e6, "1.0 Mpps"}, {3'440'000, "3.4 Mpps"}};
  for (const auto& row : kRows) EXPECT_EQ(format_rate(row.rate), row.text) << row.rate;
}

TEST(Format, Times) {
  EXPECT_EQ(format_time(WallTime(seconds(0))), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_time(WallTime(seconds(1'790'000'000) + milliseconds(999))),
            "2026-09-21T14:13:20Z");
}

TEST(Progress, TellsShareRateTimeLeftAndPorts) {
  const struct {
    const char* description;
    CollectProgress progress;
    const char* text;
  } kRows[] = {
      {"nothing is planned yet", {}, "finding the nodes ..."},
      {"in the middle",
       {.done = 370, .planned = 1000, .pass = 1, .open_ports = 1024, .per_second = 90},
       "pass 1  37 %  90 pps  7 s left  1,024 open"},
      {"a long way",
       {.done = 0, .planned = 1'000'000, .pass = 2, .open_ports = 0, .per_second = 100},
       "pass 2  0 %  100 pps  2 h 46 min left  0 open"},
      {"no rate yet", {.done = 1, .planned = 4, .pass = 1}, "pass 1  25 %  0 pps  0 open"},
      {"more done than planned",
       {.done = 9, .planned = 4, .pass = 1, .per_second = 1},
       "pass 1  100 %  1 pps  0 s left  0 open"},
      {"a rate of next to nothing",
       {.done = 0, .planned = 1ULL << 40, .pass = 1, .per_second = 1e-12},
       "pass 1  0 %  0 pps  0 open"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(format_progress(row.progress), row.text) << row.description;
  }
}

TEST(Format, Ages) {
  const struct {
    nanoseconds age;
    const char* text;
  } kRows[] = {
      {seconds(-5), "0s"}, {milliseconds(999), "0s"}, {seconds(1), "1s"}, {seconds(59), "59s"},
      {seconds(60), "1m"}, {seconds(3599), "59m"},    {hours(1), "1h"},   {hours(47), "47h"},
      {hours(48), "2d"},   {hours(24 * 400), "400d"},
  };
  for (const auto& row : kRows) EXPECT_EQ(format_age(row.age), row.text);
}

TEST(Format, ClockTimesHaveTheirDateWhereItIsAnother) {
  EXPECT_EQ(format_clock(kStarted, kStarted), "14:13Z");
  EXPECT_EQ(format_clock(kStarted - hours(14), kStarted), "00:13Z");
  EXPECT_EQ(format_clock(kStarted - hours(15), kStarted), "2026-09-20 23:13Z");
  EXPECT_EQ(format_clock(kStarted + hours(10), kStarted), "2026-09-22 00:13Z");
}

// --- Text from outside. ---

TEST(Format, WordsFromOutside) {
  const struct {
    const char* description;
    std::string text;
    const char* word;
    const char* sentence;
    const char* shell;
  } kRows[] = {
      {"a word", "compute", "compute", "compute", "compute"},
      {"nothing", "", "\"\"", "", "''"},
      {"a nodeset", "node[3,7]", "node[3,7]", "node[3,7]", "'node[3,7]'"},
      {"two words", "a b", "\"a b\"", "a b", "'a b'"},
      {"other alphabets", "k\xc3\xb6ln", "k\xc3\xb6ln", "k\xc3\xb6ln", "'k\xc3\xb6ln'"},
      {"quotes", "a\"b", "\"a\\\"b\"", "a\"b", "'a\"b'"},
      {"what a shell would run", "$(x)'`y`", "$(x)'`y`", "$(x)'`y`", "'$(x)'\\''`y`'"},
      {"a line end", "a\n$(x)", "\"a\\n$(x)\"", "\"a\\n$(x)\"", "'\"a\\n$(x)\"'"},
      {"an escape", "\x1b[2J", "\"\\x1b[2J\"", "\"\\x1b[2J\"", "'\"\\x1b[2J\"'"},
      {"no UTF-8", "\xff", "\"\\xff\"", "\"\\xff\"", "'\"\\xff\"'"},
      {"another direction", "\xe2\x80\xae", "\"\\u{202e}\"", "\"\\u{202e}\"", "'\"\\u{202e}\"'"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    EXPECT_EQ(shown(row.text), row.word);
    EXPECT_EQ(shown_sentence(row.text), row.sentence);
    EXPECT_EQ(shell_word(row.text), row.shell);
  }
}

TEST(Format, LongSentencesAreCut) {
  EXPECT_EQ(shown_sentence("1234567890", 10), "1234567890");
  EXPECT_EQ(shown_sentence("12345678901", 10), "\"1234567890\"...");
}

TEST(Format, Severities) {
  EXPECT_EQ(severity_text(Severity::critical), "CRIT");
  EXPECT_EQ(severity_text(Severity::high), "HIGH");
  EXPECT_EQ(severity_text(Severity::medium), "MED");
  EXPECT_EQ(severity_text(Severity::low), "LOW");
  EXPECT_EQ(severity_text(Severity::informational), "INFO");
}

TEST(Format, ARowIsAtFirstLookOnlyWhereASecondOneDecides) {
  control::SweepRow row = pending_row();
  EXPECT_TRUE(row.is_first_look());
  row.status = AlertStatus::open;
  EXPECT_FALSE(row.is_first_look());
  row = pending_row();
  row.finding.subject.kind = FindingKind::coverage_gap;
  EXPECT_FALSE(row.is_first_look()) << "what an interrupted sweep left out";
}

}  // namespace
}  // namespace lockstep::cli
