// Users and their tokens: on every backend.

#include <gtest/gtest.h>

#include "store/test_backends.h"
#include "store/test_samples.h"

namespace lockstep {
namespace {

using samples::at;

class UserConformance : public StoreTest {};
LOCKSTEP_ON_ALL_BACKENDS(UserConformance);

AuditEntry entry(const std::string& action) {
  AuditEntry result;
  result.at = at(1);
  result.person = "root";
  result.action = action;
  return result;
}

const User kKim = {.name = "kim",
                   .role = Role::operating,
                   .classes = {"compute", "gpu"},
                   .password = "$argon2id$x",
                   .enabled = true,
                   .changed_at = at(1)};

AccessToken token(char digit, const std::string& user) {
  return {.id = 0,
          .kind = TokenKind::api,
          .hash = std::string(64, digit),
          .user = user,
          .label = "script",
          .role = Role::admin,
          .classes = {"gpu"},
          .created = at(1),
          .expires = at(100),
          .used = at(2)};
}

TEST_P(UserConformance, UsersAreKeptWithWhoChangedThem) {
  const auto store = open();
  EXPECT_TRUE(store->users()->empty());
  User kim = kKim;
  ASSERT_TRUE(store->save_user(kim, entry("user add")));
  const User bare = {.name = "ann", .changed_at = at(2)};
  ASSERT_TRUE(store->save_user(bare, entry("user add")));
  kim.enabled = false;
  kim.classes.clear();
  ASSERT_TRUE(store->save_user(kim, entry("user disable")));
  EXPECT_EQ(open()->users().value(), (std::vector<User>{bare, kim}));
  EXPECT_EQ(store->audit(1)->front().action, "user disable");
  const auto bad = store->save_user({.name = std::string(61, 'x')}, entry("user add"));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind(), ErrorKind::invalid);
  EXPECT_EQ(store->audit(9)->size(), 3U);
}

TEST_P(UserConformance, TokensAreFoundByTheirHash) {
  const auto store = open();
  AccessToken first = token('a', "kim");
  first.id = store->save_token(first, entry("token add"), at(3)).value();
  AccessToken second = token('b', "kim");
  second.kind = TokenKind::session;
  second.expires.reset();
  second.used.reset();
  second.classes.clear();
  second.id = store->save_token(second, std::nullopt, at(3)).value();
  EXPECT_EQ(first.id, 1);
  EXPECT_EQ(second.id, 2);
  EXPECT_EQ(open()->tokens().value(), (std::vector<AccessToken>{first, second}));
  EXPECT_EQ(store->find_token(first.hash).value(), first);
  EXPECT_EQ(store->find_token(std::string(64, 'c')).value(), std::nullopt);
  EXPECT_EQ(store->find_token("' OR '1' = '1").value(), std::nullopt);
  second.used = at(60);
  ASSERT_TRUE(store->save_token(second, std::nullopt, at(60)));
  EXPECT_EQ(store->find_token(second.hash).value(), second);
  ASSERT_TRUE(store->note_token_use(second.id, at(90)));
  second.used = at(90);
  EXPECT_EQ(store->find_token(second.hash).value(), second);
  ASSERT_TRUE(store->note_token_use(77, at(90)));
  EXPECT_EQ(store->tokens()->size(), 2U) << "nothing comes back by being used";
  EXPECT_EQ(store->audit(9)->size(), 1U);
  EXPECT_FALSE(store->save_token(AccessToken{}, std::nullopt, at(3))) << "it has no hash";
}

TEST_P(UserConformance, TheIdOfATokenThatExpiredIsNotGivenTwice) {
  const auto store = open();
  AccessToken brief = token('a', "kim");
  brief.expires = at(10);
  EXPECT_EQ(store->save_token(brief, std::nullopt, at(5)).value(), 1);
  EXPECT_EQ(store->save_token(token('b', "kim"), std::nullopt, at(11)).value(), 2);
  ASSERT_TRUE(store->save_token(token('c', "kim"), std::nullopt, at(12)));
  EXPECT_EQ(store->tokens()->size(), 2U) << "nor kept for longer than it takes";
}

TEST_P(UserConformance, TokensGoWithTheirTimeTheirUserOrByHand) {
  const auto store = open();
  ASSERT_TRUE(store->save_user(kKim, entry("user add")));
  AccessToken late = token('a', "kim");
  late.expires = at(10);
  for (const AccessToken& each : {late, token('b', "kim"), token('c', "ann"), token('d', "ann")}) {
    ASSERT_TRUE(store->save_token(each, std::nullopt, at(5)));
  }
  ASSERT_TRUE(store->save_token(token('e', "kim"), std::nullopt, at(11)));
  EXPECT_EQ(store->tokens()->size(), 4U) << "the one of the time before is gone";
  ASSERT_TRUE(store->remove_user("kim", entry("user remove")));
  EXPECT_TRUE(store->users()->empty());
  ASSERT_TRUE(store->remove_token(3, entry("token remove")));
  const auto again = store->remove_token(3, entry("token remove"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind(), ErrorKind::not_found);
  ASSERT_EQ(store->tokens()->size(), 1U);
  EXPECT_EQ(store->tokens()->front().hash, std::string(64, 'd'));
}

}  // namespace
}  // namespace lockstep
