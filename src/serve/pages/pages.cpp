#include "serve/pages/pages.h"

#include <algorithm>
#include <array>
#include <string>

namespace lockstep::serve {
namespace {

constexpr std::string_view kPage = "index.html";
/// Of files whose names change with their content.
constexpr std::string_view kLasting = "assets";
/// First segments of addresses that are none of the page's.
constexpr std::array<std::string_view, 3> kOthers = {"api", "-", "metrics"};

// Nothing is loaded from elsewhere, nothing written into the page is run, nobody frames it. Svelte
// makes its templates by innerHTML, through a policy of its own that hands on what it was built
// with (https://www.w3.org/TR/CSP3/, https://www.w3.org/TR/trusted-types/).
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types svelte-trusted-html";

std::string path_of(const HttpRequest& request) {
  std::string path;
  for (const std::string& part : request.target.path) {
    path += (path.empty() ? "" : "/") + part;
  }
  return path;
}

const Asset* find(std::span<const Asset> assets, std::string_view path) {
  const auto found =
      std::ranges::find_if(assets, [&](const Asset& each) { return each.path == path; });
  return found == assets.end() ? nullptr : &*found;
}

/// The address of a view, as a browser asks for it: the page finds out itself which one.
bool is_view(const HttpRequest& request) {
  const auto& path = request.target.path;
  if (!path.empty() && path[0] == kLasting) return false;
  return path.empty() || request.header("accept").find("text/html") != std::string_view::npos;
}

/// Whether a list as in Accept-Encoding has `name`, and not with "q=0" (RFC 9110, 12.5.3).
bool accepts(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    std::string item(list.substr(0, list.find(',')));
    list.remove_prefix(std::min(item.size() + 1, list.size()));
    std::erase(item, ' ');
    if (item == name) return true;
    if (item.starts_with(std::string(name) + ";q=")) {
      return item.find_first_of("123456789", name.size()) != std::string::npos;
    }
  }
  return false;
}

void add_body(const HttpRequest& request, const Asset& asset, HttpResponse& response) {
  const std::string_view accepted = request.header("accept-encoding");
  std::string_view body = asset.plain;
  std::string_view encoding;
  if (!asset.brotli.empty() && accepts(accepted, "br")) {
    body = asset.brotli;
    encoding = "br";
  } else if (!asset.gzip.empty() && accepts(accepted, "gzip")) {
    body = asset.gzip;
    encoding = "gzip";
  }
  // Another encoding is another representation, with a tag of its own (RFC 9110, 8.8.3).
  std::string tag = '"' + std::string(asset.tag);
  if (!encoding.empty()) tag += '-' + std::string(encoding);
  tag += '"';
  response.headers.emplace_back("ETag", tag);
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (request.header("if-none-match") == tag) {
    response.status = 304;
    return;
  }
  response.body = body;
  if (!encoding.empty()) response.headers.emplace_back("Content-Encoding", encoding);
}

}  // namespace

std::optional<HttpResponse> page_of(std::span<const Asset> assets, const HttpRequest& request) {
  const auto& path = request.target.path;
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  if (!path.empty() && std::ranges::find(kOthers, path[0]) != kOthers.end()) return std::nullopt;
  const Asset* asset = path.empty() ? nullptr : find(assets, path_of(request));
  if (asset == nullptr && is_view(request)) asset = find(assets, kPage);
  if (asset == nullptr) return std::nullopt;

  HttpResponse response;
  response.type = asset->type;
  const bool is_lasting = !path.empty() && path[0] == kLasting;
  response.headers = {
      {"Cache-Control", is_lasting ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Content-Security-Policy", std::string(kPolicy)},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), screen-wake-lock=(self)"},
      {"Referrer-Policy", "no-referrer"},
  };
  add_body(request, *asset, response);
  return response;
}

}  // namespace lockstep::serve
