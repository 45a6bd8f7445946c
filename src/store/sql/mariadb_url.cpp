#include "store/sql/mariadb_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/port.h"
#include "base/text.h"
#include "store/sql/option_file.h"

namespace lockstep {
namespace {

constexpr std::string_view kSchemes[] = {"mariadb://", "mysql://"};
constexpr std::string_view kForm = "write mariadb://USER@HOST/DATABASE";

std::unexpected<Error> wrong(std::string_view complaint) {
  return fail(ErrorKind::invalid, fmt::format("{}; {}", complaint, kForm));
}

std::unexpected<Error> refuse_password() {
  return fail(ErrorKind::invalid,
              "it has a password: take it out of the URL, and put it into ~/.my.cnf (or the file "
              "that ?defaults-file= names), below [client], or into the environment as MYSQL_PWD");
}

/// Nothing where a "%" is not followed by two digits, or stands for a control character.
std::optional<std::string> decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      std::uint8_t value = 0;
      const char* const digits = text.data() + i + 1;
      if (text.size() - i < 3) return std::nullopt;
      const auto [end, error] = std::from_chars(digits, digits + 2, value, 16);
      if (error != std::errc() || end != digits + 2) return std::nullopt;
      c = static_cast<char>(value);
      i += 2;
    }
    if (static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f) return std::nullopt;
    result += c;
  }
  return result;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// "HOST", "HOST:PORT" or "[ADDRESS]:PORT"
Result<void> read_host(std::string_view text, MariadbTarget& target) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return wrong("its address has no \"]\"");
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (!port.empty()) {
    port.remove_prefix(1);
    if (!is_number(port)) return wrong("its port is no number");
  }
  const auto name = decoded(host);
  if (!name) return wrong("its host has no sense");
  target.host = *name;
  target.port = port;
  return {};
}

struct Parameters {
  std::string defaults_file;
};

Result<void> read_parameter(std::string_view name, std::string value, MariadbTarget& target,
                            Parameters& parameters) {
  const std::pair<std::string_view, std::string*> kTexts[] = {
      {"socket", &target.socket},   {"defaults-file", &parameters.defaults_file},
      {"ssl-ca", &target.ssl_ca},   {"ssl-cert", &target.ssl_cert},
      {"ssl-key", &target.ssl_key}, {"connect-timeout", &target.connect_timeout}};
  if (name.find("pass") != std::string_view::npos) return refuse_password();
  target.tls = target.tls || name.starts_with("ssl-");
  if (name == "ssl-verify-server-cert") {
    if (value != "1") return wrong("ssl-verify-server-cert can only be 1");
    return {};
  }
  const auto* const text =
      std::ranges::find(kTexts, name, [](const auto& each) { return each.first; });
  if (text == std::end(kTexts)) {
    return wrong(
        "it has a parameter that is none of socket, connect-timeout, defaults-file, ssl-ca, "
        "ssl-cert, ssl-key, ssl-verify-server-cert");
  }
  *text->second = std::move(value);
  const bool number = is_number(target.connect_timeout) && target.connect_timeout != "0";
  return number ? Result<void>() : wrong("its connect-timeout is no number of seconds");
}

Result<void> read_query(std::string_view query, MariadbTarget& target, Parameters& parameters) {
  if (query.empty()) return {};
  for (const std::string_view each : split(query, '&')) {
    const std::size_t equals = std::min(each.find('='), each.size());
    const auto name = decoded(each.substr(0, equals));
    const auto value = decoded(each.substr(std::min(equals + 1, each.size())));
    if (!name || !value) return wrong("one of its parameters has no sense");
    LOCKSTEP_CHECK(read_parameter(*name, *value, target, parameters));
  }
  return {};
}

Result<void> find_password(const Parameters& parameters, MariadbTarget& target) {
  std::string path = parameters.defaults_file;
  const char* const home = std::getenv("HOME");
  if (path.empty()) {
    if (std::getenv("MYSQL_PWD") != nullptr || home == nullptr) return {};
    path = std::string(home) + "/.my.cnf";
  }
  auto password = read_password(path);
  if (!password) {
    const bool must = !parameters.defaults_file.empty();
    if (!must && password.error().kind() == ErrorKind::not_found) return {};
    return std::unexpected(password.error());
  }
  target.password = std::move(*password).value_or("");
  return {};
}

/// SOCI's words: NAME='VALUE', with backslashes before quotes and backslashes.
std::string soci_parameter(std::string_view name, std::string_view value) {
  std::string text = fmt::format("{}='", name);
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "' ";
}

}  // namespace

bool is_mariadb_url(std::string_view url) {
  return url.starts_with(kSchemes[0]) || url.starts_with(kSchemes[1]);
}

Result<MariadbTarget> parse_mariadb_url(std::string_view url) {
  std::string_view rest = url.substr(url.find("://") + 3);
  // The last "@" of all, since who writes a password here may not have encoded what is in it.
  const std::size_t at = rest.rfind('@');
  MariadbTarget target;
  if (at != std::string_view::npos) {
    const std::string_view user = rest.substr(0, at);
    if (user.find(':') != std::string_view::npos) return refuse_password();
    const auto name = decoded(user);
    if (!name || user.find_first_of("/?@") != std::string_view::npos) {
      return wrong("its user has no sense");
    }
    target.user = *name;
    rest.remove_prefix(at + 1);
  }
  Parameters parameters;
  const std::size_t question = std::min(rest.find('?'), rest.size());
  LOCKSTEP_CHECK(read_query(rest.substr(std::min(question + 1, rest.size())), target, parameters));
  rest = rest.substr(0, question);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  LOCKSTEP_CHECK(read_host(rest.substr(0, slash), target));
  const auto database = decoded(rest.substr(std::min(slash + 1, rest.size())));
  if (!database || database->empty()) return wrong("it names no database");
  target.database = *database;
  LOCKSTEP_CHECK(find_password(parameters, target));
  return target;
}

Result<std::string> connect_string(const MariadbTarget& target) {
  const std::pair<std::string_view, std::string_view> kWords[] = {
      {"user", target.user},         {"password", target.password},
      {"socket", target.socket},     {"port", target.port},
      {"database", target.database}, {"connect-timeout", target.connect_timeout}};
  if (!target.tls) {
    std::string text = soci_parameter("charset", "utf8mb4");
    if (!target.host.empty()) text += soci_parameter("host", target.host);
    for (const auto& [name, value] : kWords) {
      if (value.empty()) continue;
      text += soci_parameter(name == "socket"            ? "unix_socket"
                             : name == "database"        ? "db"
                             : name == "connect-timeout" ? "connect_timeout"
                                                         : name,
                             value);
    }
    return text;
  }
  // SOCI 4.0 has no word for the check of the server's certificate. But libmariadb takes a host
  // with semicolons for all that there is to say, as its mariadb_connect() does.
  std::string words = "ssl-verify-server-cert=1;default-character-set=utf8mb4";
  const auto add = [&](std::string_view name, std::string_view value) -> Result<void> {
    if (value.empty()) return {};
    if (value.find('}') != std::string_view::npos) {
      return fail(ErrorKind::invalid,
                  fmt::format("the {} of an encrypted connection may have no \"}}\"", name));
    }
    words += fmt::format(";{}={{{}}}", name, value);
    return {};
  };
  LOCKSTEP_CHECK(add("host", target.host));
  for (const auto& [name, value] : kWords) LOCKSTEP_CHECK(add(name, value));
  LOCKSTEP_CHECK(add("ssl-ca", target.ssl_ca));
  LOCKSTEP_CHECK(add("ssl-cert", target.ssl_cert));
  LOCKSTEP_CHECK(add("ssl-key", target.ssl_key));
  return soci_parameter("host", words);
}

}  // namespace lockstep
