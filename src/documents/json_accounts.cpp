#include "documents/documents.h"
#include "documents/json_parts.h"

namespace lockstep::documents {
namespace {

namespace json = boost::json;

}  // namespace

json::array json_classes(const std::set<std::string>& classes) {
  json::array array;
  for (const std::string& each : classes) array.push_back(json_text(each));
  return array;
}

json::object json_user(const User& user) {
  return {{"name", json_text(user.name)},           {"role", to_string(user.role)},
          {"classes", json_classes(user.classes)},  {"enabled", user.enabled},
          {"has_password", !user.password.empty()}, {"changed_at", json_time(user.changed_at)}};
}

json::object json_token(const AccessToken& token) {
  return {{"id", token.id},
          {"kind", to_string(token.kind)},
          {"user", json_text(token.user)},
          {"label", json_text(token.label)},
          {"role", to_string(token.role)},
          {"classes", json_classes(token.classes)},
          {"created", json_time(token.created)},
          {"expires", json_time(token.expires)},
          {"used", json_time(token.used)}};
}

std::string users_json(const std::vector<User>& users) {
  return json_document({{"users", json_array(users, json_user)}});
}

std::string tokens_json(const std::vector<AccessToken>& tokens) {
  return json_document({{"tokens", json_array(tokens, json_token)}});
}

}  // namespace lockstep::documents
