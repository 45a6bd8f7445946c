#include "store/sql/dialect.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

constexpr Dialect kPlain = {.text = "text"};
constexpr Dialect kOther = {.text = "longtext",
                            .table = " ENGINE=x",
                            .clustered = " CLUSTERED",
                            .widen = "MODIFY",
                            .to = "",
                            .adopt = "CONVERT",
                            .undoes_schema = false};

TEST(Dialect, IsWhatAStepOfTheSchemaIsSaidIn) {
  const struct {
    const char* description;
    const char* statement;
    std::optional<std::string> plain;
    std::optional<std::string> other;
  } kRows[] = {
      {"a table ends in its own way", "CREATE TABLE a (b int)", "CREATE TABLE a (b int)",
       "CREATE TABLE a (b int) ENGINE=x"},
      {"one that keeps an order does so in another", "CREATE TABLE a (b int){clustered}",
       "CREATE TABLE a (b int)", "CREATE TABLE a (b int) CLUSTERED"},
      {"each text gets its type", "CREATE TABLE a (text {text}, b {text} NOT NULL){clustered}",
       "CREATE TABLE a (text text, b text NOT NULL)",
       "CREATE TABLE a (text longtext, b longtext NOT NULL) CLUSTERED"},
      {"room for more is made where it is bounded", "ALTER TABLE a {widen} b {to} varchar(80)",
       std::nullopt, "ALTER TABLE a MODIFY b varchar(80)"},
      {"what somebody made is taken over", "{adopt} a", std::nullopt, "ALTER TABLE a CONVERT"},
      {"the rest stays", "CREATE INDEX a ON b (c)", "CREATE INDEX a ON b (c)",
       "CREATE INDEX a ON b (c)"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    EXPECT_EQ(in_dialect(row.statement, kPlain), row.plain);
    EXPECT_EQ(in_dialect(row.statement, kOther), row.other);
  }
}

TEST(Dialect, QuotesWordsThatADatabaseHasForItself) {
  EXPECT_EQ(sql_name("match"), "\"match\"");
  EXPECT_EQ(sql_name("system"), "\"system\"");
  EXPECT_EQ(sql_name("node"), "node");
}

}  // namespace
}  // namespace lockstep
