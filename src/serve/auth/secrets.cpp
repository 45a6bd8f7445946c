#include "serve/auth/secrets.h"

#include <argon2.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace lockstep::serve {
namespace {

constexpr std::uint32_t kPasses = 3;
constexpr std::uint32_t kKibibytes = 64 << 10;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;

template <std::size_t N>
Result<std::array<unsigned char, N>> random_bytes() {
  std::array<unsigned char, N> bytes = {};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return std::unexpected(system_error(errno, "asking the kernel for random numbers"));
  }
  return bytes;
}

}  // namespace

Result<std::string> new_secret(std::string_view prefix) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";  // RFC 4648, 5
  LOCKSTEP_TRY(const auto bytes, random_bytes<32>());
  std::string text(prefix);
  unsigned held = 0;
  unsigned value = 0;
  for (const unsigned char byte : bytes) {
    value = (value << 8) | byte;
    held += 8;
    while (held >= 6) {
      held -= 6;
      text += kDigits[(value >> held) & 63];
    }
  }
  text += kDigits[(value << (6 - held)) & 63];
  return text;
}

std::string hash_of_secret(std::string_view secret) {
  unsigned char hash[EVP_MAX_MD_SIZE] = {};
  unsigned length = 0;
  // Fails only where no memory is left, which ends the program elsewhere too.
  if (EVP_Digest(secret.data(), secret.size(), hash, &length, EVP_sha256(), nullptr) != 1) {
    std::abort();
  }
  std::string text;
  for (unsigned i = 0; i < length; ++i) text += fmt::format("{:02x}", hash[i]);
  return text;
}

Result<std::string> hash_password(std::string_view password) {
  if (password.size() < kLeastPasswordBytes || password.size() > kMostPasswordBytes) {
    return fail(ErrorKind::invalid, fmt::format("a password has {} to {} characters",
                                                kLeastPasswordBytes, kMostPasswordBytes));
  }
  LOCKSTEP_TRY(const auto salt, random_bytes<kSaltBytes>());
  std::array<char, 200> encoded = {};
  const int error =
      argon2id_hash_encoded(kPasses, kKibibytes, 1, password.data(), password.size(), salt.data(),
                            salt.size(), kHashBytes, encoded.data(), encoded.size());
  if (error != ARGON2_OK) {
    return fail(ErrorKind::unavailable,
                fmt::format("hashing a password: {}", argon2_error_message(error)));
  }
  return std::string(encoded.data());
}

bool is_password(std::string_view encoded, std::string_view password) {
  if (password.size() > kMostPasswordBytes) return false;
  const std::string hash(encoded);
  return argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
}

}  // namespace lockstep::serve
