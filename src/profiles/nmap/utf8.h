// Whether bytes are UTF-8.

#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace lockstep {

/// The offset of the first byte that no character of RFC 3629 begins or continues: overlong forms,
/// surrogates and what lies above U+10FFFF are none.
std::optional<std::size_t> first_not_utf8(std::string_view bytes);

}  // namespace lockstep
