// From Beast's message to ours. Only connection.cpp and the fuzz target include it.

#pragma once

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>

#include "base/result.h"
#include "serve/http/message.h"
#include "serve/http/server.h"

namespace lockstep::serve {

using RequestParser = boost::beast::http::request_parser<boost::beast::http::string_body>;

/// It gives up on more headers and more of a body than `options` say.
void bound(RequestParser& parser, const HttpOptions& options);

/// Errors: those of parse_target().
Result<HttpRequest> to_request(const RequestParser::value_type& message, std::string peer,
                               bool secure);

}  // namespace lockstep::serve
