// Bytes as text that can be read back.

#pragma once

#include <string>
#include <string_view>

namespace lockstep {

/// `bytes`, whatever they are, as printable ASCII: others are "\r", "\n", "\t" or "\xNN", and a
/// backslash is two. quoted() is for a person and cuts; this is for a store and for JSON, of which
/// each byte is to come back.
std::string escaped(std::string_view bytes);

/// The inverse. What is no escape of ours stands for itself.
std::string unescaped(std::string_view text);

}  // namespace lockstep
