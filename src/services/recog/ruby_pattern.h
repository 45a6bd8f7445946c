// Patterns of Ruby's dialect, in PCRE2's. For recog_file.h: recog's fingerprints are written for
// Ruby (doc/RE of Onigmo, and pcre2pattern(3), say what each means).

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace lockstep::services {

/// What fits the same texts as `pattern`. In Ruby ^ and $ are always those of a line, \h is a
/// hexadecimal digit, {,3} a repeat, and (?m) lets a dot be a line feed. Errors: `unsupported`, for
/// classes of characters within classes; what else is Ruby's alone, PCRE2 refuses.
Result<std::string> from_ruby(std::string_view pattern);

}  // namespace lockstep::services
