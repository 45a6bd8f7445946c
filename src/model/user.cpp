#include "model/user.h"

#include "model/words.h"

namespace lockstep {
std::string_view to_string(Role role) {
  switch (role) {
    case Role::viewer: return "viewer";
    case Role::operating: return "operator";
    case Role::admin: return "admin";
  }
  return "unknown";
}

std::optional<Role> parse_role(std::string_view text) {
  return parse_word(text, kRoles);
}

std::string_view to_string(TokenKind kind) {
  switch (kind) {
    case TokenKind::api: return "api";
    case TokenKind::session: return "session";
    case TokenKind::invitation: return "invitation";
  }
  return "unknown";
}

std::optional<TokenKind> parse_token_kind(std::string_view text) {
  return parse_word(text, kTokenKinds);
}

}  // namespace lockstep
