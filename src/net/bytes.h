// Reading and writing network byte order through checked views. Nothing here allocates.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace lockstep::net {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

/// Reads forward through bytes that nobody vouches for. Every read past the end fails and leaves
/// the reader failed, so that a parser may read all its fields and ask ok() once.
class Reader {
 public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return number(4); }
  /// A view of the next `count` bytes, or an empty one.
  Bytes take(std::size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const Bytes taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  void skip(std::size_t count) { take(count); }

  bool ok() const { return ok_; }
  Bytes rest() const { return rest_; }

 private:
  std::uint32_t number(std::size_t size) {
    std::uint32_t value = 0;
    for (const std::byte byte : take(size)) value = (value << 8) | std::to_integer<unsigned>(byte);
    return value;
  }

  Bytes rest_;
  bool ok_ = true;
};

/// Writes forward into a buffer whose size the caller has made sure of (asserted by std::span in
/// hardened builds).
class Writer {
 public:
  explicit Writer(MutableBytes buffer) : buffer_(buffer) {}

  Writer& u8(std::uint8_t value) { return number(value, 1); }
  Writer& u16(std::uint16_t value) { return number(value, 2); }
  Writer& u32(std::uint32_t value) { return number(value, 4); }
  Writer& copy(const void* data, std::size_t size) {
    std::memcpy(buffer_.subspan(written_, size).data(), data, size);
    written_ += size;
    return *this;
  }
  std::size_t written() const { return written_; }

 private:
  Writer& number(std::uint32_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      buffer_[written_++] = static_cast<std::byte>(value >> (8 * (size - 1 - i)));
    }
    return *this;
  }

  MutableBytes buffer_;
  std::size_t written_ = 0;
};

/// The ones' complement sum of RFC 1071, not yet folded; sums of even-sized parts add up.
inline std::uint32_t checksum_add(std::uint32_t sum, Bytes bytes) {
  Reader reader(bytes);
  while (reader.rest().size() >= 2) sum += reader.u16();
  if (!reader.rest().empty()) sum += std::uint32_t{reader.u8()} << 8;
  return sum;
}

/// The checksum that goes into a header, in host order.
inline std::uint16_t checksum_finish(std::uint32_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace lockstep::net
