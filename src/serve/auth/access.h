// Who a request is from: users, their passwords, and the secrets that stand for them.
//
// Secrets are shown once, and kept as hashes. A session is the secret of a browser, in a cookie; an
// API token the secret of a script; an invitation lets somebody set his password, once. The first
// user comes by an invitation too: there is no default password.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/user.h"
#include "serve/auth/throttle.h"
#include "store/store.h"

namespace lockstep::serve {

/// Who asks, and what he may.
struct Identity {
  std::string user;
  Role role = Role::viewer;
  std::set<std::string> classes{};  ///< empty: all
  TokenKind via = TokenKind::session;
  std::int64_t token = 0;  ///< its id

  bool may(Role needed) const { return role >= needed; }
};

/// Where passwords are checked: our own users, or later PAM, LDAP and the like.
class PasswordCheck {
 public:
  virtual ~PasswordCheck() = default;
  /// The user, where name and password are right. Errors: it cannot be asked now.
  virtual Result<std::optional<User>> check(const std::string& name, std::string_view password) = 0;
};

/// Those of the store. A name that is not there takes as long as a wrong password.
class LocalPasswords final : public PasswordCheck {
 public:
  /// `store` outlives it.
  explicit LocalPasswords(Store& store) : store_(store) {}
  Result<std::optional<User>> check(const std::string& name, std::string_view password) override;

 private:
  Store& store_;
};

struct AccessPolicy {
  std::chrono::seconds session_idle{std::chrono::hours(8)};
  std::chrono::seconds session_longest{std::chrono::hours(72)};
  std::chrono::seconds invitation{std::chrono::hours(48)};
};

/// Who does something, from where, and when.
struct AccessCall {
  std::string person;  ///< of the audit
  std::string peer{};  ///< the address; empty: this machine
  WallTime now{};      ///< whole seconds
};

/// A token and its secret, which nobody can see again.
struct NewToken {
  AccessToken token;
  std::string secret;
};

/// What a new API token is to be.
struct TokenOrder {
  std::string user;
  std::string label;
  Role role = Role::viewer;
  std::set<std::string> classes{};
  std::optional<std::chrono::seconds> lasts{};  ///< none: for ever
};

/// Borrows a store, so that each thread has its own; `throttle` is shared.
class Access {
 public:
  Access(Store& store, Throttle& throttle, AccessPolicy policy = {})
      : store_(store), throttle_(throttle), policy_(policy) {}

  /// Whose secret that is, a session's or an API token's; nothing: nobody's, or its time is over,
  /// or its user is gone or disabled. Notes its use, at most once a minute.
  Result<std::optional<Identity>> identify(std::string_view secret, WallTime now);

  /// A session. Errors: `denied` for a wrong name or password, the same words for each;
  /// `unavailable` where there were too many failures, with the seconds to wait.
  Result<NewToken> log_in(const std::string& name, std::string_view password,
                          const AccessCall& call);
  /// Ends the session or the token.
  Result<void> log_out(const Identity& identity, const AccessCall& call);

  /// Lets `user` set his password, once; he is made, or changed to that role and those classes.
  /// Errors: `invalid` for a name that is empty, too long, or has other characters than letters,
  /// digits and "-_.@".
  Result<NewToken> invite(const User& user, const AccessCall& call);
  /// The user, whose password it is from now on; all his sessions end. Errors: `denied` where the
  /// secret is none, or was used; `invalid` for the password.
  Result<User> accept_invitation(std::string_view secret, std::string_view password,
                                 const AccessCall& call);
  /// Errors: `not_found` user; `invalid` label.
  Result<NewToken> make_token(const TokenOrder& order, const AccessCall& call);
  /// Whether nobody can log in yet.
  Result<bool> is_unclaimed();
  /// Takes a user away, or his right to log in. Errors: `not_found`; `denied` where he is the last
  /// administrator who can log in.
  Result<void> remove_user(const std::string& name, const AccessCall& call);
  Result<void> set_enabled(const std::string& name, bool enabled, const AccessCall& call);

 private:
  Result<std::optional<User>> find_user(const std::string& name);
  Result<void> keep_an_admin(const std::string& without);
  Result<void> end_secrets(const std::string& user, const std::set<TokenKind>& kinds);

  Store& store_;
  Throttle& throttle_;
  AccessPolicy policy_;
};

}  // namespace lockstep::serve
