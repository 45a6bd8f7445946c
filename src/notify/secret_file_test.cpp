#include "notify/secret_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace lockstep::notify {
namespace {

TEST(SecretFile, IsReadWhereOnlyItsOwnerMay) {
  std::string pattern = testing::TempDir() + "/lockstep-secret-XXXXXX";
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  const std::string path = pattern + "/secret";
  const auto write = [&](const std::string& text, mode_t mode) {
    std::ofstream(path) << text;
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  };
  write("  s3cret \nsecond line\n", 0600);
  EXPECT_EQ(read_secret(path).value(), "s3cret");
  write("s3cret\n", 0640);
  EXPECT_EQ(read_secret(path).value(), "s3cret");
  write("s3cret\n", 0644);
  EXPECT_EQ(read_secret(path).error().kind(), ErrorKind::denied);
  write("\n", 0600);
  EXPECT_EQ(read_secret(path).error().kind(), ErrorKind::invalid);
  write("a\rb", 0600);
  EXPECT_EQ(read_secret(path).error().kind(), ErrorKind::invalid);
  write(std::string(5000, 'x'), 0600);
  EXPECT_EQ(read_secret(path).error().kind(), ErrorKind::invalid);
  EXPECT_EQ(read_secret(pattern).error().kind(), ErrorKind::invalid) << "a folder";
  EXPECT_EQ(read_secret(path + "x").error().kind(), ErrorKind::not_found);
  std::filesystem::remove_all(pattern);
}

}  // namespace
}  // namespace lockstep::notify
