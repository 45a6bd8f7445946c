#include "services/users/user_set.h"

#include <gtest/gtest.h>

#include "services/users/test_folder.h"

namespace lockstep::services {
namespace {

constexpr std::string_view kProbes = R"(# mine
Probe TCP NULL q||
match ssh m|^SSH-2\.0-OpenSSH_([\w.]+)-mine\r\n| p/Mine/ v/$1/
match mine m|^MINE ([\w.]+)|
)";

constexpr std::string_view kRecog = R"(<fingerprints matches="ssh.banner">
<fingerprint pattern="^OpenSSH_[\w.]+ Lab$"><param pos="0" name="os.product" value="LabOS"/></fingerprint>
<fingerprint pattern="(unclosed"/>
</fingerprints>)";

UserFiles files() {
  return {.probes = {{"mine", std::string(kProbes)}}, .recog = {{"ssh.xml", std::string(kRecog)}}};
}

Service ask(Matcher& matcher, std::string_view answer) {
  return matcher.match(*matcher.probes().find(Protocol::tcp, kListening), answer).service;
}

TEST(UserSet, AddsToOurs) {
  UserSetNotes notes;
  const auto set = prepare(files(), FilterCache(""), &notes);
  ASSERT_TRUE(set) << set.error().message();
  EXPECT_GT(notes.signatures, 200U);
  EXPECT_EQ(notes.fingerprints, 1U);
  EXPECT_EQ(notes.left_out.size(), 1U);
  EXPECT_TRUE(notes.compiled);
  auto matcher = matcher_of(*set);
  ASSERT_TRUE(matcher);
  EXPECT_TRUE(matcher->took_filter());
  struct Row {
    std::string_view answer, name, product, version, system;
  };
  const Row rows[] = {
      {"SSH-2.0-OpenSSH_9.2p1-mine\r\n", "ssh", "Mine", "9.2p1", ""},
      {"SSH-2.0-OpenSSH_9.2p1\r\n", "ssh", "OpenSSH", "9.2p1", ""},
      {"SSH-2.0-OpenSSH_9.2p1 Lab\r\n", "ssh", "OpenSSH", "9.2p1", "LabOS"},
      {"MINE 1", "mine", "", "", ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.answer);
    const Service found = ask(*matcher, row.answer);
    EXPECT_EQ(found.name, row.name);
    EXPECT_EQ(found.product, row.product);
    EXPECT_EQ(found.version, row.version);
    EXPECT_EQ(found.system, row.system);
  }
}

TEST(UserSet, OfSeveralFilesTheFirstIsTheStrongest) {
  const auto file = [](std::string product) {
    return UserFile{product, "Probe TCP NULL q||\nmatch mine m|^MINE| p/" + product + "/\n"};
  };
  const auto set =
      prepare({.probes = {file("first"), file("second")}, .recog = {}}, FilterCache(""));
  ASSERT_TRUE(set);
  auto matcher = matcher_of(*set);
  ASSERT_TRUE(matcher);
  EXPECT_EQ(ask(*matcher, "MINE").product, "first");
}

TEST(UserSet, FingerprintsAloneTakeTheFilterThatIsBuiltIn) {
  UserFiles recog = files();
  recog.probes.clear();
  const auto set = prepare(recog, FilterCache(""));
  ASSERT_TRUE(set);
  EXPECT_TRUE(set->filter.empty());
  auto matcher = matcher_of(*set);
  ASSERT_TRUE(matcher);
  EXPECT_TRUE(matcher->took_filter());
  EXPECT_EQ(ask(*matcher, "SSH-2.0-OpenSSH_9.2p1 Lab\r\n").system, "LabOS");
}

TEST(UserSet, FiltersAreCompiledOnce) {
  const TestFolder folder;
  const FilterCache cache(folder.path("cache"));
  UserSetNotes notes;
  std::vector<std::size_t> foretold;
  const auto foretell = [&](std::size_t patterns) { foretold.push_back(patterns); };
  const auto first = prepare(files(), cache, &notes, foretell);
  ASSERT_TRUE(first);
  EXPECT_TRUE(notes.compiled);
  EXPECT_EQ(foretold, (std::vector<std::size_t>{notes.signatures, 1}));
  const auto second = prepare(files(), cache, &notes, foretell);
  EXPECT_EQ(foretold.size(), 2U);
  ASSERT_TRUE(second);
  EXPECT_FALSE(notes.compiled);
  EXPECT_EQ(*first, *second);

  UserFiles changed = files();
  changed.probes[0].text += "match more m|^MORE|\n";
  ASSERT_TRUE(prepare(changed, cache, &notes));
  EXPECT_TRUE(notes.compiled);

  for (const auto& entry : std::filesystem::directory_iterator(folder.path("cache"))) {
    std::filesystem::resize_file(entry.path(), entry.file_size() - 1);
  }
  const auto again = prepare(files(), cache, &notes);
  ASSERT_TRUE(again);
  EXPECT_TRUE(notes.compiled);
  EXPECT_EQ(*first, *again);
}

TEST(UserSet, TellsWhereAFileIsWrong) {
  struct Row {
    std::string_view probes, recog, expected;
  };
  const Row rows[] = {
      {"match a m|b|\n", kRecog, "mine:1: \"match\" stands before the first Probe"},
      {"Probe TCP NULL q||\nmatch a m|(b|\n", kRecog,
       "mine:2: pattern \"(b\": missing closing parenthesis at its byte 2"},
      {"Probe TCP NULL q||\nfallback Nobody\n", kRecog,
       "mine:2: probe \"NULL\" falls back to \"Nobody\", which is not there"},
      {kProbes, "<fingerprints/>", "ssh.xml:1: <fingerprints> has no matches"},
  };
  for (const Row& row : rows) {
    const auto set = prepare({.probes = {{"mine", std::string(row.probes)}},
                              .recog = {{"ssh.xml", std::string(row.recog)}}},
                             FilterCache(""));
    ASSERT_FALSE(set);
    EXPECT_EQ(set.error().message().substr(0, row.expected.size()), row.expected);
  }
}

TEST(UserSet, IsHandedOverWhole) {
  UserSet set{.files = files(), .filter = {std::byte{1}, std::byte{0}}, .recog_filter = {}};
  const std::vector<std::byte> bytes = encode(set);
  const auto decoded = decode(bytes);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(*decoded, set);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode(std::span(bytes).first(size))) << size;
  }
  std::vector<std::byte> longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(decode(longer));
}

}  // namespace
}  // namespace lockstep::services
