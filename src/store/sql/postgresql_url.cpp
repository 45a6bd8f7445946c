#include "store/sql/postgresql_url.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <cstdlib>
#include <memory>
#include <utility>

#include "base/text.h"

namespace lockstep {
namespace {

constexpr std::string_view kSchemes[] = {"postgresql://", "postgres://"};

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

constexpr std::string_view kForm = "write postgresql://USER@HOST/DATABASE";

std::string_view after_scheme(std::string_view url) {
  return url.substr(url.find("://") + 3);
}

/// Where the part that may hold a password ends. The last "@" of all, since somebody who writes a
/// password here may not have encoded an "@" or "/" in it; what is refused too much can be encoded.
std::size_t end_of_user(std::string_view rest) {
  const std::size_t at = rest.rfind('@');
  return at == std::string_view::npos ? 0 : at;
}

bool has_user_password(std::string_view url) {
  const std::string_view rest = after_scheme(url);
  return rest.substr(0, end_of_user(rest)).find(':') != std::string_view::npos;
}

std::unexpected<Error> refuse_password() {
  return fail(ErrorKind::invalid,
              "it has a password: take it out of the URL, and put it into ~/.pgpass (or the file "
              "that PGPASSFILE names), or into the environment as PGPASSWORD");
}

/// libpq's own list of what is a secret, by whatever spelling.
bool has_secret(const PQconninfoOption* option) {
  const bool secret = option->dispchar != nullptr && *option->dispchar == '*';
  return secret && option->val != nullptr && *option->val != '\0';
}

/// SOCI takes connection strings apart at spaces and quotes, by rules that are not libpq's, before
/// libpq sees them. Percent-encoded there is nothing to take apart.
std::string encoded(std::string_view url) {
  std::string result;
  for (const char c : url) {
    const bool plain = c > ' ' && c < '\x7f' && c != '"';
    if (plain) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

struct Default {
  std::string_view keyword;
  std::string_view value;
  const char* variable;  ///< of the environment, which goes before; none: nullptr
};

constexpr Default kDefaults[] = {
    {"connect_timeout", "5", "PGCONNECT_TIMEOUT"},
    {"tcp_user_timeout", "30000", nullptr},
    {"keepalives_idle", "30", nullptr},
    {"keepalives_interval", "10", nullptr},
    {"keepalives_count", "3", nullptr},
    {"fallback_application_name", "lockstep", nullptr},
};

}  // namespace

bool is_postgresql_url(std::string_view url) {
  return url.starts_with(kSchemes[0]) || url.starts_with(kSchemes[1]);
}

std::string without_secrets(std::string_view url) {
  const std::string_view scheme = url.substr(0, url.find("://") + 3);
  std::string_view rest = after_scheme(url);
  std::string user;
  if (has_user_password(url)) {
    rest.remove_prefix(end_of_user(rest));
    user = "***";
  }
  // A parameter may be a secret by a name that only libpq would recognise.
  const std::size_t query = rest.find('?');
  const bool may_tell =
      query == std::string_view::npos || (rest.find("pass", query) == std::string_view::npos &&
                                          rest.find('%', query) == std::string_view::npos);
  return fmt::format("{}{}{}{}", scheme, user, rest.substr(0, may_tell ? rest.npos : query),
                     may_tell ? "" : "?***");
}

Result<std::string> complete_url(std::string_view url) {
  if (url.find('\0') != std::string_view::npos) {
    return fail(ErrorKind::invalid, fmt::format("it has a NUL in it; {}", kForm));
  }
  if (has_user_password(url)) return refuse_password();
  // What libpq says of an error may quote any part of the URL.
  const Options options(PQconninfoParse(std::string(url).c_str(), nullptr));
  if (!options) {
    return fail(
        ErrorKind::invalid,
        fmt::format("libpq cannot read it, or does not know one of its parameters; {}", kForm));
  }
  const auto is_open = [&](const Default& each) {
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
      if (option->keyword == each.keyword && option->val != nullptr) return false;
    }
    return each.variable == nullptr || std::getenv(each.variable) == nullptr;
  };
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (has_secret(option)) return refuse_password();
  }
  std::string result = encoded(url);
  char separator = url.find('?') == std::string_view::npos ? '?' : '&';
  for (const Default& each : kDefaults) {
    if (!is_open(each)) continue;
    result += fmt::format("{}{}={}", separator, each.keyword, each.value);
    separator = '&';
  }
  // Of two values libpq takes the last.
  return result + fmt::format("{}client_encoding=UTF8", separator);
}

}  // namespace lockstep
