#include "store/sql/contents.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <cstddef>

namespace lockstep {
namespace {

void append_number(std::uint64_t number, std::string& bytes) {
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(number >> shift);
}

}  // namespace

void ContentsHash::add(Fields row) {
  bytes_.clear();
  for (const auto& field : row) {
    // With lengths, so that no two rows look alike; NULL is no text at all.
    append_number(field ? field->size() + 1 : 0, bytes_);
    if (field) bytes_ += *field;
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size(), digest.data());
  for (std::size_t i = 0; i < sum_.size(); ++i) {
    std::uint64_t number = 0;
    for (std::size_t byte = 0; byte < 8; ++byte) number = number << 8 | digest.at(8 * i + byte);
    sum_.at(i) += number;
  }
  ++rows_;
}

std::string ContentsHash::text() const {
  return fmt::format("{:016x}{:016x}{:016x}{:016x}", sum_[0], sum_[1], sum_[2], sum_[3]);
}

}  // namespace lockstep
