#include "store/sql/user_tables.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "store/sql/numbers.h"
#include "store/sql/rows.h"
#include "store/sql/text.h"

namespace lockstep {
namespace {

constexpr Column kUserColumns[] = {{"name", kMostUserBytes}, {"role", 20}, {"classes"},
                                   {"password", 255},        {"enabled"},  {"changed_at", 20}};
constexpr BulkTable kUsers = {"users", kUserColumns, 1};

constexpr Column kTokenColumns[] = {{"hash", 64},
                                    {"id"},
                                    {"kind", 20},
                                    {"user_name", kMostUserBytes},
                                    {"label", kMostLabelBytes},
                                    {"role", 20},
                                    {"classes"},
                                    {"created", 20},
                                    {"expires", 20},
                                    {"used", 20}};
constexpr BulkTable kTokens = {"access_tokens", kTokenColumns, 1};

/// Names of classes have no space (model/node.h), so that spaces part them.
std::string to_text(const std::set<std::string>& classes) {
  return fmt::format("{}", fmt::join(classes, " "));
}

std::set<std::string> parse_classes(std::string_view text) {
  std::set<std::string> classes;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (space > 0) classes.emplace(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return classes;
}

Result<User> to_user(Fields row) {
  const auto text = [&](std::size_t i) { return row[i].value_or(""); };
  const auto role = parse_role(text(1));
  const auto changed = parse_time(text(5));
  if (!role || !changed) {
    return corrupt_row(kUsers.name, fmt::format("name {}", quoted(text(0))),
                       "its role or its time has no sense");
  }
  return User{.name = std::string(text(0)),
              .role = *role,
              .classes = parse_classes(text(2)),
              .password = std::string(text(3)),
              .enabled = text(4) == "1",
              .changed_at = *changed};
}

Result<AccessToken> to_token(Fields row) {
  const auto text = [&](std::size_t i) { return row[i].value_or(""); };
  const auto id = parse_number(text(1));
  const auto kind = parse_token_kind(text(2));
  const auto role = parse_role(text(5));
  const auto created = parse_time(text(7));
  const auto expires = row[8] ? parse_time(*row[8]) : std::nullopt;
  const auto used = row[9] ? parse_time(*row[9]) : std::nullopt;
  // An end that cannot be read must not become none.
  if (!id || !kind || !role || !created || (row[8] && !expires)) {
    return corrupt_row(kTokens.name, fmt::format("id {}", quoted(text(1))),
                       "one of its values has no sense");
  }
  return AccessToken{.id = *id,
                     .kind = *kind,
                     .hash = std::string(text(0)),
                     .user = std::string(text(3)),
                     .label = std::string(text(4)),
                     .role = *role,
                     .classes = parse_classes(text(6)),
                     .created = *created,
                     .expires = expires,
                     .used = used};
}

bool is_hash(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

Result<std::vector<User>> read_users(Connection& connection) {
  std::vector<User> users;
  const std::string query = fmt::format("SELECT {} FROM users", names_of(kUserColumns));
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    LOCKSTEP_TRY(User user, to_user(row));
    users.push_back(std::move(user));
    return {};
  }));
  std::ranges::sort(users, {}, &User::name);
  return users;
}

Result<void> write_user(Connection& connection, const User& user) {
  const std::string classes = to_text(user.classes);
  return connection.bulk().upsert(kUsers, 1, [&](std::size_t, BulkRow& row) {
    row.text(user.name);
    row.text(to_string(user.role));
    row.text(classes);
    row.text(user.password);
    row.number(user.enabled ? 1 : 0);
    row.time(user.changed_at);
  });
}

void remove_user(Connection& connection, std::string_view name) {
  const std::string stored = storable(name);
  connection.sql() << "DELETE FROM access_tokens WHERE user_name = :name", soci::use(stored);
  connection.sql() << "DELETE FROM users WHERE name = :name", soci::use(stored);
}

Result<std::vector<AccessToken>> read_tokens(Connection& connection,
                                             const std::optional<std::string>& hash) {
  std::vector<AccessToken> tokens;
  std::string query = fmt::format("SELECT {} FROM access_tokens", names_of(kTokenColumns));
  if (hash) {
    if (!is_hash(*hash)) return tokens;  // it goes into the statement as it is
    query += fmt::format(" WHERE hash = '{}'", *hash);
  }
  LOCKSTEP_CHECK(connection.bulk().read(query, [&](Fields row) -> Result<void> {
    LOCKSTEP_TRY(AccessToken token, to_token(row));
    tokens.push_back(std::move(token));
    return {};
  }));
  std::ranges::sort(tokens, {}, &AccessToken::id);
  return tokens;
}

Result<std::int64_t> write_token(Connection& connection, AccessToken token) {
  if (!is_hash(token.hash)) return fail(ErrorKind::invalid, "a token is kept by its hash alone");
  if (token.id == 0) token.id = next_id(connection, kTokens.name);
  const std::string classes = to_text(token.classes);
  LOCKSTEP_CHECK(connection.bulk().upsert(kTokens, 1, [&](std::size_t, BulkRow& row) {
    row.text(token.hash);
    row.number(token.id);
    row.text(to_string(token.kind));
    row.text(token.user);
    row.text(token.label);
    row.text(to_string(token.role));
    row.text(classes);
    row.time(token.created);
    row.time(token.expires);
    row.time(token.used);
  }));
  return token.id;
}

void note_token_use(Connection& connection, std::int64_t id, WallTime now) {
  const std::string text = lockstep::to_text(now);
  connection.sql() << "UPDATE access_tokens SET used = :now WHERE id = :id", soci::use(text),
      soci::use(id);
}

bool remove_token(Connection& connection, std::int64_t id) {
  soci::statement prepared =
      (connection.sql().prepare << "DELETE FROM access_tokens WHERE id = :id", soci::use(id));
  prepared.execute(true);
  return prepared.get_affected_rows() > 0;
}

/// The latest stays, though it is good for nothing: no id is given twice.
void remove_expired_tokens(Connection& connection, WallTime now) {
  const std::string text = lockstep::to_text(now);
  connection.sql() << "DELETE FROM access_tokens WHERE expires < :now AND id < "
                      "(SELECT id FROM (SELECT MAX(id) AS id FROM access_tokens) latest)",
      soci::use(text);
}

}  // namespace lockstep
