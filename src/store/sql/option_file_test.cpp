#include "store/sql/option_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace lockstep {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(OptionFile, HasAPasswordBelowOurGroups) {
  const struct {
    const char* description;
    const char* text;
    std::optional<std::string> password;
  } kRows[] = {
      {"of all clients", "[client]\npassword=secret\n", "secret"},
      {"of MariaDB's", "[client-mariadb]\npassword=secret", "secret"},
      {"our own, which comes last", "[client]\npassword=a\n[lockstep]\npassword=b\n", "b"},
      {"with spaces and returns", "[ client ]\r\n  password  =  se cret  \r\n", "se cret"},
      {"in quotes", "[client]\npassword = \" se'cret \"\n", " se'cret "},
      {"in the other quotes", "[client]\npassword='#a;b=c'\n", "#a;b=c"},
      {"with escapes", R"([client]
password=a\\b\s\"c\d)",
       "a\\b \"c\\d"},
      {"empty is one, too", "[client]\npassword=\n", ""},
      {"none", "[client]\nuser=kim\n", std::nullopt},
      {"a word without a value", "[client]\npassword\n", std::nullopt},
      {"of the server", "[mysqld]\npassword=secret\n", std::nullopt},
      {"of nobody", "password=secret\n", std::nullopt},
      {"in a remark", "[client]\n#password=secret\n;password=secret\n", std::nullopt},
      {"of something else", "[client]\nssl-password=secret\n", std::nullopt},
      {"nothing at all", "", std::nullopt},
      {"a bracket alone", "[\n]\n[]\npassword=x", std::nullopt},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.description);
    EXPECT_EQ(password_in(row.text), row.password);
  }
}

class OptionFileOnDisk : public testing::Test {
 protected:
  void write(const std::string& text, mode_t mode) const {
    std::ofstream(path_) << text;
    chmod(path_.c_str(), mode);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::string path_ = testing::TempDir() + "/lockstep-option-file";
};

TEST_F(OptionFileOnDisk, IsReadWhereOnlyItsOwnerMay) {
  write("[client]\npassword=secret\n", 0600);
  EXPECT_EQ(read_password(path_).value(), "secret");
  write("[client]\npassword=secret\n", 0640);
  const auto open = read_password(path_);
  ASSERT_FALSE(open.has_value());
  EXPECT_EQ(open.error().kind(), ErrorKind::denied);
  EXPECT_THAT(open.error().message(), HasSubstr("chmod 600"));
  EXPECT_THAT(open.error().message(), Not(HasSubstr("secret")));
  write("[client]\nuser=kim\n", 0644);
  EXPECT_EQ(read_password(path_).value(), std::nullopt) << "nothing to hide";
  write(std::string(70'000, '#'), 0600);
  EXPECT_EQ(read_password(path_).error().kind(), ErrorKind::invalid);
  EXPECT_EQ(read_password("/dev/null").error().kind(), ErrorKind::invalid);
  EXPECT_EQ(read_password("/nonexistent/file").error().kind(), ErrorKind::not_found);
}

}  // namespace
}  // namespace lockstep
