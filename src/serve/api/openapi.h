// The description of the API (OpenAPI 3.1), made of its routes.

#pragma once

#include <string>

namespace lockstep::serve {

/// One JSON document, made once.
const std::string& openapi_document();

}  // namespace lockstep::serve
