// The schemas of what goes in and out, as JSON schema 2020-12.

#pragma once

#include <string_view>

namespace lockstep::serve {

/// An object of schemas by name.
std::string_view schemas();

}  // namespace lockstep::serve
