// Patterns that a hand writes: '*' stands for any text, '?' for any byte.

#pragma once

#include <string_view>

namespace lockstep {

/// Whether all of `text` fits. Linear but for what stars make it repeat: at most the product of
/// both lengths.
bool fits_glob(std::string_view pattern, std::string_view text);

}  // namespace lockstep
