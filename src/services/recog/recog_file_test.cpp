#include "services/recog/recog_file.h"

#include <gtest/gtest.h>

namespace lockstep::services {
namespace {

TEST(RecogFile, IsRead) {
  const auto file = parse_recog_file(R"(<?xml version="1.0" encoding="UTF-8"?>
<!-- Of our own making. -->
<fingerprints matches="ssh.banner" protocol="ssh" database_type="service" preference="0.90">
  <fingerprint pattern="^Ex&amp;mple_([\d.]+)$" flags="REG_ICASE, REG_MULTILINE">
    <description>Example's</description>
    <example service.version="1.2" _note="x">Ex&amp;mple_1.2</example>
    <example _encoding="base64">RXgmbXBsZV8x
LjI=</example>
    <example _filename="elsewhere"/>
    <param pos="0" name="service.vendor" value="Example"/>
    <param pos="1" name="service.version"/>
  </fingerprint>

  <fingerprint pattern="^other"/>
  <fingerprint pattern="^odd" flags="REG_ODD"/>
  <fingerprint/>
  <fingerprint pattern="a"><param pos="16" name="x"/></fingerprint>
  <fingerprint pattern="a"><param pos="1x" name="x"/></fingerprint>
  <fingerprint pattern="a"><param pos="1"/></fingerprint>
  <fingerprint pattern="[a&amp;&amp;b]"/>
</fingerprints>
)",
                                     "ssh.xml");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->matches, "ssh.banner");
  EXPECT_EQ(file->preference, 0.9);
  ASSERT_EQ(file->fingerprints.size(), 2U);
  const Fingerprint& first = file->fingerprints[0];
  EXPECT_EQ(first.signature.pattern, "(?m)^Ex&mple_([\\d.]+)$");
  EXPECT_TRUE(first.signature.ignore_case);
  EXPECT_TRUE(first.signature.dot_all);
  EXPECT_EQ(first.signature.line, 4U);
  ASSERT_EQ(first.params.size(), 2U);
  EXPECT_EQ(first.params[0].value, "Example");
  EXPECT_EQ(first.params[1].group, 1U);
  EXPECT_EQ(first.params[1].name, "service.version");
  ASSERT_EQ(first.examples.size(), 2U);
  EXPECT_EQ(first.examples[0].text, "Ex&mple_1.2");
  ASSERT_EQ(first.examples[0].expected.size(), 1U);
  EXPECT_EQ(first.examples[0].expected[0].second, "1.2");
  EXPECT_EQ(first.examples[1].text, "Ex&mple_1.2");
  EXPECT_EQ(file->fingerprints[1].signature.line, 14U);
  EXPECT_FALSE(file->fingerprints[1].signature.ignore_case);
  EXPECT_EQ(file->left_out, (std::vector<std::string>{
                                "ssh.xml:15: \"REG_ODD\" is no flag of a pattern",
                                "ssh.xml:16: a fingerprint without a pattern",
                                "ssh.xml:17: a param has a name, and a pos from 0 to 15",
                                "ssh.xml:18: a param has a name, and a pos from 0 to 15",
                                "ssh.xml:19: a param has a name, and a pos from 0 to 15",
                                "ssh.xml:20: a class of characters within another, as Ruby has it",
                            }));
}

TEST(RecogFile, TellsWhereItIsWrong) {
  struct Row {
    std::string_view text, expected;
  };
  const Row rows[] = {
      {"", "x.xml:1: no well-formed XML: "},
      {"<fingerprints matches='a'>\n\n<fingerprint", "x.xml:3: no well-formed XML: "},
      {"\n<nmaprun/>", "x.xml:2: the outermost element is \"nmaprun\""},
      {"<fingerprints/>", "x.xml:1: <fingerprints> has no matches"},
      {"<fingerprints matches='a' preference='much'/>", "preference=\"much\" is no number"},
      {"<fingerprints matches='a' preference='2'/>", "preference=\"2\" is no number"},
      {"<fingerprints matches='a' preference='nan'/>", "preference=\"nan\" is no number"},
      {"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>\n<fingerprints matches='a'/>",
       "x.xml:1: a document type"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const auto file = parse_recog_file(row.text, "x.xml");
    ASSERT_FALSE(file);
    EXPECT_NE(file.error().message().find(row.expected), std::string::npos)
        << file.error().message();
  }
  EXPECT_FALSE(parse_recog_file(std::string(1'000'001, '<'), "x.xml"));
}

}  // namespace
}  // namespace lockstep::services
