#include "serve/auth/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "store/sql/sql_store.h"

namespace lockstep::serve {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

const std::string kPassword = "correct horse battery";

class AccessTest : public testing::Test {
 protected:
  ~AccessTest() override { std::filesystem::remove_all(folder_); }

  WallTime at(seconds after = {}) const { return WallTime(seconds(1'800'000'000)) + after; }
  AccessCall call(seconds after = {}) const {
    return {.person = "root", .peer = "127.0.0.1", .now = at(after)};
  }

  void join(const std::string& name, Role role, std::set<std::string> classes = {}) {
    const User user = {.name = name, .role = role, .classes = std::move(classes)};
    const NewToken invitation = access_.invite(user, call()).value();
    ASSERT_TRUE(access_.accept_invitation(invitation.secret, kPassword, call()));
  }

  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("access" + std::to_string(::getpid()));
  std::unique_ptr<Store> store_ = [this] {
    std::filesystem::create_directories(folder_);
    return open_store("sqlite://" + (folder_ / "store.db").string()).value();
  }();
  Throttle throttle_;
  Access access_{*store_, throttle_};
};

TEST_F(AccessTest, TheFirstUserComesByAnInvitationThatIsGoodOnce) {
  EXPECT_TRUE(access_.is_unclaimed().value());
  const User admin = {.name = "admin", .role = Role::admin};
  const NewToken invitation = access_.invite(admin, call()).value();
  EXPECT_TRUE(access_.is_unclaimed().value());
  EXPECT_FALSE(access_.identify(invitation.secret, at()).value()) << "it is no session";
  const auto short_one = access_.accept_invitation(invitation.secret, "short", call());
  ASSERT_FALSE(short_one);
  EXPECT_EQ(short_one.error().kind(), ErrorKind::invalid) << "and it is still good";
  EXPECT_FALSE(access_.accept_invitation("lsi_nonsense", kPassword, call()));
  EXPECT_FALSE(access_.accept_invitation(invitation.secret, kPassword, call(hours(49))));
  EXPECT_EQ(access_.accept_invitation(invitation.secret, kPassword, call())->name, "admin");
  EXPECT_FALSE(access_.accept_invitation(invitation.secret, kPassword, call()));
  EXPECT_FALSE(access_.is_unclaimed().value());
  EXPECT_TRUE(access_.log_in("admin", kPassword, call()));
}

TEST_F(AccessTest, ASessionEndsByIdlenessByItsTimeOrByHand) {
  join("kim", Role::operating);
  const NewToken session = access_.log_in("kim", kPassword, call()).value();
  const auto identity = access_.identify(session.secret, at(hours(7))).value();
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->user, "kim");
  EXPECT_TRUE(identity->may(Role::operating));
  EXPECT_FALSE(identity->may(Role::admin));
  EXPECT_FALSE(access_.identify(session.secret, at(hours(16))).value()) << "nine hours idle";
  for (int hour = 8; hour < 72; hour += 7) {
    EXPECT_TRUE(access_.identify(session.secret, at(hours(hour))).value()) << hour;
  }
  EXPECT_FALSE(access_.identify(session.secret, at(hours(72))).value());
  const NewToken other = access_.log_in("kim", kPassword, call()).value();
  ASSERT_TRUE(access_.log_out(*access_.identify(other.secret, at()).value(), call()));
  EXPECT_FALSE(access_.identify(other.secret, at()).value());
}

TEST_F(AccessTest, WrongPasswordsAreToldAlikeAndSlowedDown) {
  join("kim", Role::viewer);
  const auto wrong = access_.log_in("kim", "wrong password", call());
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind(), ErrorKind::denied);
  AccessCall elsewhere = call();
  elsewhere.peer = "127.0.0.2";
  EXPECT_EQ(access_.log_in("nobody", kPassword, elsewhere).error().message(),
            wrong.error().message());
  std::ignore = access_.log_in("kim", "wrong password", call());
  std::ignore = access_.log_in("kim", "wrong password", call());
  const auto slow = access_.log_in("kim", kPassword, call());
  ASSERT_FALSE(slow) << "right, but too soon";
  EXPECT_EQ(slow.error().kind(), ErrorKind::unavailable);
  const auto audit = store_->audit(1).value();
  EXPECT_EQ(audit.front().action, "login refused");
  EXPECT_THAT(audit.front().detail, testing::Not(HasSubstr("nobody")));
  EXPECT_TRUE(access_.log_in("kim", kPassword, elsewhere)) << "nobody locks others out";
}

TEST_F(AccessTest, ATokenMayNoMoreThanItsUserMayNow) {
  join("boss", Role::admin);
  join("kim", Role::operating, {"compute", "gpu"});
  const NewToken token = access_
                             .make_token({.user = "kim",
                                          .label = "cron",
                                          .role = Role::admin,
                                          .classes = {"gpu", "login"},
                                          .lasts = hours(24)},
                                         call())
                             .value();
  EXPECT_EQ(token.token.role, Role::operating);
  auto identity = access_.identify(token.secret, at()).value();
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->classes, std::set<std::string>{"gpu"});
  EXPECT_FALSE(access_.identify(token.secret, at(hours(24))).value());
  std::ignore = access_.invite({.name = "kim", .role = Role::viewer, .classes = {"gpu"}}, call());
  EXPECT_EQ(access_.identify(token.secret, at()).value()->role, Role::viewer);
  std::ignore = access_.invite({.name = "kim", .role = Role::viewer, .classes = {"io"}}, call());
  EXPECT_FALSE(access_.identify(token.secret, at()).value()) << "no class is left";
  std::ignore = access_.invite({.name = "kim", .role = Role::viewer, .classes = {}}, call());
  ASSERT_TRUE(access_.set_enabled("kim", false, call()));
  EXPECT_FALSE(access_.identify(token.secret, at()).value());
  ASSERT_TRUE(access_.set_enabled("kim", true, call()));
  EXPECT_TRUE(access_.identify(token.secret, at()).value());
  ASSERT_TRUE(access_.remove_user("kim", call()));
  EXPECT_FALSE(access_.identify(token.secret, at()).value());
  EXPECT_FALSE(access_.make_token({.user = "kim", .label = ""}, call()));
}

TEST_F(AccessTest, TheLastAdministratorStays) {
  join("boss", Role::admin);
  EXPECT_FALSE(access_.remove_user("boss", call()));
  EXPECT_FALSE(access_.set_enabled("boss", false, call()));
  EXPECT_FALSE(access_.invite({.name = "boss", .role = Role::viewer}, call()));
  join("other", Role::admin);
  const NewToken session = access_.log_in("boss", kPassword, call()).value();
  EXPECT_TRUE(access_.set_enabled("boss", false, call()));
  EXPECT_FALSE(access_.identify(session.secret, at()).value());
  EXPECT_FALSE(access_.log_in("boss", kPassword, call()));
  EXPECT_TRUE(access_.remove_user("boss", call()));
}

TEST_F(AccessTest, OneInvitationOfAUserIsGood) {
  const User kim = {.name = "kim", .role = Role::viewer};
  const NewToken first = access_.invite(kim, call()).value();
  const NewToken second = access_.invite(kim, call()).value();
  EXPECT_FALSE(access_.accept_invitation(first.secret, kPassword, call()));
  EXPECT_TRUE(access_.accept_invitation(second.secret, kPassword, call()));
  const NewToken third = access_.invite(kim, call()).value();
  ASSERT_TRUE(access_.set_enabled("kim", false, call()));
  EXPECT_FALSE(access_.accept_invitation(third.secret, kPassword, call()));
}

TEST_F(AccessTest, ALimitIsNeverReadAsNone) {
  for (const std::string bad : {"", " ", "a b", "a\n"}) {
    EXPECT_FALSE(access_.invite({.name = "kim", .classes = {bad}}, call())) << bad;
    join("kim", Role::viewer);
    EXPECT_FALSE(access_.make_token({.user = "kim", .label = "", .classes = {bad}}, call())) << bad;
  }
}

TEST_F(AccessTest, AnAdministratorOfSomeClassesIsNoLastOne) {
  join("boss", Role::admin);
  join("part", Role::admin, {"gpu"});
  EXPECT_FALSE(access_.remove_user("boss", call())) << "the other can let nobody in";
  EXPECT_FALSE(access_.invite({.name = "boss", .role = Role::admin, .classes = {"gpu"}}, call()));
}

TEST_F(AccessTest, NamesHaveNoTricks) {
  for (const std::string name : {"", "a b", "a/b", "a\n", "\xc3\xa4", "<b>", "a'b"}) {
    EXPECT_FALSE(access_.invite({.name = name}, call())) << name;
  }
  EXPECT_FALSE(access_.invite({.name = std::string(61, 'x')}, call()));
  EXPECT_TRUE(access_.invite({.name = "kim.o-x_1@site"}, call()));
}

TEST_F(AccessTest, NoSecretIsKept) {
  join("kim", Role::admin);
  const NewToken token = access_.make_token({.user = "kim", .label = "x"}, call()).value();
  const NewToken session = access_.log_in("kim", kPassword, call()).value();
  store_.reset();
  std::string bytes;
  for (const auto& file : std::filesystem::directory_iterator(folder_)) {
    std::ifstream in(file.path(), std::ios::binary);
    bytes.append(std::istreambuf_iterator<char>(in), {});
  }
  EXPECT_THAT(bytes, HasSubstr("kim"));
  for (const std::string& secret : {token.secret, session.secret, kPassword}) {
    EXPECT_EQ(bytes.find(secret), std::string::npos);
  }
}

}  // namespace
}  // namespace lockstep::serve
