#include "base/csv.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace lockstep {
namespace {

using Fields = std::vector<std::vector<std::string>>;

TEST(Csv, FollowsRfc4180) {
  const struct {
    const char* description;
    const char* text;
    Fields fields;
  } rows[] = {
      {"nothing", "", {}},
      {"lines end in LF", "a,b\nc,d\n", {{"a", "b"}, {"c", "d"}}},
      {"lines end in CRLF", "a,b\r\nc,d\r\n", {{"a", "b"}, {"c", "d"}}},
      {"the last line need not end", "a\nb", {{"a"}, {"b"}}},
      {"empty fields", ",,\n", {{"", "", ""}}},
      {"a trailing comma at the very end", "a,", {{"a", ""}}},
      {"quoted commas", "\"n[1,3]\",x\n", {{"n[1,3]", "x"}}},
      {"doubled quotes", "\"say \"\"hi\"\"\"\n", {{"say \"hi\""}}},
      {"quoted line ends", "\"a\nb\",c\n", {{"a\nb", "c"}}},
      {"empty quotes", "\"\",\"\"\n", {{"", ""}}},
      {"empty lines and comments", "\n# note, with \"comma\n\r\na\n", {{"a"}}},
      {"a byte-order mark", "\xef\xbb\xbfname\n", {{"name"}}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.description);
    const auto records = parse_csv(row.text);
    ASSERT_TRUE(records) << records.error().message();
    Fields fields;
    for (const CsvRecord& record : *records) fields.push_back(record.fields);
    EXPECT_EQ(fields, row.fields);
  }
}

TEST(Csv, CountsLinesThroughQuotes) {
  const auto records = parse_csv("# one\n\"two\nthree\",x\nfour\n");
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 2U);
  EXPECT_EQ((*records)[0].line, 2U);
  EXPECT_EQ((*records)[1].line, 4U);
}

TEST(Csv, NamesTheLineOfAnError) {
  const struct {
    const char* text;
    const char* message;
  } rows[] = {
      {"a\n\"b\nc", "line 2: a quote that never closes"},
      {"a\n\"b\" c\n", "line 2: text after the closing quote"},
      {"a\nb\"c\n", "line 2: a quote within a field"},
  };
  for (const auto& row : rows) {
    const auto records = parse_csv(row.text);
    ASSERT_FALSE(records) << row.text;
    EXPECT_TRUE(records.error().message().starts_with(row.message)) << records.error().message();
  }
}

TEST(Csv, WhatIsQuotedComesBack) {
  EXPECT_TRUE(rc::check([](const std::vector<std::string>& fields) {
    RC_PRE(!fields.empty());
    std::string text;
    for (const std::string& field : fields) {
      text += text.empty() ? "\"" : ",\"";
      for (const char c : field) text.append(c == '"' ? 2 : 1, c);
      text += '"';
    }
    const auto records = parse_csv(text);
    RC_ASSERT(records.has_value());
    RC_ASSERT(records->size() == 1U);
    RC_ASSERT(records->front().fields == fields);
  }));
}

}  // namespace
}  // namespace lockstep
