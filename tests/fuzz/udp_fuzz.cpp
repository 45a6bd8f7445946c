// Answers to UDP payloads: whatever the bytes, match() returns, and it calls an answer only what
// carries the bytes of the cookie that the payload's echo names. The first two bytes of the input
// choose the port, the next eight are the cookie, the rest is the answer.

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "scan/udp_payloads.h"

namespace {

using namespace lockstep;

constexpr std::size_t kHead = 10;

/// The bytes of the echo, made by stamp() instead of match().
std::vector<std::byte> needle(const scan::UdpEcho& echo, std::uint64_t cookie) {
  scan::UdpPayload payload;
  payload.bytes = echo.behind;
  payload.bytes.resize(echo.behind.size() + echo.cookie.size());
  payload.identifiers.push_back({static_cast<std::uint16_t>(echo.behind.size()), echo.cookie});
  std::vector<std::byte> result(payload.bytes.size());
  scan::stamp(payload, cookie, result);
  return result;
}

bool carries(const scan::UdpEcho& echo, std::uint64_t cookie,
             const std::vector<std::byte>& answer) {
  const std::vector<std::byte> wanted = needle(echo, cookie);
  if (!echo.behind.empty()) return !std::ranges::search(answer, wanted).empty();
  return answer.size() >= echo.offset + wanted.size() &&
         std::equal(wanted.begin(), wanted.end(), answer.begin() + echo.offset);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kHead) return 0;
  const auto port = static_cast<Port>(data[0] << 8 | data[1]);
  std::uint64_t cookie = 0;
  for (std::size_t i = 2; i < kHead; ++i) cookie = cookie << 8 | data[i];
  // A copy of the exact size, so that a read beyond the answer is seen.
  const auto bytes = std::as_bytes(std::span(data + kHead, size - kHead));
  const std::vector<std::byte> answer(bytes.begin(), bytes.end());

  for (const scan::UdpPayload& payload : scan::udp_payloads(port)) {
    const scan::UdpMatch told = scan::match(payload, cookie, answer);
    const bool proven = std::ranges::any_of(
        payload.echoes, [&](const scan::UdpEcho& echo) { return carries(echo, cookie, answer); });
    if (told == scan::UdpMatch::answer && !proven) std::abort();
    const bool whole = answer.size() <= scan::kMostUdpPayloadBytes;
    if (proven && whole && told != scan::UdpMatch::answer) std::abort();
    if (told == scan::UdpMatch::forged && payload.echoes.empty()) std::abort();
  }
  return 0;
}
