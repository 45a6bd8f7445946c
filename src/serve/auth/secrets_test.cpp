#include "serve/auth/secrets.h"

#include <gtest/gtest.h>

#include <set>

namespace lockstep::serve {
namespace {

TEST(Secrets, AreLongAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string secret = new_secret("lst_").value();
    EXPECT_EQ(secret.size(), 47U);
    EXPECT_TRUE(secret.starts_with("lst_"));
    EXPECT_EQ(secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789-_"),
              std::string::npos);
    EXPECT_TRUE(seen.insert(secret).second);
  }
  // RFC 6234's own example.
  EXPECT_EQ(hash_of_secret("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Secrets, PasswordsAreHashedWithASaltOfTheirOwn) {
  const std::string password = "correct horse battery";
  const std::string first = hash_password(password).value();
  EXPECT_TRUE(first.starts_with("$argon2id$v=19$m=65536,t=3,p=1$")) << first;
  EXPECT_NE(first, hash_password(password).value());
  EXPECT_TRUE(is_password(first, password));
  EXPECT_FALSE(is_password(first, "correct horse batterz"));
  EXPECT_FALSE(is_password(first, ""));
  EXPECT_FALSE(is_password(first, std::string(2000, 'x')));
  EXPECT_FALSE(is_password("", password));
  EXPECT_FALSE(is_password("garbage", password));
  EXPECT_FALSE(hash_password("short"));
  EXPECT_FALSE(hash_password(std::string(1001, 'x')));
}

}  // namespace
}  // namespace lockstep::serve
