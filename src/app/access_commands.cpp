// Commands about users and tokens of the API.

#include <fmt/format.h>

#include "app/commands.h"
#include "app/session.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/format.h"
#include "cli/render_access.h"
#include "documents/documents.h"
#include "serve/auth/access.h"

namespace lockstep {
namespace {

serve::AccessCall access_call(const Invocation& call) {
  return {.person = call.person, .now = now_in_seconds()};
}

/// Where a browser finds the daemon; empty: nowhere.
std::string base_url(const HttpConfig& http) {
  if (!http.enabled()) return "";
  const bool is_v6 = http.address.find(':') != std::string::npos;
  return fmt::format("{}://{}:{}", http.certificate.empty() ? "http" : "https",
                     is_v6 ? "[" + http.address + "]" : http.address, http.port);
}

/// Secrets of users are few, and made by hand: no command slows down for failures.
serve::Throttle& throttle() {
  static serve::Throttle none;
  return none;
}

}  // namespace

Result<int> run_command(const cli::UserListCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  LOCKSTEP_TRY(const auto users, opened.store->users());
  LOCKSTEP_CHECK(
      call.console.print(command.json ? documents::users_json(users) : cli::users_text(users)));
  return cli::kInStep;
}

Result<int> run_command(const cli::UserInviteCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  serve::Access access(*opened.store, throttle());
  User user;
  user.name = command.name;
  user.role = command.role;
  user.classes.insert(command.classes.begin(), command.classes.end());
  LOCKSTEP_TRY(const serve::NewToken invitation, access.invite(user, access_call(call)));
  const std::string url = base_url(opened.setup.config.http);
  if (url.empty()) {
    call.console.warn("there is no API over HTTP: set [http] listen, and start the daemon again");
  }
  // The secret stands behind "#", which browsers send to nobody.
  LOCKSTEP_CHECK(call.console.print(
      fmt::format("{} sets a password here, once, before {}:\n  {}/invitation#{}\n", command.name,
                  cli::format_time(*invitation.token.expires), url, invitation.secret)));
  return cli::kInStep;
}

Result<int> run_command(const cli::UserChangeCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  serve::Access access(*opened.store, throttle());
  using Kind = cli::UserChangeCommand::Kind;
  if (command.kind == Kind::remove) {
    LOCKSTEP_CHECK(access.remove_user(command.name, access_call(call)));
    LOCKSTEP_CHECK(call.console.print(fmt::format("{} is gone.\n", quoted(command.name))));
    return cli::kInStep;
  }
  const bool enabled = command.kind == Kind::enable;
  LOCKSTEP_CHECK(access.set_enabled(command.name, enabled, access_call(call)));
  LOCKSTEP_CHECK(call.console.print(fmt::format(
      "{} {}.\n", quoted(command.name), enabled ? "may log in again" : "may not log in any more")));
  return cli::kInStep;
}

Result<int> run_command(const cli::TokenListCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  LOCKSTEP_TRY(const auto tokens, opened.store->tokens());
  LOCKSTEP_CHECK(call.console.print(command.json ? documents::tokens_json(tokens)
                                                 : cli::tokens_text(tokens, now_in_seconds())));
  return cli::kInStep;
}

Result<int> run_command(const cli::TokenAddCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  serve::Access access(*opened.store, throttle());
  serve::TokenOrder order;
  order.user = command.user;
  order.label = command.label;
  order.role = command.role;
  order.classes.insert(command.classes.begin(), command.classes.end());
  order.lasts = command.lasts;
  LOCKSTEP_TRY(const serve::NewToken made, access.make_token(order, access_call(call)));
  // Alone on standard output, for a script to take.
  call.console.warn(fmt::format("token {} of {}, role {}; it is shown this once", made.token.id,
                                command.user, to_string(made.token.role)));
  LOCKSTEP_CHECK(call.console.print(made.secret + "\n"));
  return cli::kInStep;
}

Result<int> run_command(const cli::TokenRemoveCommand& command, Invocation& call) {
  LOCKSTEP_TRY(const StoreSetup opened, open_configured_store(call));
  AuditEntry entry;
  entry.at = now_in_seconds();
  entry.person = call.person;
  entry.action = "token remove";
  entry.subject = fmt::format("{}", command.id);
  LOCKSTEP_CHECK(opened.store->remove_token(command.id, entry));
  LOCKSTEP_CHECK(call.console.print(fmt::format("Token {} is gone.\n", command.id)));
  return cli::kInStep;
}

}  // namespace lockstep
