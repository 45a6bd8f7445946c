// /session, /invitation, /me, /users, /tokens, /audit

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "base/text.h"
#include "documents/documents.h"
#include "documents/json_parts.h"
#include "serve/api/account.h"
#include "serve/api/page.h"
#include "serve/api/routes.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;

HttpResponse nothing() {
  HttpResponse response;
  response.status = 204;
  return response;
}

Result<HttpResponse> log_in(ApiCall& call) {
  LOCKSTEP_TRY(const json::object body, call.body({"user", "password"}));
  LOCKSTEP_TRY(const std::string user, text_of(body, "user"));
  LOCKSTEP_TRY(const std::string password, text_of(body, "password"));
  AccessCall access = call.access_call();
  access.person = user;
  LOCKSTEP_TRY(const NewToken session, call.access.log_in(user, password, access));
  HttpResponse response = json_answer(
      documents::json_document({{"user", documents::json_text(session.token.user)},
                                {"role", to_string(session.token.role)},
                                {"expires", documents::json_time(session.token.expires)}}));
  response.headers.emplace_back("Set-Cookie", session_cookie(session.secret, call.request.secure));
  return response;
}

Result<HttpResponse> log_out(ApiCall& call) {
  if (call.identity->via != TokenKind::session) {
    return fail(ErrorKind::invalid, "this is no session: take the token away by its number");
  }
  LOCKSTEP_CHECK(call.access.log_out(*call.identity, call.access_call()));
  HttpResponse response = nothing();
  response.headers.emplace_back("Set-Cookie", session_cookie("", call.request.secure));
  return response;
}

Result<HttpResponse> accept_invitation(ApiCall& call) {
  LOCKSTEP_TRY(const json::object body, call.body({"invitation", "password"}));
  LOCKSTEP_TRY(const std::string secret, text_of(body, "invitation"));
  LOCKSTEP_TRY(const std::string password, text_of(body, "password"));
  LOCKSTEP_TRY(const User user,
               call.access.accept_invitation(secret, password, call.access_call()));
  return json_answer(documents::json_document(documents::json_user(user)));
}

Result<HttpResponse> me(ApiCall& call) {
  const Identity& identity = *call.identity;
  return json_answer(
      documents::json_document({{"user", documents::json_text(identity.user)},
                                {"role", to_string(identity.role)},
                                {"classes", documents::json_classes(identity.classes)},
                                {"via", to_string(identity.via)}}));
}

Result<HttpResponse> users(ApiCall& call) {
  LOCKSTEP_TRY(const auto users, call.store.users());
  return json_answer(documents::users_json(users));
}

Result<std::set<std::string>> classes_of(const json::object& body) {
  LOCKSTEP_TRY(const auto texts, texts_of(body, "classes"));
  return std::set<std::string>(texts.begin(), texts.end());
}

Result<Role> role_of(const json::object& body) {
  LOCKSTEP_TRY(const std::string text, text_of(body, "role"));
  const auto role = parse_role(text);
  if (role) return *role;
  return fail(ErrorKind::invalid, "\"role\": viewer, operator or admin");
}

Result<HttpResponse> invite(ApiCall& call) {
  LOCKSTEP_TRY(const json::object body, call.body({"role", "classes"}));
  User user;
  user.name = call.path["name"];
  LOCKSTEP_TRY(user.role, role_of(body));
  LOCKSTEP_TRY(user.classes, classes_of(body));
  LOCKSTEP_TRY(const NewToken invitation, call.access.invite(user, call.access_call()));
  return json_answer(
      documents::json_document({{"user", documents::json_text(user.name)},
                                {"invitation", documents::json_text(invitation.secret)},
                                {"expires", documents::json_time(invitation.token.expires)}}));
}

Result<HttpResponse> change_user(ApiCall& call) {
  LOCKSTEP_TRY(const json::object body, call.body({"enabled"}));
  if (!body.contains("enabled")) return fail(ErrorKind::invalid, "\"enabled\": true or false");
  LOCKSTEP_TRY(const bool enabled, flag_of(body, "enabled"));
  LOCKSTEP_CHECK(call.access.set_enabled(call.path["name"], enabled, call.access_call()));
  return nothing();
}

Result<HttpResponse> remove_user(ApiCall& call) {
  LOCKSTEP_CHECK(call.access.remove_user(call.path["name"], call.access_call()));
  return nothing();
}

/// Tokens of others are for administrators who are limited to no classes.
bool manages_all(const ApiCall& call) {
  return call.identity->may(Role::admin) && call.sees_all();
}

bool is_his(const ApiCall& call, const AccessToken& token) {
  return manages_all(call) || token.user == call.identity->user;
}

/// A new token may no more than who makes it, whosever it is.
Result<void> limit(const ApiCall& call, TokenOrder& order) {
  order.role = std::min(order.role, call.identity->role);
  if (call.sees_all()) return {};
  if (order.classes.empty()) order.classes = call.identity->classes;
  if (std::ranges::includes(call.identity->classes, order.classes)) return {};
  return fail(ErrorKind::denied, "\"classes\": not beyond your own");
}

Result<HttpResponse> tokens(ApiCall& call) {
  LOCKSTEP_TRY(auto tokens, call.store.tokens());
  std::erase_if(tokens, [&](const AccessToken& token) { return !is_his(call, token); });
  return json_answer(documents::tokens_json(tokens));
}

Result<HttpResponse> make_token(ApiCall& call) {
  if (call.identity->via != TokenKind::session && !manages_all(call)) {
    return fail(ErrorKind::denied, "a token makes no tokens, but an administrator's");
  }
  LOCKSTEP_TRY(const json::object body, call.body({"user", "label", "role", "classes", "for"}));
  TokenOrder order;
  LOCKSTEP_TRY(order.user, text_of(body, "user"));
  if (order.user.empty()) order.user = call.identity->user;
  if (order.user != call.identity->user && !manages_all(call)) {
    return fail(ErrorKind::denied, "only administrators make tokens for others");
  }
  LOCKSTEP_TRY(order.label, text_of(body, "label"));
  LOCKSTEP_TRY(order.role, role_of(body));
  LOCKSTEP_TRY(order.classes, classes_of(body));
  LOCKSTEP_TRY(order.lasts, duration_of(body, "for"));
  LOCKSTEP_CHECK(limit(call, order));
  LOCKSTEP_TRY(const NewToken made, call.access.make_token(order, call.access_call()));
  json::object document = documents::json_token(made.token);
  document["secret"] = documents::json_text(made.secret);
  return json_answer(documents::json_document(document));
}

Result<HttpResponse> remove_token(ApiCall& call) {
  const std::string& text = call.path["id"];
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(ErrorKind::invalid, fmt::format("{} is no number of a token", quoted(text)));
  }
  LOCKSTEP_TRY(const auto tokens, call.store.tokens());
  for (const AccessToken& token : tokens) {
    if (token.id != id || !is_his(call, token)) continue;
    AuditEntry entry;
    entry.at = call.world.now();
    entry.person = call.identity->user;
    entry.action = "token remove";
    entry.subject = fmt::format("{} of {}", id, token.user);
    LOCKSTEP_CHECK(call.store.remove_token(id, entry));
    return nothing();
  }
  return fail(ErrorKind::not_found, fmt::format("there is no token {}", id));
}

Result<HttpResponse> audit(ApiCall& call) {
  LOCKSTEP_TRY(const LatestOrder order, latest_order(call));
  LOCKSTEP_TRY(const auto entries, call.store.audit(order.limit, order.below));
  const std::string next = order.next_after(entries);
  return json_answer(documents::audit_json(entries, &next));
}

Result<HttpResponse> check_audit(ApiCall& call) {
  LOCKSTEP_TRY(const AuditChain chain, call.store.check_audit());
  return json_answer(documents::json_document(
      {{"holds", !chain.broken},
       {"entries", chain.entries},
       {"tied", chain.tied},
       {"broken", chain.broken ? json::value(*chain.broken) : json::value(nullptr)},
       {"latest", documents::json_or_null(chain.latest)}}));
}

constexpr Route kRoutes[] = {
    {"POST",
     "/session",
     Role::viewer,
     true,
     false,
     "Logs in; the answer sets a cookie",
     {},
     "Login",
     "Session",
     log_in},
    {"DELETE", "/session", Role::viewer, false, false, "Logs out", {}, nullptr, nullptr, log_out},
    {"POST",
     "/invitation",
     Role::viewer,
     true,
     false,
     "Sets one's password, once",
     {},
     "AcceptedInvitation",
     "User",
     accept_invitation},
    {"GET", "/me", Role::viewer, false, false, "Who asks, and what he may", {}, nullptr, "Me", me},
    {"GET", "/users", Role::admin, false, true, "Users", {}, nullptr, "Users", users},
    {"POST",
     "/users/{name}/invitation",
     Role::admin,
     false,
     true,
     "Makes or changes a user, and the secret by which he sets his password, once",
     {},
     "UserInvitation",
     "Invitation",
     invite},
    {"PATCH",
     "/users/{name}",
     Role::admin,
     false,
     true,
     "Lets a user in, or not any more",
     {},
     "UserChange",
     nullptr,
     change_user},
    {"DELETE",
     "/users/{name}",
     Role::admin,
     false,
     true,
     "Takes a user away, with his tokens",
     {},
     nullptr,
     nullptr,
     remove_user},
    {"GET",
     "/tokens",
     Role::viewer,
     false,
     false,
     "One's own tokens and sessions; an "
     "administrator's are all",
     {},
     nullptr,
     "Tokens",
     tokens},
    {"POST",
     "/tokens",
     Role::viewer,
     false,
     false,
     "Makes a token for scripts; its secret is shown this once",
     {},
     "TokenOrder",
     "NewToken",
     make_token},
    {"DELETE",
     "/tokens/{id}",
     Role::viewer,
     false,
     false,
     "Takes a token away, or ends a session",
     {},
     nullptr,
     nullptr,
     remove_token},
    {"GET", "/audit", Role::admin, false, true, "What people did, the latest first", kPageQuery,
     nullptr, "Audit", audit},
    {"GET",
     "/audit/check",
     Role::admin,
     false,
     true,
     "Whether the audit is what was noted",
     {},
     nullptr,
     "AuditCheck",
     check_audit},
};

}  // namespace

std::string session_cookie(const std::string& secret, bool secure) {
  std::string cookie =
      fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict", kSessionCookie, secret);
  if (secure) cookie += "; Secure";
  if (secret.empty()) cookie += "; Max-Age=0";
  return cookie;
}

std::span<const Route> account_routes() {
  return kRoutes;
}

}  // namespace lockstep::serve
