#include "serve/auth/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "serve/auth/secrets.h"

namespace lockstep::serve {
namespace {

constexpr std::string_view kSessionPrefix = "lss_";
constexpr std::string_view kTokenPrefix = "lst_";
constexpr std::string_view kInvitationPrefix = "lsi_";

AuditEntry entry_of(const AccessCall& call, std::string action, std::string subject,
                    std::string detail) {
  if (!call.peer.empty()) {
    detail += fmt::format("{}from {}", detail.empty() ? "" : "; ", call.peer);
  }
  AuditEntry entry;
  entry.at = call.now;
  entry.person = call.person;
  entry.action = std::move(action);
  entry.subject = std::move(subject);
  entry.detail = std::move(detail);
  return entry;
}

std::string describe(Role role, const std::set<std::string>& classes) {
  std::string text(to_string(role));
  if (!classes.empty()) text += fmt::format(" of {}", fmt::join(classes, ", "));
  return text;
}

/// What both allow; none: nothing at all. Empty sets allow everything.
std::optional<std::set<std::string>> both(const std::set<std::string>& a,
                                          const std::set<std::string>& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  std::set<std::string> result;
  std::ranges::set_intersection(a, b, std::inserter(result, result.end()));
  if (result.empty()) return std::nullopt;
  return result;
}

Result<void> check_name(const std::string& name) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.@").find(c) != std::string_view::npos;
  };
  if (!name.empty() && name.size() <= kMostUserBytes && std::ranges::all_of(name, is_allowed)) {
    return {};
  }
  return fail(ErrorKind::invalid,
              fmt::format("{} is no name for a user: take up to {} letters, digits and -_.@",
                          quoted(name), kMostUserBytes));
}

bool can_log_in(const User& user) {
  return user.enabled && !user.password.empty();
}

/// He can let others in.
bool manages(const User& user) {
  return can_log_in(user) && user.role == Role::admin && user.classes.empty();
}

Result<void> check_classes(const std::set<std::string>& classes) {
  for (const std::string& each : classes) {
    if (!each.empty() && each.find_first_of(" \t\r\n") == std::string::npos) continue;
    return fail(ErrorKind::invalid, fmt::format("{} is no name of a class", quoted(each)));
  }
  return {};
}

/// One password at a time: each takes 64 MiB. Who has to wait for long is told so, since he would
/// keep others waiting as well.
std::timed_mutex& hashing() {
  static std::timed_mutex mutex;
  return mutex;
}

constexpr std::chrono::milliseconds kHashWait(500);

Error too_many() {
  return Error(ErrorKind::unavailable, "too many log in at once: try again");
}

}  // namespace

Result<std::optional<User>> LocalPasswords::check(const std::string& name,
                                                  std::string_view password) {
  // Of a password that nobody has, so that who is not there takes as long.
  constexpr std::string_view kNobody =
      "$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  LOCKSTEP_TRY(std::vector<User> users, store_.users());
  const auto place = std::ranges::find(users, name, &User::name);
  const bool known = place != users.end() && can_log_in(*place);
  const std::unique_lock lock(hashing(), kHashWait);
  if (!lock) return std::unexpected(too_many());
  const bool right = is_password(known ? std::string_view(place->password) : kNobody, password);
  if (!known || !right) return std::nullopt;
  return std::move(*place);
}

Result<std::optional<User>> Access::find_user(const std::string& name) {
  LOCKSTEP_TRY(std::vector<User> users, store_.users());
  const auto place = std::ranges::find(users, name, &User::name);
  if (place == users.end()) return std::nullopt;
  return std::move(*place);
}

Result<std::optional<Identity>> Access::identify(std::string_view secret, WallTime now) {
  LOCKSTEP_TRY(std::optional<AccessToken> token, store_.find_token(hash_of_secret(secret)));
  if (!token || token->kind == TokenKind::invitation) return std::nullopt;
  if (token->expires && *token->expires <= now) return std::nullopt;
  const bool is_session = token->kind == TokenKind::session;
  const WallTime latest = token->used.value_or(token->created);
  if (is_session && now - latest > policy_.session_idle) return std::nullopt;
  LOCKSTEP_TRY(const std::optional<User> user, find_user(token->user));
  if (!user || !user->enabled) return std::nullopt;
  // What the user may not, his tokens may not either, whenever they were made.
  const auto classes = both(user->classes, token->classes);
  if (!classes) return std::nullopt;
  const auto noted =
      std::min<std::chrono::seconds>(std::chrono::minutes(5), policy_.session_idle / 4);
  if (!token->used || now - *token->used >= noted) {
    // A use that cannot be noted is no reason to refuse.
    std::ignore = store_.note_token_use(token->id, now);
  }
  return Identity{.user = user->name,
                  .role = is_session ? user->role : std::min(user->role, token->role),
                  .classes = *classes,
                  .via = token->kind,
                  .token = token->id};
}

Result<NewToken> Access::log_in(const std::string& name, std::string_view password,
                                const AccessCall& call) {
  const auto steady = Throttle::Clock::now();
  // Of this user from there: nobody is locked out by what others try elsewhere.
  const std::string by_user = "user " + name.substr(0, kMostUserBytes) + " " + call.peer;
  const std::string by_peer = "peer " + call.peer;
  const auto wait = std::max(throttle_.wait(by_user, steady), throttle_.wait(by_peer, steady));
  if (wait.count() > 0) {
    return fail(ErrorKind::unavailable,
                fmt::format("too many failures: try again in {} s", wait.count()));
  }
  LocalPasswords passwords(store_);
  LOCKSTEP_TRY(const std::optional<User> user, passwords.check(name, password));
  if (!user) {
    throttle_.failed(by_user, steady);
    throttle_.failed(by_peer, steady);
    AccessCall unknown = call;
    unknown.person = "";
    // The name is what somebody typed: it may be a password.
    std::ignore = store_.add_audit(entry_of(unknown, "login refused", "", ""));
    return fail(ErrorKind::denied, "the name or the password is wrong");
  }
  throttle_.succeeded(by_user);
  throttle_.succeeded(by_peer);
  LOCKSTEP_TRY(std::string secret, new_secret(kSessionPrefix));
  AccessToken session = {.kind = TokenKind::session,
                         .hash = hash_of_secret(secret),
                         .user = user->name,
                         .label = call.peer,
                         .role = user->role,
                         .classes = {},
                         .created = call.now,
                         .expires = call.now + policy_.session_longest,
                         .used = call.now};
  LOCKSTEP_TRY(session.id,
               store_.save_token(session, entry_of(call, "login", user->name, ""), call.now));
  return NewToken{std::move(session), std::move(secret)};
}

Result<void> Access::log_out(const Identity& identity, const AccessCall& call) {
  return store_.remove_token(identity.token, entry_of(call, "logout", identity.user, ""));
}

Result<NewToken> Access::invite(const User& user, const AccessCall& call) {
  LOCKSTEP_CHECK(check_name(user.name));
  LOCKSTEP_CHECK(check_classes(user.classes));
  LOCKSTEP_TRY(const std::optional<User> there, find_user(user.name));
  if (there && manages(*there) && !(user.role == Role::admin && user.classes.empty())) {
    LOCKSTEP_CHECK(keep_an_admin(user.name));
  }
  // Of two invitations, one alone is good.
  LOCKSTEP_CHECK(end_secrets(user.name, {TokenKind::invitation}));
  User changed = user;
  changed.password = there ? there->password : "";
  changed.enabled = true;
  changed.changed_at = call.now;
  LOCKSTEP_CHECK(store_.save_user(
      changed, entry_of(call, "user invite", user.name, describe(user.role, user.classes))));
  LOCKSTEP_TRY(std::string secret, new_secret(kInvitationPrefix));
  AccessToken token = {.kind = TokenKind::invitation,
                       .hash = hash_of_secret(secret),
                       .user = user.name,
                       .label = "invitation",
                       .role = user.role,
                       .classes = {},
                       .created = call.now,
                       .expires = call.now + policy_.invitation};
  LOCKSTEP_TRY(token.id, store_.save_token(token, std::nullopt, call.now));
  return NewToken{std::move(token), std::move(secret)};
}

Result<User> Access::accept_invitation(std::string_view secret, std::string_view password,
                                       const AccessCall& call) {
  LOCKSTEP_TRY(const std::optional<AccessToken> token, store_.find_token(hash_of_secret(secret)));
  const bool holds =
      token && token->kind == TokenKind::invitation && token->expires && *token->expires > call.now;
  if (!holds) {
    return fail(ErrorKind::denied,
                "this invitation is none, was used, or its time is over: ask for another");
  }
  std::string hashed;
  {
    const std::unique_lock lock(hashing(), kHashWait);
    if (!lock) return std::unexpected(too_many());
    LOCKSTEP_TRY(hashed, hash_password(password));
  }
  // Taken away first: of two who use it at once, one fails here.
  const auto taken = store_.remove_token(token->id, std::nullopt);
  if (!taken) return fail(ErrorKind::denied, "this invitation was used a moment ago");
  // As he is now, whatever was changed of him meanwhile.
  LOCKSTEP_TRY(std::optional<User> user, find_user(token->user));
  if (!user || !user->enabled) return fail(ErrorKind::denied, "this user may not log in any more");
  user->password = std::move(hashed);
  user->changed_at = call.now;
  AccessCall own = call;
  own.person = user->name;
  LOCKSTEP_CHECK(store_.save_user(*user, entry_of(own, "user password", user->name, "")));
  LOCKSTEP_CHECK(end_secrets(user->name, {TokenKind::session, TokenKind::invitation}));
  return std::move(*user);
}

Result<NewToken> Access::make_token(const TokenOrder& order, const AccessCall& call) {
  LOCKSTEP_CHECK(check_classes(order.classes));
  if (order.label.size() > kMostLabelBytes) {
    return fail(ErrorKind::invalid,
                fmt::format("the label of a token has at most {} bytes", kMostLabelBytes));
  }
  LOCKSTEP_TRY(const std::optional<User> user, find_user(order.user));
  if (!user) {
    return fail(ErrorKind::not_found, fmt::format("there is no user {}", quoted(order.user)));
  }
  LOCKSTEP_TRY(std::string secret, new_secret(kTokenPrefix));
  AccessToken token = {.kind = TokenKind::api,
                       .hash = hash_of_secret(secret),
                       .user = order.user,
                       .label = order.label,
                       .role = std::min(order.role, user->role),
                       .classes = order.classes,
                       .created = call.now};
  if (order.lasts) token.expires = call.now + *order.lasts;
  const std::string what =
      fmt::format("{}, {}", describe(token.role, token.classes), quoted(token.label));
  LOCKSTEP_TRY(token.id,
               store_.save_token(token, entry_of(call, "token add", order.user, what), call.now));
  return NewToken{std::move(token), std::move(secret)};
}

Result<bool> Access::is_unclaimed() {
  LOCKSTEP_TRY(const std::vector<User> users, store_.users());
  return std::ranges::none_of(users, can_log_in);
}

Result<void> Access::keep_an_admin(const std::string& without) {
  LOCKSTEP_TRY(const std::vector<User> users, store_.users());
  const auto is_left = [&](const User& user) { return user.name != without && manages(user); };
  if (std::ranges::any_of(users, is_left)) return {};
  return fail(ErrorKind::denied,
              fmt::format("{} is the last administrator who can log in: make another one first",
                          quoted(without)));
}

Result<void> Access::end_secrets(const std::string& user, const std::set<TokenKind>& kinds) {
  LOCKSTEP_TRY(const std::vector<AccessToken> tokens, store_.tokens());
  for (const AccessToken& token : tokens) {
    if (token.user != user || !kinds.contains(token.kind)) continue;
    const auto ended = store_.remove_token(token.id, std::nullopt);
    if (!ended && ended.error().kind() != ErrorKind::not_found) return ended;
  }
  return {};
}

Result<void> Access::remove_user(const std::string& name, const AccessCall& call) {
  LOCKSTEP_TRY(const std::optional<User> user, find_user(name));
  if (!user) return fail(ErrorKind::not_found, fmt::format("there is no user {}", quoted(name)));
  if (manages(*user)) LOCKSTEP_CHECK(keep_an_admin(name));
  return store_.remove_user(name, entry_of(call, "user remove", name, ""));
}

Result<void> Access::set_enabled(const std::string& name, bool enabled, const AccessCall& call) {
  LOCKSTEP_TRY(std::optional<User> user, find_user(name));
  if (!user) return fail(ErrorKind::not_found, fmt::format("there is no user {}", quoted(name)));
  if (!enabled && manages(*user)) LOCKSTEP_CHECK(keep_an_admin(name));
  user->enabled = enabled;
  user->changed_at = call.now;
  LOCKSTEP_CHECK(
      store_.save_user(*user, entry_of(call, enabled ? "user enable" : "user disable", name, "")));
  if (enabled) return {};
  return end_secrets(name, {TokenKind::session, TokenKind::invitation});
}

}  // namespace lockstep::serve
