#include "serve/http/request_reader.h"

#include <cstdint>
#include <string_view>
#include <utility>

namespace lockstep::serve {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

}  // namespace

void bound(RequestParser& parser, const HttpOptions& options) {
  parser.header_limit(static_cast<std::uint32_t>(options.most_header_bytes));
  parser.body_limit(options.most_body_bytes);
}

Result<HttpRequest> to_request(const RequestParser::value_type& message, std::string peer,
                               bool secure) {
  HttpRequest request;
  request.method = std::string(message.method_string());
  LOCKSTEP_TRY(request.target, parse_target({message.target().data(), message.target().size()}));
  for (const auto& field : message) {
    request.headers.emplace_back(lower({field.name_string().data(), field.name_string().size()}),
                                 std::string(field.value()));
  }
  request.body = message.body();
  request.peer = std::move(peer);
  request.secure = secure;
  return request;
}

}  // namespace lockstep::serve
