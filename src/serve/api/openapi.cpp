#include "serve/api/openapi.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cctype>

#include "serve/api/routes.h"
#include "serve/api/schemas.h"

namespace lockstep::serve {
namespace {

namespace json = boost::json;

json::object reference(std::string_view name) {
  return {{"$ref", fmt::format("#/components/schemas/{}", name)}};
}

json::object content(std::string_view type, json::value schema) {
  return {{type, json::object{{"schema", std::move(schema)}}}};
}

json::array parameters_of(const Route& route) {
  json::array parameters;
  const std::string_view path = route.path;
  for (std::size_t at = path.find('{'); at != path.npos; at = path.find('{', at + 1)) {
    const std::string_view name = path.substr(at + 1, path.find('}', at) - at - 1);
    parameters.push_back(json::object{{"name", name},
                                      {"in", "path"},
                                      {"required", true},
                                      {"schema", json::object{{"type", "string"}}}});
  }
  for (const Parameter& each : route.query) {
    parameters.push_back(json::object{{"name", each.name},
                                      {"in", "query"},
                                      {"description", each.meaning},
                                      {"schema", json::object{{"type", each.type}}}});
  }
  return parameters;
}

json::object answers_of(const Route& route) {
  json::object good{{"description", route.summary}};
  if (route.answer != nullptr)
    good["content"] = content("application/json", reference(route.answer));
  const std::string_view answer = route.answer == nullptr ? "" : route.answer;
  const std::string_view method = route.method;
  const char* status = answer == "Accepted" ? "202" : "200";
  if (route.answer == nullptr && method != "GET") status = "204";
  json::object answers{{status, std::move(good)}};
  answers["default"] = json::object{{"description", "What is wrong, and what to do"},
                                    {"content", content("application/json", reference("Error"))}};
  return answers;
}

/// "GET /alerts/{id}" is "get_alerts_id".
std::string name_of(const Route& route) {
  std::string name;
  for (const char c : fmt::format("{}{}", route.method, route.path)) {
    const bool is_word = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (is_word) {
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!name.ends_with('_')) {
      name += '_';
    }
  }
  while (name.ends_with('_')) name.pop_back();
  return name;
}

json::object operation_of(const Route& route) {
  json::object operation{{"operationId", name_of(route)},
                         {"summary", route.summary},
                         {"parameters", parameters_of(route)},
                         {"responses", answers_of(route)}};
  if (route.is_open) {
    operation["security"] = json::array();
  } else {
    operation["x-role"] = to_string(route.role);
  }
  const std::string_view body = route.body == nullptr ? "" : route.body;
  if (body == "File") {
    operation["requestBody"] = json::object{
        {"content", content("application/octet-stream", json::object{{"type", "string"}})}};
  } else if (!body.empty()) {
    operation["requestBody"] =
        json::object{{"content", content("application/json", reference(body))}};
  }
  return operation;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

json::object document() {
  json::object paths;
  for (const Route& route : all_routes()) {
    json::value& path = paths[route.path];
    if (path.is_null()) path = json::object();
    path.as_object()[lower(route.method)] = operation_of(route);
  }
  const json::object schemes{
      {"token", json::object{{"type", "http"}, {"scheme", "bearer"}}},
      {"session",
       json::object{{"type", "apiKey"}, {"in", "cookie"}, {"name", "lockstep_session"}}}};
  return {{"openapi", "3.1.0"},
          {"info", json::object{{"title", "Lockstep"},
                                {"version", "1"},
                                {"license", json::object{{"name", "Apache-2.0"},
                                                         {"identifier", "Apache-2.0"}}}}},
          {"servers", json::array{json::object{{"url", "/api/v1"}}}},
          {"security", json::array{json::object{{"token", json::array()}},
                                   json::object{{"session", json::array()}}}},
          {"paths", std::move(paths)},
          {"components",
           json::object{{"schemas", json::parse(schemas())}, {"securitySchemes", schemes}}}};
}

}  // namespace

const std::string& openapi_document() {
  static const std::string text = json::serialize(document()) + "\n";
  return text;
}

}  // namespace lockstep::serve
