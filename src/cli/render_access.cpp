#include "cli/render_access.h"

#include <fmt/format.h>

#include "cli/format.h"
#include "cli/table.h"

namespace lockstep::cli {
namespace {

std::string classes_text(const std::set<std::string>& classes) {
  if (classes.empty()) return "all";
  std::string text;
  for (const std::string& each : classes) text += (text.empty() ? "" : ",") + shown(each);
  return text;
}

}  // namespace

std::string users_text(const std::vector<User>& users) {
  if (users.empty()) return "There is no user yet; see: lockstep user invite --help\n";
  Table table({"NAME", "ROLE", "CLASSES", "STATE"});
  for (const User& user : users) {
    const char* state = user.password.empty() ? "invited" : "can log in";
    if (!user.enabled) state = "disabled";
    table.add(
        {shown(user.name), std::string(to_string(user.role)), classes_text(user.classes), state});
  }
  return table.to_string();
}

std::string tokens_text(const std::vector<AccessToken>& tokens, WallTime now) {
  if (tokens.empty()) return "There is no token.\n";
  Table table({"ID", "KIND", "USER", "ROLE", "CLASSES", "EXPIRES", "LAST USED", "LABEL"});
  for (const AccessToken& token : tokens) {
    table.add({fmt::format("{}", token.id), std::string(to_string(token.kind)), shown(token.user),
               std::string(to_string(token.role)), classes_text(token.classes),
               token.expires ? format_clock(*token.expires, now) : "never",
               token.used ? format_age(now - *token.used) + " ago" : "never",
               token.label.empty() ? "-" : shown_sentence(token.label)});
  }
  return table.to_string();
}

std::string chain_text(const AuditChain& chain) {
  if (chain.broken) {
    return fmt::format("Entry {} is not what was noted, or does not follow the one before it.\n",
                       *chain.broken);
  }
  return fmt::format("All {} hold; the latest link is {}\n",
                     plural(chain.entries, "entry", "entries"),
                     chain.latest.empty() ? "none yet" : chain.latest);
}

}  // namespace lockstep::cli
