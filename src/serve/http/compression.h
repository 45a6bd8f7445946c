// Bodies made smaller for the way (RFC 1952), where the client takes them so (RFC 9110, 12.5.3).

#pragma once

#include <string>
#include <string_view>

namespace lockstep::serve {

enum class GzipEffort {
  least,  ///< for what is sent once
  usual,  ///< for what many get
};

/// Empty where it cannot be done: no memory.
std::string gzip(std::string_view bytes, GzipEffort effort);

/// What the header Accept-Encoding says; empty: no.
bool takes_gzip(std::string_view accept_encoding);

}  // namespace lockstep::serve
