#include <CLI/CLI.hpp>

#include "cli/options_parser.h"
#include "model/duration.h"

namespace lockstep::cli {
namespace {

constexpr std::chrono::seconds kLongest = std::chrono::days(3650);

void add_role(CLI::App& sub, Role& role) {
  sub.add_option_function<std::string>(
         "--role",
         [&role](const std::string& text) {
           const auto known = parse_role(text);
           if (!known) throw CLI::ValidationError("--role", "viewer, operator or admin");
           role = *known;
         },
         "What he may")
      ->type_name("viewer|operator|admin")
      ->required();
}

void add_user_commands(CLI::App& app, Options& options) {
  CLI::App* const user = app.add_subcommand("user", "Who may use the API");
  user->require_subcommand(1);
  std::shared_ptr<UserListCommand> list;
  add_json(add_command(*user, options, "list", "Users, and what they may", list), list->json);

  std::shared_ptr<UserInviteCommand> invite;
  CLI::App& inviting = add_command(
      *user, options, "invite",
      "Make a user, or change what he may, and show a link by which he sets his password, once",
      invite);
  add_text(inviting, "name", invite->name, "NAME", "Of the user").required();
  add_role(inviting, invite->role);
  add_texts(inviting, "--class", invite->classes, "CLASS", "He sees these classes alone");

  const auto add_change = [&](const char* name, const char* what, UserChangeCommand::Kind kind) {
    std::shared_ptr<UserChangeCommand> change;
    CLI::App& sub = add_command(*user, options, name, what, change);
    change->kind = kind;
    add_text(sub, "name", change->name, "NAME", "Of the user").required();
  };
  add_change("disable", "Let a user in no more, and end his sessions",
             UserChangeCommand::Kind::disable);
  add_change("enable", "Let a user in again", UserChangeCommand::Kind::enable);
  add_change("remove", "Take a user away, with his tokens", UserChangeCommand::Kind::remove);
}

void add_token_commands(CLI::App& app, Options& options) {
  CLI::App* const token = app.add_subcommand("token", "Secrets of scripts that use the API");
  token->require_subcommand(1);
  std::shared_ptr<TokenListCommand> list;
  add_json(add_command(*token, options, "list", "Tokens and sessions", list), list->json);

  std::shared_ptr<TokenAddCommand> add;
  CLI::App& adding =
      add_command(*token, options, "add", "Make a token; its secret is shown this once", add);
  add_text(adding, "user", add->user, "USER", "Whose it is").required();
  add_role(adding, add->role);
  add_text(adding, "--label", add->label, "TEXT", "What it is for");
  add_texts(adding, "--class", add->classes, "CLASS", "It sees these classes alone");
  adding
      .add_option_function<std::string>(
          "--for",
          [add](const std::string& text) {
            const auto duration = parse_duration(text, kLongest);
            if (!duration) throw CLI::ValidationError("--for", duration.error().message());
            add->lasts = *duration;
          },
          "How long it is good; else for ever")
      ->type_name("DURATION");

  std::shared_ptr<TokenRemoveCommand> remove;
  CLI::App& removing =
      add_command(*token, options, "remove", "Take a token away, or end a session", remove);
  removing.add_option("id", remove->id, "Its number, as token list shows it")
      ->type_name("ID")
      ->required();
}

}  // namespace

void add_access_commands(CLI::App& app, Options& options) {
  add_user_commands(app, options);
  add_token_commands(app, options);
}

}  // namespace lockstep::cli
