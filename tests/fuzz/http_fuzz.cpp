// What a stranger sends to the HTTP server: whatever the bytes, and in whatever pieces they come,
// they are read within the server's bounds, and a request that is read has a path without tricks
// and headers that can be asked for. The first byte says how large the pieces are.

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "serve/http/compression.h"
#include "serve/http/request_reader.h"

namespace {

using namespace lockstep;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_plain(std::string_view text) {
  return std::ranges::none_of(text, is_control);
}

bool is_honest(const serve::HttpTarget& target) {
  for (const std::string& segment : target.path) {
    if (segment.empty() || segment == "." || segment == ".." || !is_plain(segment)) return false;
  }
  return std::ranges::all_of(
      target.query, [](const auto& each) { return is_plain(each.first) && is_plain(each.second); });
}

std::string encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    result += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return result;
}

/// The same, with each byte as two digits.
std::string encoded(const serve::HttpTarget& target) {
  std::string result = "/";
  for (const std::string& segment : target.path) result += encoded(segment) + "/";
  char mark = '?';
  for (const auto& [name, value] : target.query) {
    result += mark + encoded(name) + "=" + encoded(value);
    mark = '&';
  }
  return result;
}

bool try_target(std::string_view text) {
  const auto target = serve::parse_target(text);
  if (!target) return is_plain(target.error().message());
  if (!is_honest(*target)) return false;
  const auto again = serve::parse_target(encoded(*target));
  return again && *again == *target;
}

bool try_headers(std::string_view text) {
  std::ignore = serve::takes_gzip(text);
  serve::HttpRequest request;
  request.headers.emplace_back("cookie", text);
  const auto found = request.cookie("lockstep_session");
  return !found || found->find(';') == std::string_view::npos;
}

bool is_read_soundly(const serve::RequestParser::value_type& message,
                     const serve::HttpOptions& options) {
  const auto request = serve::to_request(message, "198.18.0.1", false);
  if (!request) return true;
  std::size_t size = 0;
  for (const auto& [name, value] : request->headers) {
    size += name.size() + value.size();
    if (!std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; })) return false;
    // Nobody smuggles a second header, here or into an answer.
    if (value.find_first_of("\r\n") != std::string::npos || !try_headers(value)) return false;
    if (request->header(name).data() == nullptr) return false;
  }
  return is_honest(request->target) && size <= options.most_header_bytes &&
         request->body.size() <= options.most_body_bytes;
}

/// One request after the other, as they come over one connection.
bool try_connection(std::string_view bytes, std::size_t piece) {
  serve::HttpOptions options;
  options.most_header_bytes = 512;  // small, so that inputs reach them
  options.most_body_bytes = 256;
  while (!bytes.empty()) {
    serve::RequestParser parser;
    serve::bound(parser, options);
    parser.eager(true);
    boost::system::error_code error;
    std::size_t shown = std::min(piece, bytes.size());
    while (!error && !parser.is_done() && !bytes.empty()) {
      const std::size_t taken = parser.put(boost::asio::const_buffer(bytes.data(), shown), error);
      if (taken > shown) return false;
      bytes.remove_prefix(taken);
      if (error == boost::beast::http::error::need_more) {
        if (shown - taken == bytes.size()) return true;  // the rest never comes
        error = {};
      }
      shown = std::min(shown - taken + piece, bytes.size());
    }
    if (error || !parser.is_done()) return true;
    if (!is_read_soundly(parser.get(), options)) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // A copy of the exact size, so that a read beyond the end is seen.
  const std::string copy(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t piece = data[0] == 0 ? copy.size() : data[0];
  if (!try_target(copy) || !try_headers(copy) || !try_connection(copy, piece)) std::abort();
  return 0;
}
