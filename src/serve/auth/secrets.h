// Secrets of tokens, and passwords: what is shown once, and what is kept instead.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lockstep::serve {

/// 256 bits from the kernel, as 43 characters that need no quoting anywhere, after `prefix`.
Result<std::string> new_secret(std::string_view prefix);

/// What is kept of a secret of that many bits: SHA-256, 64 hexadecimal digits. No salt and no
/// stretching: nobody can guess one.
std::string hash_of_secret(std::string_view secret);

inline constexpr std::size_t kLeastPasswordBytes = 10;
inline constexpr std::size_t kMostPasswordBytes = 1000;

/// argon2id (RFC 9106: 64 MiB, 3 passes, 1 lane), encoded with its parameters and salt. Errors:
/// `invalid` for a password that is too short or too long; `unavailable`.
Result<std::string> hash_password(std::string_view password);

/// False too where `encoded` is empty, or no such hash. Takes as long for each password, about
/// 0.1 s of a core and 64 MiB.
bool is_password(std::string_view encoded, std::string_view password);

}  // namespace lockstep::serve
