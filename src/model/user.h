// Who may do what over the API.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "model/observation.h"

namespace lockstep {

/// Each may do what those before it may.
enum class Role : std::uint8_t {
  viewer,     ///< sees nodes, alerts, profiles, sweeps
  operating,  ///< "operator", a word of C++: deals with alerts, starts sweeps and runs
  admin,      ///< profiles, instances, keys, users, tokens, the audit
};

inline constexpr std::array kRoles = {Role::viewer, Role::operating, Role::admin};

std::string_view to_string(Role role);  ///< "operator"
std::optional<Role> parse_role(std::string_view text);

/// The longest name of a user, and of the label of a token, in bytes.
inline constexpr std::size_t kMostUserBytes = 60;
inline constexpr std::size_t kMostLabelBytes = 100;

struct User {
  std::string name;
  Role role = Role::viewer;
  std::set<std::string> classes{};  ///< whose nodes alone he sees and deals with; empty: all
  std::string password{};           ///< argon2id, encoded; empty: he cannot log in by password
  bool enabled = true;
  WallTime changed_at{};

  friend bool operator==(const User&, const User&) = default;
};

enum class TokenKind : std::uint8_t {
  api,         ///< of a script
  session,     ///< of a browser that logged in
  invitation,  ///< to set a password, once
};

inline constexpr std::array kTokenKinds = {TokenKind::api, TokenKind::session,
                                           TokenKind::invitation};

std::string_view to_string(TokenKind kind);
std::optional<TokenKind> parse_token_kind(std::string_view text);

/// A secret that stands for a user, known by its hash alone.
struct AccessToken {
  std::int64_t id = 0;  ///< from 1; for people, who have no other name for it
  TokenKind kind = TokenKind::api;
  std::string hash{};  ///< SHA-256 of the secret, 64 hexadecimal digits
  std::string user{};
  std::string label{};              ///< what it is for
  Role role = Role::viewer;         ///< at most that of its user counts
  std::set<std::string> classes{};  ///< as User::classes; both must allow
  WallTime created{};
  std::optional<WallTime> expires{};  ///< none: never
  std::optional<WallTime> used{};     ///< last, to some minutes; none: never

  friend bool operator==(const AccessToken&, const AccessToken&) = default;
};

}  // namespace lockstep
