#include "services/users/user_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "services/users/test_folder.h"

namespace lockstep::services {
namespace {

TEST(UserFiles, AreReadInTheirOrder) {
  const TestFolder folder;
  const std::string probes = folder.write("probes", std::string("a\0b\xff", 4));
  const std::string one = folder.write("one.txt", "named itself");
  folder.write("recog/b.xml", "b");
  folder.write("recog/a.xml", "a");
  folder.write("recog/README.md", "no");
  const auto files = read_user_files({.probes = {probes}, .recog = {one, folder.path("recog")}});
  ASSERT_TRUE(files) << files.error().message();
  EXPECT_EQ(files->probes, (std::vector<UserFile>{{probes, std::string("a\0b\xff", 4)}}));
  EXPECT_EQ(files->recog, (std::vector<UserFile>{{one, "named itself"},
                                                 {folder.path("recog/a.xml"), "a"},
                                                 {folder.path("recog/b.xml"), "b"}}));
  EXPECT_TRUE(read_user_files({})->empty());
}

TEST(UserFiles, TellWhatIsWrongWithThem) {
  const TestFolder folder;
  const std::string large = folder.write("large", std::string(kMostUserFileBytes + 1, 'x'));
  folder.write("empty/readme", "");
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  struct Row {
    std::string_view description;
    UserPaths paths;
    ErrorKind kind;
    std::string expected;
  };
  const Row rows[] = {
      {"none", {.probes = {folder.path("none")}, .recog = {}}, ErrorKind::not_found, "none\": "},
      {"none of recog",
       {.probes = {}, .recog = {folder.path("none")}},
       ErrorKind::not_found,
       "none\": "},
      {"a folder of probes",
       {.probes = {folder.path("empty")}, .recog = {}},
       ErrorKind::invalid,
       "is no file"},
      {"a pipe", {.probes = {folder.path("pipe")}, .recog = {}}, ErrorKind::invalid, "is no file"},
      {"a folder without files",
       {.probes = {}, .recog = {folder.path("empty")}},
       ErrorKind::invalid,
       "is a folder without files that end in .xml"},
      {"too large", {.probes = {large}, .recog = {}}, ErrorKind::invalid, "is too much"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.description);
    const auto files = read_user_files(row.paths);
    ASSERT_FALSE(files);
    EXPECT_EQ(files.error().kind(), row.kind);
    EXPECT_NE(files.error().message().find(row.expected), std::string::npos)
        << files.error().message();
  }
}

}  // namespace
}  // namespace lockstep::services
