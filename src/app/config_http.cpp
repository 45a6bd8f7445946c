#include "app/config_http.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/ip_address.h"
#include "base/text.h"
#include "model/duration.h"

namespace lockstep {
namespace {

Result<std::string> as_file(const TomlValue& value) {
  auto path = toml_text(value);
  if (!path || path->starts_with('/')) return path;
  return fail(ErrorKind::invalid, fmt::format("{} is no absolute path", quoted(*path)));
}

/// "127.0.0.1:7480", "[::1]:7480"
Result<std::pair<std::string, std::uint16_t>> as_endpoint(const TomlValue& value) {
  LOCKSTEP_TRY(const std::string text, toml_text(value));
  const std::size_t colon = text.rfind(':');
  std::string address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  } else if (address.find(':') != std::string::npos) {
    address.clear();
  }
  std::uint16_t port = 0;
  const char* const begin = text.data() + (colon == std::string::npos ? text.size() : colon + 1);
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(begin, end, port);
  if (!IpAddress::parse(address) || error != std::errc() || rest != end || port == 0) {
    return fail(ErrorKind::invalid,
                fmt::format("{} is no address with a port: write 127.0.0.1:7480 or [::1]:7480",
                            quoted(text)));
  }
  return std::pair(std::move(address), port);
}

Result<std::chrono::seconds> as_session(const TomlValue& value) {
  LOCKSTEP_TRY(const std::string text, toml_text(value));
  return parse_duration(text, std::chrono::days(3));
}

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

}  // namespace

void read_http_table(TomlReader& root, HttpConfig& http) {
  root.table("http", [&](TomlReader& table) {
    std::pair<std::string, std::uint16_t> endpoint;
    if (table.read("listen", endpoint, as_endpoint)) {
      http.address = std::move(endpoint.first);
      http.port = endpoint.second;
    }
    table.read("certificate", http.certificate, as_file);
    table.read("key", http.key, as_file);
    table.read("open_metrics", http.open_metrics, toml_bool);
    table.read("session", http.session, as_session);
    if (http.certificate.empty() != http.key.empty()) {
      table.problem(http.key.empty() ? "certificate" : "key",
                    "a certificate and its key go together");
    }
    if (http.enabled() && http.certificate.empty() && !is_loopback(http.address)) {
      table.problem("listen",
                    "passwords and tokens would go over the network as they are: name a "
                    "certificate and its key, or listen at 127.0.0.1");
    }
  });
}

}  // namespace lockstep
