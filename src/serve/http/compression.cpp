#include "serve/http/compression.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace lockstep::serve {
namespace {

constexpr int kGzipWindow = 15 + 16;  // the greatest window, and gzip's header
constexpr int kUsualMemory = 8;

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_gzip(std::string_view name) {
  constexpr std::string_view kName = "gzip";
  return name == "*" ||
         std::ranges::equal(name, kName, [](char a, char b) { return (a | 0x20) == b; });
}

/// "q=0", with as many zeros as one likes.
bool is_refused(std::string_view parameters) {
  const std::size_t at = parameters.find('=');
  return at != std::string_view::npos &&
         trimmed(parameters.substr(at + 1)).find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

std::string gzip(std::string_view bytes, GzipEffort effort) {
  if (bytes.size() > std::numeric_limits<uInt>::max() / 2) return {};
  z_stream stream{};
  const int level = effort == GzipEffort::least ? Z_BEST_SPEED : Z_DEFAULT_COMPRESSION;
  if (deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, kUsualMemory, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return {};
  }
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  // zlib changes nothing of its input; its interface is older than const.
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const bool is_whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  packed.resize(is_whole ? packed.size() - stream.avail_out : 0);
  deflateEnd(&stream);
  return packed;
}

bool takes_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const std::size_t comma = std::min(accept_encoding.find(','), accept_encoding.size());
    const std::string_view each = accept_encoding.substr(0, comma);
    const std::size_t end = std::min(each.find(';'), each.size());
    if (is_gzip(trimmed(each.substr(0, end)))) return !is_refused(each.substr(end));
    accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));
  }
  return false;
}

}  // namespace lockstep::serve
