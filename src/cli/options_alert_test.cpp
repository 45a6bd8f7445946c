// The command lines about alerts.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "cli/exit_status.h"
#include "cli/test_options.h"

namespace lockstep::cli {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(AlertOptions, Alerts) {
  const auto plain = parsed<AlertsCommand>({"alerts"});
  EXPECT_EQ(plain.nodes, "");
  EXPECT_FALSE(plain.all);
  EXPECT_FALSE(plain.json);
  const auto full = parsed<AlertsCommand>({"alerts", "@compute", "--all", "--json"});
  EXPECT_EQ(full.nodes, "@compute");
  EXPECT_TRUE(full.all);
  EXPECT_TRUE(full.json);
}

TEST(AlertOptions, Acknowledge) {
  const auto plain = parsed<AlertActionCommand>({"alert", "ack", "A-17"});
  EXPECT_EQ(plain.kind, AlertAction::Kind::acknowledge);
  EXPECT_THAT(plain.ids, ElementsAre(17));
  EXPECT_EQ(plain.nodes, "");
  EXPECT_EQ(plain.note, "");
  EXPECT_EQ(plain.duration, days(7));
  EXPECT_FALSE(plain.json);
  const auto full =
      parsed<AlertActionCommand>({"alert", "ack", "--note", "on it; asked kim", "A-17", "--nodes",
                                  "n[1-3]", "--for", "12h", "--json"});
  EXPECT_THAT(full.ids, ElementsAre(17));
  EXPECT_EQ(full.nodes, "n[1-3]");
  EXPECT_EQ(full.note, "on it; asked kim");
  EXPECT_EQ(full.duration, hours(12));
  EXPECT_TRUE(full.json);
}

TEST(AlertOptions, Silence) {
  const auto silence = parsed<AlertActionCommand>({"alert", "silence", "3"});
  EXPECT_EQ(silence.kind, AlertAction::Kind::silence);
  EXPECT_EQ(silence.duration, days(1));
  const auto longer = parsed<AlertActionCommand>(
      {"alert", "silence", "3", "--for", "30d", "--nodes=a1", "--note=x", "--json"});
  EXPECT_EQ(longer.duration, days(30));
  EXPECT_EQ(longer.nodes, "a1");
  EXPECT_EQ(longer.note, "x");
  EXPECT_TRUE(longer.json);
}

TEST(AlertOptions, Resolve) {
  const auto resolve = parsed<AlertActionCommand>(
      {"alert", "resolve", "A-1", "--reason", "a test", "--nodes", "a1", "--json"});
  EXPECT_EQ(resolve.kind, AlertAction::Kind::resolve);
  EXPECT_THAT(resolve.ids, ElementsAre(1));
  EXPECT_EQ(resolve.note, "a test");
  EXPECT_EQ(resolve.nodes, "a1");
  EXPECT_EQ(resolve.duration, seconds(0));
  EXPECT_TRUE(resolve.json);
}

TEST(AlertOptions, Ids) {
  EXPECT_THAT(parsed<AlertActionCommand>({"alert", "ack", "A-17", "a-3", "20", "A-3"}).ids,
              ElementsAre(3, 17, 20));
  for (const char* const word :
       {"A17", "A-", "A-0", "0", "B-17", "A-17x", "A-1 7", "", "A--1", "99999999999999999999"}) {
    SCOPED_TRACE(word);
    const EarlyExit exit = refused({"alert", "ack", "A-1", word});
    EXPECT_EQ(exit.status, kUsage);
    EXPECT_THAT(exit.text, HasSubstr(fmt::format("\"{}\" is no alert: they are named like A-17; "
                                                 "see lockstep alerts",
                                                 word)));
    EXPECT_THAT(exit.text, HasSubstr("See: lockstep alert ack --help"));
  }
}

TEST(AlertOptions, Durations) {
  const struct {
    const char* text;
    std::optional<seconds> value;  ///< none: refused
    const char* says = "";
  } kRows[] = {
      {"1s", seconds(1)},
      {"90s", seconds(90)},
      {"15m", minutes(15)},
      {"12h", hours(12)},
      {"7d", days(7)},
      {"2w", days(14)},
      {"30d", days(30)},
      {"2592000s", days(30)},
      {"2592001s", std::nullopt, "is too long: 30d at most"},
      {"31d", std::nullopt, "is too long: 30d at most"},
      {"5w", std::nullopt, "is too long: 30d at most"},
      {"4294967295w", std::nullopt, "is too long: 30d at most"},
      {"99999999999999999999d", std::nullopt, "is too long: 30d at most"},
      {"0s", std::nullopt, "is not a duration: 90s, 15m, 12h, 7d, 2w"},
      {"", std::nullopt, "is not a duration"},
      {"7", std::nullopt, "is not a duration"},
      {"d", std::nullopt, "is not a duration"},
      {"-1d", std::nullopt, "is not a duration"},
      {"+1d", std::nullopt, "is not a duration"},
      {"1.5d", std::nullopt, "is not a duration"},
      {"1y", std::nullopt, "is not a duration"},
      {"1d2h", std::nullopt, "is not a duration"},
      {"1 d", std::nullopt, "is not a duration"},
      {"1D", std::nullopt, "is not a duration"},
      {"99999999999999999999", std::nullopt, "is not a duration"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.text);
    const Words words = {"alert", "silence", "A-1", "--for", row.text};
    if (row.value) {
      EXPECT_EQ(parsed<AlertActionCommand>(words).duration, *row.value);
      continue;
    }
    const EarlyExit exit = refused(words);
    EXPECT_EQ(exit.status, kUsage);
    EXPECT_THAT(exit.text, HasSubstr(fmt::format("--for: \"{}\" {}", row.text, row.says)));
  }
}

TEST(AlertOptions, AnAcknowledgementLastsAWeekAtMost) {
  EXPECT_EQ(parsed<AlertActionCommand>({"alert", "ack", "1", "--for", "1w"}).duration, days(7));
  EXPECT_THAT(refused({"alert", "ack", "1", "--for", "8d"}).text, HasSubstr("7d at most"));
}

TEST(AlertOptions, RefusesWithTheReason) {
  const struct {
    Words words;
    const char* says;
  } kRows[] = {
      {{"alert"}, "subcommand is required"},
      {{"alert", "acknowledge", "A-1"}, "\"acknowledge\" is no command"},
      {{"alert", "ack"}, "ids is required"},
      {{"alert", "ack", "A-1", "--nodes", ""}, "--nodes: is empty"},
      {{"alert", "ack", "A-1", "--reason", "x"}, "\"--reason\" is no option here"},
      {{"alert", "silence", "A-1", "--not", "x"}, "did you mean --note?"},
      {{"alert", "resolve", "A-1"}, "--reason is required"},
      {{"alert", "resolve", "A-1", "--reason", " "}, "--reason: is empty"},
      {{"alert", "resolve", "A-1", "--reason", "x", "--for", "1d"}, "no option here"},
      {{"alert", "ack", "\x1b[31m"}, "\"\\x1b[31m\" is no alert"},
      {{"alert", "ack", "A-1", "--for", "\x1b[31m"}, "\\x1b[31m"},
      {{"alerts", "a", "b"}, "\"b\" is too much"},
      {{"alrts"}, "did you mean alerts?"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(fmt::format("{}", row.words.back()));
    const EarlyExit exit = refused(row.words);
    EXPECT_EQ(exit.status, kUsage);
    EXPECT_THAT(exit.text, HasSubstr(row.says));
    EXPECT_EQ(exit.text.find('\x1b'), std::string::npos) << "reaches a terminal";
  }
}

}  // namespace
}  // namespace lockstep::cli
